"""Answers that are read while they arrive: what they give, and how they end."""

from __future__ import annotations

import asyncio

import pytest

from mistral_async.errors import ConnectionLost, ProtocolError, StreamError, TimeoutError
from mistral_async.http import Response
from mistral_async.streams import HELD_EVENTS, ByteStream, EventStream
from tests.fakes import FOREVER, ScriptedResponse, a_request
from tests.streaming import DONE, LOST, collect, decode, events_of, failing, opening


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


@pytest.mark.parametrize("after", [[], [b": half an eve"], [b"data: [DON"]])
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


@pytest.mark.parametrize("end", [b"data: [DONE]", b"data: [DONE]\n", b"data: [DONE] \n\n", b"data:[DONE]\r\n"])
async def test_the_end_counts_however_it_is_written(end: bytes) -> None:
    stream = events_of(ScriptedResponse(200, [b"data: a\n\n", end]))

    assert [event async for event in stream] == ["a"]


async def test_an_error_names_the_request_by_the_id_of_its_answer() -> None:
    response = ScriptedResponse(200, [b"data: a\n\n"], {"x-kong-request-id": "r-1"})

    with pytest.raises(StreamError) as caught:
        await collect(events_of(response), [])

    assert caught.value.request_id == "r-1"


async def test_an_event_that_cannot_be_read_ends_the_stream_with_what_came_before() -> None:
    response = ScriptedResponse(200, [b"data: a\n\ndata: unreadable\n\n", DONE])

    with pytest.raises(StreamError, match=r"an event of POST .* cannot be read: no JSON") as caught:
        await collect(events_of(response), [])

    assert caught.value.events == ("a",)
    assert response.dropped


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


async def test_a_stream_that_is_closed_while_it_opens_keeps_no_connection() -> None:
    response, opened = ScriptedResponse(200, [b"data: a\n\n", DONE]), asyncio.Event()

    async def open_slowly() -> Response:
        await opened.wait()
        return response

    stream = ByteStream(open_slowly)
    task = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    stream.close()
    opened.set()

    with pytest.raises(RuntimeError, match="closed or read by another"):
        await task
    assert response.dropped


async def test_two_tasks_that_read_one_stream_keep_no_second_connection() -> None:
    responses, opened = [ScriptedResponse(200, [b"a", b"b"]) for _ in range(2)], asyncio.Event()
    unused = iter(responses)

    async def open_slowly() -> Response:
        await opened.wait()
        return next(unused)

    stream = ByteStream(open_slowly)
    tasks = [asyncio.create_task(anext(stream)) for _ in range(2)]
    await asyncio.sleep(0)
    opened.set()
    first, second = await asyncio.gather(*tasks, return_exceptions=True)

    assert first == b"a"
    assert isinstance(second, RuntimeError)
    assert all(response.dropped for response in responses)


async def test_an_event_that_is_larger_than_may_be_held_is_an_error_that_says_so() -> None:
    response = ScriptedResponse(200, [b"data: a\n\n", b"data: " + b"x" * 60, b"x" * 60, FOREVER])
    stream = EventStream(opening(response), decode, request=a_request(), end=None, limit=100)

    with pytest.raises(StreamError, match=r"is larger than `max_response_size` \(100 bytes\); raise that") as caught:
        await collect(stream, [])

    assert (caught.value.events, response.dropped) == (("a",), True)
