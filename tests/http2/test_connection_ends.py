"""How a stream or a whole connection ends too soon: reset, refused, broken, drained, lost, closed."""

from __future__ import annotations

import asyncio

import pytest

from mistral_async.errors import ClientClosed, ConnectError, ConnectionLost, ProtocolError, TransportError
from mistral_async.wire.http2.response import Http2Response
from tests.http2.joining import connected, get, post
from tests.http2.numbers import INITIAL_WINDOW, INTERNAL_ERROR, REFUSED_STREAM
from tests.http2.peer import Peer, PeerStream, hold, until

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("code", "said", "safe"),
    [
        (INTERNAL_ERROR, "reset the stream with INTERNAL_ERROR before it answered", False),
        (REFUSED_STREAM, "REFUSED_STREAM before it answered .* it may be sent again", True),
    ],
)
async def test_a_reset_says_whether_the_request_was_processed(code: int, said: str, safe: bool) -> None:
    async def refuse(stream: PeerStream) -> None:
        stream.reset(code)

    async with Peer(refuse) as peer, connected(peer) as connection:
        with pytest.raises(ConnectionLost, match=said) as caught:
            await connection.send(post(peer))
        assert caught.value.retry_safe is safe
        assert len(peer.open) == 1


async def test_a_reset_in_the_middle_of_an_answer_comes_after_what_was_received() -> None:
    async def begin(stream: PeerStream) -> None:
        stream.head(200)
        stream.data(b"begin")
        stream.reset(INTERNAL_ERROR)

    async with Peer(begin) as peer, connected(peer) as connection:
        response = await connection.send(post(peer))
        assert await response.receive() == b"begin"
        for _ in range(2):
            with pytest.raises(ConnectionLost, match="in the middle of its answer"):
                await response.receive()


async def test_what_breaks_the_rules_of_http_ends_its_own_call_alone() -> None:
    async def answer(stream: PeerStream) -> None:
        if stream.id == 1:
            stream.head(200, [("content-length", "3")])
            stream.data(b"more than three", end=True)
        elif stream.id == 3:
            stream.data(b"no head")
        else:
            stream.answer(200, b"right")

    async with Peer(answer) as peer, connected(peer) as connection:
        with pytest.raises(ProtocolError, match="content-length"):
            await (await connection.send(get(peer))).read()
        with pytest.raises(ProtocolError, match="a body before its head"):
            await connection.send(get(peer))
        assert await (await connection.send(get(peer))).read() == b"right"
        assert len(peer.open) == 1


async def test_a_server_of_http1_is_named_so_and_the_setting_too() -> None:
    async with Peer(hold, speaks=False) as peer, connected(peer) as connection:
        call = asyncio.create_task(connection.send(get(peer)))
        await until(lambda: peer.streams)
        peer.connections[0].write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with pytest.raises(ConnectError, match=r"speaks HTTP/1\.1 .* `http_version`") as caught:
            await call
        assert caught.value.permanent
        await connection.wait_closed()
        assert connection.free == 0


async def test_a_goaway_in_two_steps_loses_no_answer_that_was_promised() -> None:
    async with Peer(hold) as peer, connected(peer) as connection:
        calls = [asyncio.create_task(connection.send(post(peer))) for _ in range(5)]
        await until(lambda: len(peer.streams) == 5)
        there = peer.connections[0]
        there.go_away(2**31 - 1)
        await until(lambda: connection.draining)
        assert connection.free == 0
        assert not any(call.done() for call in calls)

        there.go_away(5)
        for call in calls[3:]:
            with pytest.raises(ConnectionLost, match="may be sent again") as caught:
                await call
            assert caught.value.retry_safe
        for stream in peer.streams[:3]:
            stream.answer(200, b"late")
        assert [await (await call).read() for call in calls[:3]] == [b"late"] * 3
        await connection.wait_closed()
        await until(lambda: not there.open)


async def test_a_connection_lost_with_a_hundred_streams_gives_each_call_an_error_of_its_own() -> None:
    async def begin(stream: PeerStream) -> None:
        if stream.id % 4 == 1:
            stream.head(200)

    async with Peer(begin) as peer, connected(peer) as connection:
        calls = [asyncio.create_task(connection.send(get(peer) if number % 2 else post(peer))) for number in range(100)]
        await until(lambda: len(peer.streams) == 100 and sum(call.done() for call in calls) == 50)
        peer.connections[0].abort()

        outcomes = await asyncio.gather(*[end_of(call) for call in calls])

        assert len(set(map(id, outcomes))) == 100
        assert all(type(outcome) is ConnectionLost for outcome in outcomes)
        assert [outcome.retry_safe for outcome in outcomes] == [False, True] * 50
        assert sum("before it answered" in outcome.message for outcome in outcomes) == 50
        assert sum("in the middle of its answer" in outcome.message for outcome in outcomes) == 50
        assert connection.closed
        assert connection.idle


async def end_of(call: asyncio.Task[Http2Response]) -> TransportError:
    try:
        await (await call).read()
    except TransportError as exc:
        return exc
    raise AssertionError("it was answered")


async def test_closing_ends_what_is_under_way_and_says_goodbye() -> None:
    async with Peer(hold) as peer, connected(peer) as connection:
        call = asyncio.create_task(connection.send(post(peer)))
        await until(lambda: peer.streams)
        connection.close()
        with pytest.raises(ClientClosed, match="the client was closed while this was under way"):
            await call
        await connection.wait_closed()
        kinds = [type(frame).__name__ for frame in peer.connections[0].frames]
        assert kinds[-2:] == ["RstStreamFrame", "GoAwayFrame"]


async def test_closing_does_not_wait_for_a_peer_that_reads_nothing() -> None:
    async with Peer(hold, settings={INITIAL_WINDOW: 2**30}) as peer, connected(peer, close_limit=0.1) as connection:
        await until(lambda: connection.free > 100)
        there = peer.connections[0]
        there.credit(2**30)
        there.stop_reading()
        call = asyncio.create_task(connection.send(post(peer, b"x" * (20 * MIB))))
        await until(lambda: connection.outbox.paused)
        async with asyncio.timeout(0.5):
            connection.close()
            await connection.wait_closed()
        with pytest.raises(ConnectionLost):
            await call
