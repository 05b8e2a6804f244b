"""Streams over a real socket: how they end, and what the server sees of it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time

import pytest

from mistral_async import ConnectionLost, MistralClient, StreamError, StreamingCall, TimeoutError
from mistral_async.models import ChatCompletionResponse, CompletionEvent, UserMessage
from mistral_async.testing import LocalServer

SOON = 0.2  # seconds within which the server must see that nobody listens any more


def stream(client: MistralClient) -> StreamingCall[ChatCompletionResponse, CompletionEvent]:
    return client.chat.completions.post(model="mistral-small-latest", messages=[UserMessage(content="Tell me a lot")])


async def left(server: LocalServer, since: float) -> float:
    """Seconds from ``since`` until the server saw the client go."""
    for _ in range(200):
        if (seen := server.requests[-1].disconnected) is not None:
            return seen - since
        await asyncio.sleep(0.005)
    raise AssertionError("the server never saw the client go")


async def test_break_closes_the_connection_at_once(client: MistralClient, server: LocalServer) -> None:
    server.pace = 0.05
    async for _ in stream(client):
        break
    assert await left(server, time.monotonic()) < SOON


async def test_an_error_in_the_loop_closes_the_connection_at_once(client: MistralClient, server: LocalServer) -> None:
    server.pace = 0.05
    with contextlib.suppress(ZeroDivisionError):
        async for _ in stream(client):
            _ = 1 / 0
    assert await left(server, time.monotonic()) < SOON


async def test_cancellation_closes_the_connection_at_once(client: MistralClient, server: LocalServer) -> None:
    server.pace = 5

    async def read() -> None:
        async for _ in stream(client):
            pass

    task = asyncio.create_task(read())
    while not server.requests or not server.requests[-1].events:
        await asyncio.sleep(0.005)
    task.cancel()
    since = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await left(server, since) < SOON


async def test_cancelling_an_awaited_call_closes_the_connection_too(client: MistralClient, server: LocalServer) -> None:
    server.hold_next(5)
    task = asyncio.create_task(client.models())
    while not server.requests:
        await asyncio.sleep(0.005)
    task.cancel()
    since = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await left(server, since) < SOON


async def test_the_brace_closes_the_connection(client: MistralClient, server: LocalServer) -> None:
    server.pace = 0.05
    async with stream(client).stream() as events:
        await anext(events)
    assert await left(server, time.monotonic()) < SOON


async def test_a_stream_that_nobody_holds_is_closed(client: MistralClient, server: LocalServer) -> None:
    server.pace = 0.05
    events = aiter(stream(client))
    await anext(events)
    del events
    gc.collect()
    assert await left(server, time.monotonic()) < SOON


async def test_a_stream_that_was_read_to_its_end_gives_its_connection_back(
    client: MistralClient, server: LocalServer
) -> None:
    for _ in range(3):
        assert [event async for event in stream(client)]

    assert server.connections.total == 1


async def test_a_cut_stream_raises_with_what_came_before(client: MistralClient, server: LocalServer) -> None:
    server.cut_next(after_events=3)
    seen: list[CompletionEvent] = []

    with pytest.raises(StreamError) as caught:
        async for event in stream(client):
            seen.append(event)  # noqa: PERF401  # what came before the error counts

    assert len(seen) == 3
    assert list(caught.value.events) == seen
    assert isinstance(caught.value.__cause__, ConnectionLost)
    assert caught.value.retry_safe


async def test_a_stream_without_its_end_is_not_taken_for_complete(client: MistralClient, server: LocalServer) -> None:
    chunk: dict[str, object] = {"id": "1", "model": "m", "choices": []}
    server.stream_next([chunk, chunk])

    with pytest.raises(StreamError, match="ended before its last event") as caught:
        async for _ in stream(client):
            pass

    assert len(caught.value.events) == 2


async def test_an_error_event_raises_what_it_says(client: MistralClient, server: LocalServer) -> None:
    chunk: dict[str, object] = {"id": "1", "model": "m", "choices": []}
    server.stream_next([chunk, {"object": "error", "message": "out of capacity", "type": "t", "code": 3505}])

    with pytest.raises(StreamError, match="out of capacity") as caught:
        async for _ in stream(client):
            pass

    assert (caught.value.code, len(caught.value.events)) == ("3505", 1)


async def test_silence_in_a_stream_is_a_timeout(server: LocalServer) -> None:
    server.hold_next(5, after_events=2)
    async with server.client(timeout=0.1) as client:
        with pytest.raises(TimeoutError, match=r"no byte from 127.0.0.1:\d+ for 0.1 s") as caught:
            async for _ in stream(client):
                pass

    assert caught.value.limit == "read"


async def test_an_event_that_is_no_event_of_the_model_is_kept_as_far_as_it_fits(
    unjudged: MistralClient, server: LocalServer
) -> None:
    server.stream_next([{"id": "1", "choices": [{"index": 0, "delta": {"content": "hi"}}]}, "[DONE]"])

    events = [event async for event in stream(unjudged)]

    assert events[0].data.choices[0].delta.content == "hi"
    assert not events[0].data.choices[0].finish_reason
