"""Answers that are read while they arrive: how they end, and how they are left."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

import pytest

from mistral_async.codec.sse import ServerEvent
from mistral_async.errors import ConnectionLost, NotFoundError, ProtocolError, StreamError, TimeoutError
from mistral_async.http import Response
from mistral_async.streams import HELD_EVENTS, ByteStream, EventStream
from tests.fakes import FOREVER, ScriptedResponse, a_request

LOST = ConnectionLost("the server closed the connection", request=a_request())
DONE = b"data: [DONE]\n\n"


def opening(response: ScriptedResponse) -> Callable[[], Awaitable[Response]]:
    async def open_response() -> Response:
        return response

    return open_response


def failing(error: BaseException) -> Callable[[], Awaitable[Response]]:
    async def open_response() -> Response:
        raise error

    return open_response


def decode(event: ServerEvent) -> str:
    if event.data == b"error":
        raise StreamError("the server reported an error", code="1300", request=a_request())
    if event.data == b"bug":
        raise ZeroDivisionError
    return event.data.decode()


def events_of(response: ScriptedResponse, end: str | None = "[DONE]") -> EventStream[str]:
    return EventStream(opening(response), decode, request=a_request(repeatable=True), end=end)


def bytes_of(response: ScriptedResponse) -> ByteStream:
    return ByteStream(opening(response))


async def collect(stream: AsyncIterator[str], into: list[str]) -> None:
    async for event in stream:
        into.append(event)  # noqa: PERF401  # what came before an error is looked at


async def test_the_events_come_in_order_until_the_end() -> None:
    response = ScriptedResponse(200, [b"data: a\n\ndata", b": b\n\n", DONE])

    assert [event async for event in events_of(response)] == ["a", "b"]
    assert response.ended
    assert not response.dropped  # the connection can be used again


async def test_what_follows_the_end_is_not_given_and_read_to_its_end() -> None:
    response = ScriptedResponse(200, [b"data: a\n\n" + DONE + b"data: b\n\n", b": bye\n\n"])

    assert [event async for event in events_of(response)] == ["a"]
    assert response.ended


async def test_a_stream_without_an_end_of_its_own_just_ends() -> None:
    response = ScriptedResponse(200, [b"data: a\n\n", b"data: [DONE]\n\n"])

    assert [event async for event in events_of(response, end=None)] == ["a", "[DONE]"]


async def test_a_stream_that_ended_stays_ended() -> None:
    stream = events_of(ScriptedResponse(200, [b"data: a\n\n", DONE]))

    assert [event async for event in stream] == ["a"]
    assert [event async for event in stream] == []


@pytest.mark.parametrize("after", [[], [b": half an eve"], [b"data: [DONE]\n"]])
async def test_a_stream_that_ends_without_its_last_event_is_an_error_with_what_came(after: list[bytes]) -> None:
    response = ScriptedResponse(200, [b"data: a\n\n", *after])
    stream = events_of(response)

    with pytest.raises(StreamError, match="ended before its last event") as caught:
        await collect(stream, [])

    assert caught.value.events == ("a",)
    assert caught.value.retry_safe
    assert [event async for event in stream] == []


async def test_a_connection_that_is_cut_is_an_error_with_what_came() -> None:
    response = ScriptedResponse(200, [b"data: a\n\n", b"data: b\n\nda", LOST])
    stream = events_of(response)
    seen: list[str] = []

    with pytest.raises(StreamError, match=r"broke off: .*closed the connection") as caught:
        await collect(stream, seen)

    assert caught.value.events == ("a", "b") == tuple(seen)
    assert caught.value.__cause__ is LOST
    assert response.closed
    assert [event async for event in stream] == []


async def test_without_an_answer_there_is_no_stream_to_break_off() -> None:
    stream = EventStream(failing(LOST), decode, request=a_request(), end="[DONE]")

    with pytest.raises(ConnectionLost):
        await anext(stream)


async def test_silence_stays_a_timeout() -> None:
    response = ScriptedResponse(200, [b"data: a\n\n", TimeoutError("no byte", limit="read")])

    with pytest.raises(TimeoutError):
        await collect(events_of(response), [])

    assert response.closed


async def test_an_error_event_ends_the_stream_with_what_came_before() -> None:
    response = ScriptedResponse(200, [b"data: a\n\ndata: error\n\ndata: c\n\n", DONE])
    stream = events_of(response)

    with pytest.raises(StreamError) as caught:
        await collect(stream, [])

    assert (caught.value.code, caught.value.events) == ("1300", ("a",))
    assert response.dropped
    assert [event async for event in stream] == []


async def test_whatever_decoding_raises_closes_the_stream() -> None:
    response = ScriptedResponse(200, [b"data: bug\n\n", DONE])

    with pytest.raises(ZeroDivisionError):
        await anext(events_of(response))

    assert response.dropped


async def test_an_error_holds_the_last_events_only() -> None:
    many = b"".join(b"data: %d\n\n" % i for i in range(HELD_EVENTS + 10))

    with pytest.raises(StreamError) as caught:
        await collect(events_of(ScriptedResponse(200, many)), [])

    assert len(caught.value.events) == HELD_EVENTS
    assert caught.value.events[-1] == str(HELD_EVENTS + 9)


@pytest.mark.parametrize("last", [LOST, ProtocolError("no HTTP"), TimeoutError("no byte", limit="read")])
async def test_how_the_connection_ends_after_the_last_event_is_nobodys_concern(last: Exception) -> None:
    response = ScriptedResponse(200, [b"data: a\n\n", DONE, last])

    assert [event async for event in events_of(response)] == ["a"]
    assert response.closed


async def test_a_server_that_does_not_end_its_answer_is_not_waited_for() -> None:
    response = ScriptedResponse(200, [b"data: a\n\n", DONE, FOREVER])

    async with asyncio.timeout(5):
        assert [event async for event in events_of(response)] == ["a"]

    assert response.dropped


async def test_break_closes() -> None:
    response = ScriptedResponse(200, [b"data: a\n\n", b"data: b\n\n", FOREVER])

    async for _ in events_of(response):
        break

    assert response.dropped


async def test_an_exception_in_the_loop_closes() -> None:
    response = ScriptedResponse(200, [b"data: a\n\n", FOREVER])

    async def reader() -> None:
        async for _ in events_of(response):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await reader()
    gc.collect()

    assert response.dropped


async def test_cancelling_a_task_that_waits_for_an_event_closes() -> None:
    response = ScriptedResponse(200, [b"data: a\n\n", FOREVER])
    seen: list[str] = []
    task = asyncio.create_task(collect(events_of(response), seen))
    await asyncio.sleep(0)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert seen == ["a"]
    assert response.dropped


async def test_the_end_of_a_block_closes_however_it_is_left() -> None:
    response = ScriptedResponse(200, [b"data: a\n\n", FOREVER])

    async with events_of(response) as events:
        assert await anext(events) == "a"
    assert response.dropped

    assert [event async for event in events] == []


async def test_a_block_opens_the_answer_before_its_first_line() -> None:
    response = ScriptedResponse(404)

    with pytest.raises(NotFoundError):
        async with EventStream[str](failing(NotFoundError("404", status=404)), decode, request=a_request(), end=None):
            pytest.fail("the block must not be entered")
    gc.collect()  # nothing is left that could warn of a stream never read

    assert not response.closed


@pytest.mark.parametrize("stream_of", [events_of, bytes_of])
async def test_closing_twice_is_closing_once(stream_of: Callable[[ScriptedResponse], EventStream[str]]) -> None:
    response = ScriptedResponse(200, [b"data: a\n\n", FOREVER])
    stream = stream_of(response)

    async with aclosing(stream):
        await anext(stream)
    stream.close()

    assert response.dropped
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_a_stream_that_nobody_holds_closes() -> None:
    response = ScriptedResponse(200, [b"data: a\n\n", FOREVER])
    stream = events_of(response)
    await anext(stream)

    del stream
    gc.collect()

    assert response.dropped


@pytest.mark.parametrize("stream_of", [events_of, bytes_of])
def test_a_stream_that_is_never_read_warns(stream_of: Callable[[ScriptedResponse], object]) -> None:
    stream = stream_of(ScriptedResponse())

    with pytest.warns(RuntimeWarning, match="never read: nothing was sent"):
        del stream


def test_a_stream_that_is_closed_unread_is_silent() -> None:
    stream = ByteStream(opening(ScriptedResponse()))

    stream.close()
    del stream
    gc.collect()


async def test_a_closed_stream_sends_nothing() -> None:
    stream = ByteStream(failing(AssertionError("it was sent")))
    stream.close()

    async with stream:
        assert [chunk async for chunk in stream] == []


async def test_bytes_come_as_they_arrive() -> None:
    response = ScriptedResponse(200, [b"one", b"two"])
    stream = ByteStream(opening(response))
    assert not stream.opened

    assert await anext(stream) == b"one"
    assert (stream.opened, stream.ended) == (True, False)
    assert [chunk async for chunk in stream] == [b"two"]
    assert stream.ended
    assert not response.dropped


async def test_bytes_that_break_off_are_an_error_and_closed() -> None:
    response = ScriptedResponse(200, [b"one", LOST])
    stream = ByteStream(opening(response))
    await anext(stream)

    with pytest.raises(ConnectionLost):
        await anext(stream)

    assert (response.closed, stream.ended) == (1, True)
