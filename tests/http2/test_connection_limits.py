"""How long one connection waits: for an answer, for a sign of life, for the next request."""

from __future__ import annotations

import asyncio
import time

import pytest

from mistral_async.errors import ConnectionLost, TimeoutError
from tests.http2.joining import Made, connected, get, post
from tests.http2.numbers import CANCEL, INITIAL_WINDOW
from tests.http2.peer import Peer, PeerStream, hold, until


async def test_a_server_that_never_answers_runs_into_the_read_limit_and_its_neighbours_do_not() -> None:
    async def answer(stream: PeerStream) -> None:
        if stream.fields[":path"] != "/v1/never":
            await asyncio.sleep(0.2)
            stream.answer(200, b"late")

    async with Peer(answer) as peer, connected(peer) as connection:
        neighbour = asyncio.create_task(connection.send(get(peer)))
        started = time.perf_counter()
        with pytest.raises(TimeoutError, match=r"no byte from .* for 0\.1 s") as caught:
            await connection.send(get(peer, "/v1/never", read=0.1))

        assert time.perf_counter() - started > 0.09
        assert (caught.value.limit, caught.value.retry_safe) == ("read", True)
        await until(lambda: [each.reset_by_client for each in peer.streams] == [CANCEL, None])
        assert await (await neighbour).read() == b"late"


async def test_a_body_that_stops_in_the_middle_runs_into_the_read_limit() -> None:
    async def begin(stream: PeerStream) -> None:
        stream.head(200)
        stream.data(b"begin")

    async with Peer(begin) as peer, connected(peer) as connection:
        response = await connection.send(get(peer, read=0.1))
        with pytest.raises(TimeoutError, match="no byte") as caught:
            await response.read()
        assert caught.value.limit == "read"
        assert connection.idle


async def test_a_frame_that_stops_in_the_middle_runs_into_the_read_limit() -> None:
    async def begin(stream: PeerStream) -> None:
        stream.head(200)
        stream.connection.write(b"\x00\x00\x64\x00\x00\x00\x00\x00" + bytes([stream.id]) + b"some of a hundred")

    async with Peer(begin) as peer, connected(peer) as connection:
        response = await connection.send(get(peer, read=0.1))
        with pytest.raises(TimeoutError, match="no byte"):
            await response.receive()


async def test_an_answer_that_drips_is_read_to_its_end() -> None:
    async def drip(stream: PeerStream) -> None:
        await asyncio.sleep(0.06)
        stream.head(200)
        for _ in range(4):
            await asyncio.sleep(0.06)
            stream.data(b".")
        stream.data(end=True)

    async with Peer(drip) as peer, connected(peer) as connection:
        assert await (await connection.send(get(peer, read=0.1))).read() == b"...."


async def test_a_caller_who_is_away_does_not_use_up_the_limit_of_the_server() -> None:
    async def answer(stream: PeerStream) -> None:
        stream.head(200)
        stream.data(b"begin")
        await go_on.wait()
        stream.data(b"end", end=True)

    go_on = asyncio.Event()

    async with Peer(answer) as peer, connected(peer) as connection:
        response = await connection.send(get(peer, read=0.1))
        assert await response.receive() == b"begin"
        await asyncio.sleep(0.2)
        asyncio.get_running_loop().call_later(0.05, go_on.set)
        assert await response.receive() == b"end"


async def test_without_a_limit_a_call_waits() -> None:
    async def answer(stream: PeerStream) -> None:
        await asyncio.sleep(0.1)
        stream.answer(200, b"late")

    async with Peer(answer) as peer, connected(peer) as connection:
        assert await (await connection.send(get(peer, read=None))).read() == b"late"


async def test_a_window_for_other_streams_is_no_sign_of_life_on_this_one() -> None:
    async with Peer(hold, credits=False, settings={INITIAL_WINDOW: 10}) as peer, connected(peer) as connection:
        await until(lambda: connection.free > 100)
        waiting = asyncio.create_task(connection.send(post(peer, read=0.15)))
        upload = asyncio.create_task(connection.send(post(peer, b"x" * 1000, read=0.15)))
        await until(lambda: len(peer.streams) == 2)

        async def credit() -> None:
            for _ in range(20):
                peer.streams[1].credit(10)
                peer.connections[0].credit(10)
                await asyncio.sleep(0.02)

        crediting = asyncio.create_task(credit())
        with pytest.raises(TimeoutError, match="no byte"):
            await waiting
        assert not upload.done()
        upload.cancel()
        await asyncio.gather(crediting, upload, return_exceptions=True)


async def test_an_upload_that_gets_no_window_is_a_timeout_that_says_so() -> None:
    body = Made([b"x" * 100_000] * 3)
    async with Peer(hold, credits=False) as peer:
        for content in (b"x" * 100_000, body):
            async with connected(peer) as connection:
                with pytest.raises(TimeoutError, match=r"has read nothing for 0\.1 s") as caught:
                    await connection.send(post(peer, content, read=0.1))
            assert caught.value.limit == "read"
        assert body.closed == 1
        await until(lambda: all(stream.reset_by_client == CANCEL for stream in peer.streams))


async def test_a_socket_that_is_not_read_ends_its_upload_in_time_and_its_neighbours_by_a_ping() -> None:
    async with (
        Peer(hold, settings={INITIAL_WINDOW: 2**30}) as peer,
        connected(peer, ping_after=5.0, ping_limit=0.1) as connection,
    ):
        await until(lambda: connection.free > 100)
        peer.connections[0].credit(2**30)
        peer.connections[0].stop_reading()
        neighbour = asyncio.create_task(connection.send(get(peer)))
        with pytest.raises(TimeoutError, match=r"has read nothing for 0\.1 s"):
            await connection.send(post(peer, b"x" * 20_000_000, read=0.1))
        assert connection.draining
        assert not neighbour.done()
        with pytest.raises(ConnectionLost, match=r"not even an answer to a PING"):
            await neighbour
        await connection.wait_closed()


async def test_a_slow_source_is_no_fault_of_the_servers() -> None:
    body = Made([0.1, b"x", 0.2, b"y", 0.1])
    async with Peer() as peer, connected(peer) as connection:
        response = await connection.send(post(peer, body, read=0.08))
        assert await response.read() == b"xy"


async def test_a_slow_way_is_no_stall_as_long_as_it_moves() -> None:
    async def answer(stream: PeerStream) -> None:
        while not stream.ended:
            await asyncio.sleep(0.04)
            stream.credit(100)
        stream.answer()

    async with Peer(answer, credits=False, settings={INITIAL_WINDOW: 100}) as peer, connected(peer) as connection:
        await until(lambda: connection.free > 100)
        assert (await connection.send(post(peer, b"x" * 600, read=0.1))).status == 200


async def test_a_dead_peer_is_found_by_a_ping_while_streams_are_open() -> None:
    async def begin(stream: PeerStream) -> None:
        if "begun" in stream.fields[":path"]:
            stream.head(200)

    async with (
        Peer(begin, acknowledges=False) as peer,
        connected(peer, ping_after=0.08, ping_limit=0.08) as connection,
    ):
        response = await connection.send(get(peer, "/v1/begun", read=None))
        call = asyncio.create_task(connection.send(post(peer, read=None)))
        with pytest.raises(ConnectionLost, match="not even an answer to a PING before it answered") as caught:
            await call
        with pytest.raises(ConnectionLost, match="not even an answer to a PING in the middle of its answer"):
            await response.read()
        assert not caught.value.retry_safe
        assert len(peer.connections[0].pings) == 1
        await connection.wait_closed()


async def test_a_peer_that_answers_pings_may_be_silent_for_long() -> None:
    async with Peer(hold) as peer, connected(peer, ping_after=0.05, ping_limit=0.05) as connection:
        call = asyncio.create_task(connection.send(get(peer)))
        await until(lambda: len(peer.connections and peer.connections[0].pings) >= 3)
        peer.streams[0].answer(200, b"at last")
        assert await (await call).read() == b"at last"


async def test_nobody_is_pinged_while_nothing_is_under_way_or_bytes_arrive() -> None:
    async def drip(stream: PeerStream) -> None:
        stream.head(200)
        for _ in range(8):
            await asyncio.sleep(0.02)
            stream.data(b".")
        stream.data(end=True)

    async with Peer(drip) as peer, connected(peer, ping_after=0.06, ping_limit=0.05) as connection:
        await asyncio.sleep(0.15)
        await (await connection.send(get(peer))).read()
        assert peer.connections[0].pings == []


async def test_a_connection_that_nobody_uses_is_closed_with_a_goodbye() -> None:
    async with Peer() as peer, connected(peer, idle_limit=0.1) as connection:
        for _ in range(3):
            await (await connection.send(get(peer))).read()
            await asyncio.sleep(0.05)
        assert connection.free
        async with asyncio.timeout(0.3):
            await connection.wait_closed()
        assert type(peer.connections[0].frames[-1]).__name__ == "GoAwayFrame"
        assert connection.free == 0


async def test_a_connection_with_a_silent_stream_is_not_idle() -> None:
    async with Peer(hold) as peer, connected(peer, idle_limit=0.05) as connection:
        call = asyncio.create_task(connection.send(get(peer)))
        await asyncio.sleep(0.15)
        peer.streams[0].answer()
        assert (await call).status == 200


async def test_a_peer_that_asks_and_never_reads_the_answers_is_dropped() -> None:
    async with Peer(hold) as peer, connected(peer) as connection:
        call = asyncio.create_task(connection.send(get(peer)))
        await until(lambda: peer.streams)
        peer.connections[0].stop_reading()
        ping = b"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + b"12345678"
        peer.connections[0].write(ping * 100_000)
        with pytest.raises(Exception, match=r"flood|reads nothing|without reading"):
            await call
