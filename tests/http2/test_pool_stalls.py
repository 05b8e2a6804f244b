"""What a pool does about dials and connections that come to nothing, and say nothing."""

from __future__ import annotations

import asyncio

import pytest

from mistral_async.errors import TimeoutError
from mistral_async.wire.dial import Dialed
from mistral_async.wire.http2.pool import Pool
from tests.http2.joining import dialed, get, pooled
from tests.http2.numbers import MAX_STREAMS
from tests.http2.peer import Peer, PeerStream, hold, ok, until


async def read(pool: Pool, peer: Peer) -> bytes:
    return await (await pool.send(get(peer))).read()


async def test_a_dial_that_stalls_is_followed_by_another_for_who_waits_still() -> None:
    dials = 0

    async def first_stalls() -> Dialed:
        nonlocal dials
        dials += 1
        return await (asyncio.Future[Dialed]() if dials == 1 else dialed(peer))

    async with Peer() as peer, pooled(peer, dial=first_stalls) as pool:
        first = asyncio.create_task(pool.send(get(peer, connect=0.1)))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(pool.send(get(peer, connect=0.1)))
        with pytest.raises(TimeoutError, match="no connection"):
            await first
        assert await (await second).read() == b"{}"
        assert dials == 2


@pytest.mark.parametrize("fault", ["fails", "stalls"])
async def test_an_extra_dial_that_comes_to_nothing_is_repeated_while_somebody_waits(fault: str) -> None:
    dials = 0

    async def second_fails() -> Dialed:
        nonlocal dials
        dials += 1
        if dials != 2:
            return await dialed(peer)
        if fault == "fails":
            raise ConnectionRefusedError
        return await asyncio.Future[Dialed]()

    async def answer(stream: PeerStream) -> None:
        if stream.connection is not peer.connections[0]:
            stream.answer()

    one: dict[int, int] = {MAX_STREAMS: 1}
    async with Peer(answer, settings=one) as peer, pooled(peer, dial=second_fails, redial_pause=0.05) as pool:
        held = asyncio.create_task(pool.send(get(peer)))
        await until(lambda: peer.streams and peer.connections[0].settled)
        async with asyncio.timeout(1):
            assert await (await pool.send(get(peer, connect=0.05))).read() == b"{}"
        assert dials == 3
        held.cancel()


async def test_a_connection_that_takes_no_streams_and_has_none_limits_who_waits_for_it() -> None:
    async with Peer() as peer, pooled(peer) as pool:
        await read(pool, peer)
        peer.connections[0].change_settings({MAX_STREAMS: 0})
        await asyncio.sleep(0.02)
        with pytest.raises(TimeoutError) as caught:
            await pool.send(get(peer, connect=0.05))
        assert (caught.value.limit, caught.value.retry_safe) == ("connect", True)
        peer.connections[0].change_settings({MAX_STREAMS: 1})
        await asyncio.sleep(0.02)
        assert await read(pool, peer) == b"{}"


async def test_a_connection_that_died_silently_is_replaced_by_the_next_call() -> None:
    async def first_only(stream: PeerStream) -> None:
        if stream.connection is not peer.connections[0] or stream.id == 1:
            stream.answer()

    async with Peer(first_only, acknowledges=False) as peer, pooled(peer) as pool:
        await read(pool, peer)
        await asyncio.sleep(0.02)
        with pytest.raises(TimeoutError):
            await pool.send(get(peer, read=0.05))
        assert await read(pool, peer) == b"{}"
        assert len(peer.connections) == 2


async def test_silence_counts_on_when_calls_come_and_go() -> None:
    async with Peer(hold, acknowledges=False) as peer, pooled(peer, ping_after=0.08, ping_limit=0.08) as pool:
        async with asyncio.timeout(1):
            while len(peer.connections) < 2:  # each call is given up long before the PING is due
                call = asyncio.create_task(pool.send(get(peer)))
                await asyncio.sleep(0.03)
                call.cancel()
                await asyncio.wait([call])


async def test_a_connection_that_only_took_its_time_serves_on() -> None:
    async with Peer(ok) as peer, pooled(peer, ping_after=0.05, ping_limit=0.05) as pool:
        await read(pool, peer)
        await asyncio.sleep(0.15)
        await read(pool, peer)
        assert len(peer.connections) == 1


async def test_settings_that_allow_one_stream_let_who_waits_dial() -> None:
    async def answer(stream: PeerStream) -> None:
        if stream.connection is not peer.connections[0]:
            stream.answer()

    one: dict[int, int] = {MAX_STREAMS: 1}
    async with Peer(answer, settings=one) as peer, pooled(peer) as pool, asyncio.timeout(2):
        held = asyncio.create_task(pool.send(get(peer)))
        await asyncio.sleep(0)  # it dials; the other one comes before anybody knows what the server allows
        assert await read(pool, peer) == b"{}"
        held.cancel()


async def test_who_has_no_limit_keeps_its_dial_however_impatient_others_are() -> None:
    dials = 0

    async def slow() -> Dialed:
        nonlocal dials
        dials += 1
        await asyncio.sleep(0.25)
        return await dialed(peer)

    async with Peer() as peer, pooled(peer, dial=slow) as pool, asyncio.timeout(2):
        patient = asyncio.create_task(pool.send(get(peer, connect=None)))
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await pool.send(get(peer, connect=0.05))
        assert await (await patient).read() == b"{}"
        assert dials == 1


async def test_a_dial_that_somebody_else_cancels_is_followed_by_another() -> None:
    dials: list[asyncio.Task[object] | None] = []

    async def first_stalls() -> Dialed:
        dials.append(asyncio.current_task())
        return await (asyncio.Future[Dialed]() if len(dials) == 1 else dialed(peer))

    async with Peer() as peer, pooled(peer, dial=first_stalls) as pool, asyncio.timeout(2):
        waiting = asyncio.create_task(pool.send(get(peer, connect=None)))
        await until(lambda: dials)
        assert dials[0] is not None
        dials[0].cancel()
        assert await (await waiting).read() == b"{}"
