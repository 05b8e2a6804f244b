"""Answers that are read while they arrive: whichever way they are left, they are closed."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from contextlib import aclosing

import pytest

from mistral_async.errors import ConnectionLost, NotFoundError
from mistral_async.streams import ByteStream, EventStream
from tests.fakes import FOREVER, ScriptedResponse, a_request
from tests.streaming import LOST, bytes_of, collect, decode, events_of, failing, opening


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
