"""Connections that a pool opens: once for all who wait, in time, or not at all."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from mistral_async.errors import ConnectError, ConnectionLost, MistralError, TimeoutError, TLSError
from mistral_async.wire.dial import Dialed
from mistral_async.wire.http2.pool import OtherProtocol, Pool
from tests.http2.joining import dialed, get, pooled, post
from tests.http2.numbers import MAX_STREAMS
from tests.http2.peer import Peer, PeerStream, hold, until


async def read(pool: Pool, peer: Peer) -> bytes:
    return await (await pool.send(get(peer))).read()


async def test_a_dial_that_fails_gives_every_caller_an_error_of_its_own() -> None:
    dials = 0
    tried = asyncio.Event()

    async def refused() -> Dialed:
        nonlocal dials
        dials += 1
        await tried.wait()
        raise ConnectionRefusedError("nobody there")

    async with Peer() as peer, pooled(peer, dial=refused) as pool:
        calls = [asyncio.create_task(pool.send(post(peer))) for _ in range(5)]
        await asyncio.sleep(0)  # all of them wait
        tried.set()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ConnectError] * 5
        assert len(set(map(id, outcomes))) == 5
        assert all(isinstance(outcome, MistralError) and outcome.retry_safe for outcome in outcomes)
        assert "nobody there" in str(outcomes[0])
        assert dials == 1
        with pytest.raises(ConnectError):
            await pool.send(get(peer))
        assert dials == 2


async def test_what_tls_says_against_the_server_is_a_tls_error() -> None:
    async def distrust() -> Dialed:
        raise ssl.SSLCertVerificationError("self-signed certificate")

    async with Peer() as peer, pooled(peer, dial=distrust) as pool:
        with pytest.raises(TLSError, match="self-signed"):
            await pool.send(get(peer))


async def test_what_is_no_network_error_is_raised_as_it_is() -> None:
    async def broken() -> Dialed:
        raise LookupError("a mistake of ours")

    async with Peer() as peer, pooled(peer, dial=broken) as pool:
        with pytest.raises(LookupError):
            await pool.send(get(peer))


async def test_a_dial_that_fails_beside_a_live_connection_harms_nobody_and_is_not_repeated_at_once() -> None:
    dials = 0

    async def once() -> Dialed:
        nonlocal dials
        dials += 1
        if dials > 1:
            raise ConnectionRefusedError
        return await dialed(peer)

    async def answer(stream: PeerStream) -> None:
        if stream.id > 1:
            await until(lambda: dials == 2)
        stream.answer()

    async with Peer(answer, settings={MAX_STREAMS: 1}) as peer, pooled(peer, dial=once) as pool:
        await read(pool, peer)
        assert await asyncio.gather(*[read(pool, peer) for _ in range(10)]) == [b"{}"] * 10
        assert dials == 2


async def test_a_server_that_hangs_up_at_once_is_an_error_and_no_endless_dialling() -> None:
    dials = 0

    async def hang_up() -> Dialed:
        nonlocal dials
        dials += 1
        connection = await dialed(peer)
        await until(lambda: len(peer.connections) == dials)
        peer.connections[-1].close()
        await until(connection.transport.is_closing)
        await asyncio.sleep(0)  # asyncio says so in its next turn
        return connection

    async with Peer() as peer, pooled(peer, dial=hang_up) as pool:
        with pytest.raises(ConnectError, match="closed the connection at once"):
            await pool.send(get(peer))
        assert dials == 1


async def test_each_caller_waits_for_a_connection_as_long_as_its_own_limit_says() -> None:
    cancelled = asyncio.Event()

    async def never() -> Dialed:
        try:
            return await asyncio.Future[Dialed]()
        finally:
            cancelled.set()

    async with Peer() as peer, pooled(peer, dial=never) as pool:
        patient = asyncio.create_task(pool.send(get(peer, connect=0.15)))
        with pytest.raises(TimeoutError, match=r"within 0\.05 s") as caught:
            await pool.send(post(peer, connect=0.05))
        assert (caught.value.limit, caught.value.retry_safe) == ("connect", True)
        assert not patient.done()
        assert not cancelled.is_set()
        with pytest.raises(TimeoutError, match=r"within 0\.15 s"):
            await patient
        async with asyncio.timeout(2):
            await cancelled.wait()  # nobody waits any more


async def test_a_first_caller_who_gives_up_does_not_hurt_the_others() -> None:
    begun, given_up = asyncio.Event(), asyncio.Event()

    async def slowly() -> Dialed:
        begun.set()
        await given_up.wait()
        return await dialed(peer)

    async with Peer() as peer, pooled(peer, dial=slowly) as pool:
        calls = [asyncio.create_task(read(pool, peer)) for _ in range(3)]
        await begun.wait()
        calls[0].cancel()
        await asyncio.wait(calls[:1])
        given_up.set()
        assert await asyncio.gather(*calls[1:]) == [b"{}"] * 2
        assert len(peer.connections) == 1


async def test_the_limit_to_connect_counts_anew_when_the_last_connection_is_lost() -> None:
    dials = 0

    async def once() -> Dialed:
        nonlocal dials
        dials += 1
        return await (dialed(peer) if dials == 1 else asyncio.Future[Dialed]())

    async with Peer(hold, settings={MAX_STREAMS: 1}) as peer, pooled(peer, dial=once, max_connections=1) as pool:
        first = asyncio.create_task(pool.send(get(peer)))
        await until(lambda: peer.streams and peer.connections[0].settled)
        second = asyncio.create_task(pool.send(get(peer, connect=0.08)))
        await asyncio.sleep(0.12)  # only time can show that the limit does not count
        assert not second.done()
        peer.connections[0].abort()
        with pytest.raises(TimeoutError, match="no connection to"):
            await second
        with pytest.raises(ConnectionLost):
            await first


async def test_a_server_that_chose_another_protocol_is_told_to_every_caller() -> None:
    closed = asyncio.Event()

    class Secure(asyncio.Transport):
        def get_extra_info(self, name: str, default: object = None) -> object:
            return self if name == "ssl_object" else default

        def abort(self) -> None:
            closed.set()

    async def other() -> Dialed:
        return Dialed(Secure(), "http/1.1")

    async with Peer() as peer, pooled(peer, dial=other) as pool:
        outcomes = await asyncio.gather(*[pool.send(get(peer)) for _ in range(3)], return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [OtherProtocol] * 3
        assert closed.is_set()
        assert peer.connections == []


async def test_an_adopted_connection_is_used_first() -> None:
    async with Peer() as peer, pooled(peer) as pool:
        connection = await dialed(peer)
        await until(lambda: connection.received)  # its SETTINGS, before anybody takes it over
        pool.adopt(connection)
        await asyncio.gather(*[read(pool, peer) for _ in range(20)])
        assert len(peer.connections) == 1
