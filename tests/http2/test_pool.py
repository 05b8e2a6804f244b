"""The connections to one origin: how many, who waits, what drains, what cannot be dialled."""

from __future__ import annotations

import asyncio

import pytest

from mistral_async.errors import ClientClosed, ConnectionLost, MistralError
from mistral_async.http import Response
from mistral_async.wire.dial import Dialed
from mistral_async.wire.http2.pool import Pool
from tests.http2.joining import get, pooled, post
from tests.http2.numbers import MAX_STREAMS
from tests.http2.peer import Peer, PeerStream, hold, ok, until


async def read(pool: Pool, peer: Peer, path: str = "/v1/things") -> bytes:
    return await (await pool.send(get(peer, path))).read()


async def test_fifty_calls_at_once_on_a_cold_pool_open_one_connection() -> None:
    async with Peer() as peer, pooled(peer) as pool:
        assert await asyncio.gather(*[read(pool, peer) for _ in range(50)]) == [b"{}"] * 50
        assert len(peer.connections) == 1
        assert len(peer.streams) == 50


async def test_another_connection_is_opened_when_all_are_full_and_no_more_than_allowed() -> None:
    async with Peer(hold, settings={MAX_STREAMS: 10}) as peer, pooled(peer, max_connections=3) as pool:
        first = asyncio.create_task(pool.send(get(peer)))
        await until(lambda: peer.streams and peer.connections[0].settled)
        calls = [first, *[asyncio.create_task(pool.send(get(peer))) for _ in range(44)]]
        await until(lambda: len(peer.streams) >= 30)
        await asyncio.sleep(0.05)
        # A new connection takes up to a hundred until its SETTINGS are there, which those of ours came after.
        assert len(peer.connections) <= 3
        answered = 0
        while answered < 45:
            for stream in [each for each in peer.streams if each.reset_by_client is None]:
                if not stream.fields.get("done"):
                    stream.fields = {**stream.fields, "done": "yes"}
                    stream.answer()
                    answered += 1
            await asyncio.sleep(0.002)
        assert [await (await call).read() for call in calls] == [b"{}"] * 45
        assert len(peer.open) <= 3


async def test_who_waits_for_a_stream_is_served_in_turn_and_not_limited_by_connect() -> None:
    order: list[int] = []

    async def slowly(stream: PeerStream) -> None:
        await asyncio.sleep(0.03)
        stream.answer()

    async with Peer(slowly, settings={MAX_STREAMS: 1}) as peer, pooled(peer, max_connections=1) as pool:
        await read(pool, peer)

        async def call(number: int) -> None:
            await (await pool.send(get(peer, connect=0.05))).read()
            order.append(number)

        await asyncio.gather(*[call(number) for number in range(6)])
        assert order == [0, 1, 2, 3, 4, 5]
        assert len(peer.connections) == 1


async def test_who_is_cancelled_in_the_line_gives_the_place_to_the_next() -> None:
    async def answer(stream: PeerStream) -> None:
        if stream.fields[":path"] == "/v1/last":
            stream.answer()

    async with Peer(answer, settings={MAX_STREAMS: 1}) as peer, pooled(peer, max_connections=1) as pool:
        first = asyncio.create_task(pool.send(get(peer)))
        await until(lambda: peer.streams and peer.connections[0].settled)
        waiting = [asyncio.create_task(pool.send(get(peer))) for _ in range(3)]
        last = asyncio.create_task(read(pool, peer, "/v1/last"))
        await asyncio.sleep(0.01)
        waiting[0].cancel()
        waiting[2].cancel()
        peer.streams[0].answer()
        await first
        waiting[1].cancel()  # it was its turn already
        assert await last == b"{}"
        await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize("steps", range(6))
async def test_a_place_in_the_line_is_never_lost_whenever_its_caller_is_cancelled(steps: int) -> None:
    async with Peer(ok, settings={MAX_STREAMS: 1}) as peer, pooled(peer, max_connections=1) as pool:
        await read(pool, peer)
        calls = [asyncio.create_task(read(pool, peer)) for _ in range(12)]
        await until(lambda: len(peer.streams) > 1)
        for call in calls[:11]:
            for _ in range(steps):
                await asyncio.sleep(0)
            call.cancel()
        async with asyncio.timeout(2):
            assert await calls[11] == b"{}"
            assert await read(pool, peer) == b"{}"


async def test_max_streams_of_zero_makes_calls_wait_until_it_is_raised() -> None:
    async with Peer() as peer, pooled(peer, max_connections=5) as pool:
        await read(pool, peer)
        peer.connections[0].change_settings({MAX_STREAMS: 0})
        await asyncio.sleep(0.02)
        calls = [asyncio.create_task(read(pool, peer)) for _ in range(20)]
        await asyncio.sleep(0.03)
        assert not any(call.done() for call in calls)
        assert len(peer.connections) == 1  # a server that takes none takes none on another connection
        peer.connections[0].change_settings({MAX_STREAMS: 3})
        assert await asyncio.gather(*calls) == [b"{}"] * 20


async def test_a_connection_that_drains_is_left_to_finish_and_another_is_used() -> None:
    async with Peer(hold) as peer, pooled(peer, max_connections=1) as pool:
        old = asyncio.create_task(pool.send(get(peer)))
        await until(lambda: peer.streams)
        peer.connections[0].go_away(2**31 - 1)
        await asyncio.sleep(0.02)
        new = asyncio.create_task(pool.send(get(peer)))
        await until(lambda: len(peer.streams) == 2)
        peer.connections[0].go_away(1)
        assert len(peer.open) == 2
        for stream in peer.streams:
            stream.answer()
        assert await (await old).read() == await (await new).read() == b"{}"
        await until(lambda: len(peer.open) == 1)


async def test_a_reload_under_load_loses_no_answer_but_what_is_safe_to_repeat() -> None:
    async def answer(stream: PeerStream) -> None:
        await stream.whole()
        await asyncio.sleep(0.005)
        stream.answer()

    async with Peer(answer) as peer, pooled(peer) as pool:

        async def call() -> bytes:
            while True:
                try:
                    return await (await pool.send(post(peer))).read()
                except ConnectionLost as exc:
                    if not exc.retry_safe:
                        raise

        calls = [asyncio.create_task(call()) for _ in range(40)]
        for _ in range(5):
            calls += [asyncio.create_task(call()) for _ in range(20)]
            await asyncio.sleep(0.003)
            for there in peer.open:
                there.go_away(2**31 - 1)
                there.go_away(max(there.streams, default=0))
        assert await asyncio.gather(*calls) == [b"{}"] * 140
        await until(lambda: len(peer.open) <= 1)


async def test_an_idle_connection_closes_and_the_next_call_opens_another() -> None:
    async with Peer() as peer, pooled(peer, idle_limit=0.05) as pool:
        await read(pool, peer)
        await until(lambda: not peer.open)
        assert await read(pool, peer) == b"{}"
        assert len(peer.connections) == 2


async def test_a_connection_lost_while_calls_wait_is_replaced() -> None:
    async with Peer(hold, settings={MAX_STREAMS: 1}) as peer, pooled(peer, max_connections=1) as pool:
        first = asyncio.create_task(pool.send(get(peer)))
        await until(lambda: peer.streams and peer.connections[0].settled)
        second = asyncio.create_task(pool.send(get(peer)))
        await asyncio.sleep(0.01)
        peer.connections[0].abort()
        with pytest.raises(ConnectionLost):
            await first
        await until(lambda: len(peer.streams) == 2)
        peer.streams[1].answer()
        assert await (await second).read() == b"{}"


async def test_closing_ends_calls_under_way_and_in_line_and_leaves_no_socket() -> None:
    async with Peer(hold, settings={MAX_STREAMS: 1}) as peer, pooled(peer, max_connections=1) as pool:
        calls = [asyncio.create_task(pool.send(post(peer)))]
        await until(lambda: peer.streams and peer.connections[0].settled)
        calls.append(asyncio.create_task(pool.send(post(peer))))
        await asyncio.sleep(0.01)

        await pool.aclose()

        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ClientClosed] * 2
        assert [isinstance(each, MistralError) and each.retry_safe for each in outcomes] == [False, True]
        await until(lambda: not peer.open)
        with pytest.raises(ClientClosed, match="before this was sent"):
            await pool.send(get(peer))


async def test_closing_while_it_dials_ends_that_too() -> None:
    async def never() -> Dialed:
        return await asyncio.Future[Dialed]()

    async with Peer() as peer, pooled(peer, dial=never) as pool:
        call = asyncio.create_task(pool.send(get(peer)))
        await asyncio.sleep(0)
        await pool.aclose()
        with pytest.raises(ClientClosed, match="before this was sent"):
            await call


async def test_half_of_the_calls_cancelled_at_any_moment_leave_the_other_half_right() -> None:
    async def answer(stream: PeerStream) -> None:
        body = await stream.whole()
        await asyncio.sleep(0.001 * (stream.id % 7))
        stream.answer(200, body)

    async with Peer(answer, settings={MAX_STREAMS: 20}) as peer, pooled(peer, max_connections=3) as pool:
        await read(pool, peer)

        async def call(number: int) -> bytes:
            response: Response = await pool.send(post(peer, b"%d" % number * 5000))
            return await response.read()

        calls = [asyncio.create_task(call(number)) for number in range(200)]
        for number in range(0, 200, 2):
            await asyncio.sleep(0.0005 * (number % 5))
            calls[number].cancel()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)

        wrong = [
            number
            for number, outcome in enumerate(outcomes)
            if outcome != b"%d" % number * 5000
            and not (number % 2 == 0 and isinstance(outcome, asyncio.CancelledError))
            and not (isinstance(outcome, ConnectionLost) and outcome.retry_safe)
        ]
        assert wrong == []
        assert len(peer.open) <= 3
        assert await read(pool, peer) == b""
