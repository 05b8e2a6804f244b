"""One connection: many requests at once, cancelled, closed, reset, lost."""

from __future__ import annotations

import asyncio

import pytest

from mistral_async.errors import ConnectionLost
from mistral_async.http import Body
from tests.http2.joining import Made, a_request, connected, get, post
from tests.http2.numbers import CANCEL, INITIAL_WINDOW, MAX_STREAMS
from tests.http2.peer import Peer, PeerStream, hold, until

MIB = 1024 * 1024


async def test_a_request_arrives_as_it_is_and_its_answer_comes_back() -> None:
    async def answer(stream: PeerStream) -> None:
        await stream.whole()
        stream.answer(201, b"made", [("x-request-id", "r1"), ("x-twice", "a"), ("x-twice", "b")])

    async with Peer(answer) as peer, connected(peer) as connection:
        headers = {"authorization": "Bearer k", "host": "elsewhere", "connection": "close", "x-a": "b"}
        request = a_request(peer, "POST", "/v1/things?limit=1#part", headers=headers, body=b"some")
        response = await connection.send(request)

        assert (response.status, response.http_version, response.attempts) == (201, "2", 1)
        assert response.headers["x-request-id"] == "r1"
        assert response.headers["X-Twice"] == "a, b"
        assert await response.read() == b"made"
        assert await response.receive() == b""
        assert peer.streams[0].body == b"some"
        assert dict(peer.streams[0].fields) == {
            ":method": "POST",
            ":scheme": "http",
            ":authority": f"127.0.0.1:{peer.port}",
            ":path": "/v1/things?limit=1",
            "authorization": "Bearer k",
            "x-a": "b",
            "content-length": "4",
        }


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [
        ("GET", None, None),
        ("POST", None, "0"),
        ("POST", b"", "0"),
        ("POST", b"ab", "2"),
        ("POST", Made([b"a", b"b"], 2), "2"),
        ("POST", Made([b"a", b"", b"b"]), None),
        ("POST", Made([]), None),
    ],
)
async def test_a_length_that_is_known_is_told(method: str, body: bytes | Body | None, length: str | None) -> None:
    async with Peer() as peer, connected(peer) as connection:
        response = await connection.send(a_request(peer, method, "/v1/things", body=body))
        await response.read()

        assert peer.streams[0].fields.get("content-length") == length
        assert peer.streams[0].ended


async def test_five_hundred_calls_share_a_connection_and_each_gets_its_own_answer() -> None:
    async def echo(stream: PeerStream) -> None:
        await stream.whole()
        if stream.id % 4 == 1:
            await asyncio.sleep(0.01)
        stream.answer(200, stream.fields[":path"].encode())

    async with Peer(echo, settings={MAX_STREAMS: 600}) as peer, connected(peer) as connection:
        await until(lambda: connection.free == 600)

        async def call(number: int) -> bool:
            response = await connection.send(get(peer, f"/v1/things/{number}"))
            return await response.read() == b"/v1/things/%d" % number

        assert all(await asyncio.gather(*[call(number) for number in range(500)]))
        assert connection.idle
        assert connection.free == 600


async def test_calls_of_one_turn_of_the_loop_are_written_at_once() -> None:
    reads: list[int] = []

    async with Peer() as peer, connected(peer) as connection:
        await (await connection.send(get(peer))).read()
        received = peer.connections[0].data_received

        def count(data: bytes) -> None:
            reads.append(len(data))
            received(data)

        peer.connections[0].data_received = count  # type: ignore[method-assign]
        await asyncio.gather(*[connection.send(get(peer)) for _ in range(20)])

        assert len(reads) <= 2
        assert len(peer.streams) == 21


async def test_a_slow_reader_holds_up_nobody_else() -> None:
    async def answer(stream: PeerStream) -> None:
        stream.head(200)
        await stream.body_out(b"x" * (40 * MIB if "large" in stream.fields[":path"] else 2 * MIB))

    async with Peer(answer) as peer, connected(peer) as connection:
        slow = [await connection.send(get(peer, "/v1/large")) for _ in range(20)]  # more than the connection's window
        sizes = [len(await (await connection.send(get(peer))).read()) for _ in range(10)]

        assert sizes == [2 * MIB] * 10
        # What was not read waits at the server, but for the window of each stream.
        assert all(stream.window <= 0 for stream in peer.streams if "large" in stream.fields[":path"])
        first = await slow[0].receive()
        assert 0 < len(first) <= MIB
        for response in slow:
            response.close()
        assert await (await connection.send(get(peer))).read() == b"x" * (2 * MIB)


async def test_a_whole_body_larger_than_every_window_is_read() -> None:
    async def answer(stream: PeerStream) -> None:
        stream.head(200)
        await stream.body_out(b"x" * (50 * MIB))

    async with Peer(answer) as peer, connected(peer) as connection:
        assert len(await (await connection.send(get(peer))).read()) == 50 * MIB


async def test_a_cancelled_call_resets_its_own_stream_and_no_other() -> None:
    async with Peer(hold) as peer, connected(peer) as connection:
        calls = [asyncio.create_task(connection.send(get(peer))) for _ in range(10)]
        await until(lambda: len(peer.streams) == 10)
        for call in calls[::2]:
            call.cancel()
        await until(lambda: sum(stream.reset_by_client == CANCEL for stream in peer.streams) == 5)
        for stream in peer.streams:
            stream.answer(200, b"mine")  # those that were reset too: such an answer was on its way

        for number, call in enumerate(calls):
            if number % 2:
                assert await (await call).read() == b"mine"
            else:
                with pytest.raises(asyncio.CancelledError):
                    await call
        assert [stream.reset_by_client for stream in peer.streams] == [CANCEL, None] * 5
        assert connection.idle
        assert len(peer.open) == 1


async def test_a_call_that_is_cancelled_before_it_was_written_leaves_nothing() -> None:
    async with Peer(hold) as peer, connected(peer) as connection:
        call = asyncio.create_task(connection.send(get(peer)))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert connection.idle
        await until(lambda: peer.streams and peer.streams[0].reset_by_client == CANCEL)


async def test_a_response_that_is_closed_before_its_end_resets_its_stream_without_waiting() -> None:
    async def begin(stream: PeerStream) -> None:
        stream.head(200)
        stream.data(b"begin")

    async with Peer(begin) as peer, connected(peer) as connection:
        response = await connection.send(get(peer))
        assert await response.receive() == b"begin"
        response.close()
        response.close()
        await until(lambda: peer.streams[0].reset_by_client == CANCEL)
        with pytest.raises(ConnectionLost, match="this response was closed before its end"):
            await response.receive()
        assert len(peer.open) == 1


async def test_a_response_that_is_dropped_resets_its_stream() -> None:
    async def begin(stream: PeerStream) -> None:
        stream.head(200)

    async with Peer(begin) as peer, connected(peer) as connection:
        reading = asyncio.create_task((await connection.send(get(peer))).read())
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        del reading
        await until(lambda: peer.streams[0].reset_by_client == CANCEL)


async def test_a_response_that_was_read_to_its_end_is_closed_for_nothing() -> None:
    async with Peer() as peer, connected(peer) as connection:
        response = await connection.send(get(peer))
        await response.read()
        response.close()
        await (await connection.send(get(peer))).read()
        assert peer.streams[0].reset_by_client is None


async def test_an_answer_that_ended_unread_can_still_be_read_after_the_connection_is_gone() -> None:
    async with Peer() as peer, connected(peer) as connection:
        response = await connection.send(get(peer))
        await until(lambda: connection.idle)
        peer.connections[0].abort()
        await until(lambda: connection.closed)
        assert await response.read() == b"{}"


async def test_a_response_is_read_by_one_task_at_a_time() -> None:
    async def begin(stream: PeerStream) -> None:
        stream.head(200)

    async with Peer(begin) as peer, connected(peer) as connection:
        response = await connection.send(get(peer))
        first = asyncio.create_task(response.receive())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another task"):
            await response.receive()
        peer.streams[0].data(b"x", end=True)
        assert await first == b"x"


async def test_a_reader_that_was_cancelled_may_be_followed_by_another() -> None:
    async def begin(stream: PeerStream) -> None:
        stream.head(200)

    async with Peer(begin) as peer, connected(peer) as connection:
        response = await connection.send(get(peer))
        first = asyncio.create_task(response.receive())
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        second = asyncio.create_task(response.receive())
        await asyncio.sleep(0)
        peer.streams[0].data(b"x", end=True)
        assert await second == b"x"


async def test_trailers_padding_early_hints_and_large_heads_are_read_over() -> None:
    async def answer(stream: PeerStream) -> None:
        stream.head(103, [("link", "</style.css>; rel=preload")])
        stream.head(100)
        stream.head(200, [(f"x-{number}", "v" * 1000) for number in range(40)])  # HEADERS and CONTINUATION
        for _ in range(3):
            stream.data(b"part ", padding=200)
        stream.data(b"")
        stream.fields_out([("x-checksum", "abc")], end=True)

    async with Peer(answer) as peer, connected(peer) as connection:
        response = await connection.send(get(peer))
        assert response.status == 200
        assert response.headers["x-39"] == "v" * 1000
        assert await response.read() == b"part part part "


async def test_settings_that_change_on_the_way_change_what_is_free_and_what_may_be_sent() -> None:
    async with Peer(hold, settings={MAX_STREAMS: 2}, credits=False) as peer, connected(peer) as connection:
        await until(lambda: connection.free == 2)
        there = peer.connections[0]
        there.change_settings({MAX_STREAMS: 0})
        await until(lambda: connection.free == 0)
        there.change_settings({MAX_STREAMS: 1, INITIAL_WINDOW: 10})
        await until(lambda: connection.free == 1)

        call = asyncio.create_task(connection.send(post(peer, b"x" * 30)))
        await until(lambda: peer.streams and len(peer.streams[0].body) == 10)
        there.change_settings({INITIAL_WINDOW: 0})  # of which 10 are gone: below zero
        there.change_settings({INITIAL_WINDOW: 20})
        await peer.streams[0].received(20)
        assert len(peer.streams[0].body) == 20
        peer.streams[0].credit(10)
        await peer.streams[0].whole()
        peer.streams[0].answer(200, b"done")
        assert await (await call).read() == b"done"
