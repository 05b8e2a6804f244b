"""Calls that can be iterated: events and pages."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest

from mistral_async.calls import PagedCall, StreamingCall
from mistral_async.errors import NotFoundError, RequestValidationError, StreamError
from mistral_async.models.files import FileSchema, ListFilesOut
from mistral_async.models.shared import ChatCompletionResponse, CompletionEvent
from mistral_async.operation import Events, Operation, Pages
from tests.fakes import FOREVER, ScriptedResponse, ScriptedWire, engine

EVENTS = Events(type="shared.CompletionEvent", flag="stream", end="[DONE]")
CHAT = Operation(
    method="POST",
    path="/v1/chat/completions",
    body="chat.ChatCompletionRequest",
    body_required=True,
    answer="shared.ChatCompletionResponse",
    events=EVENTS,
)
ONLY_EVENTS = Operation(method="GET", path="/v1/events", events=Events(type="shared.CompletionEvent"))
LIST = Operation(
    method="GET",
    path="/v1/files",
    query="files.ListFilesQuery",
    answer="files.ListFilesOut",
    pages=Pages(items="data", by="page", parameter="page", total="total"),
)


def event(text: str) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return b"data: " + json.dumps({"id": "c", "model": "m", "choices": [choice]}).encode() + b"\n\n"


def text_of(each: CompletionEvent) -> Any:
    return each.data.choices[0].delta.content


def page(*ids: str, **fields: Any) -> bytes:
    return json.dumps({"data": [{"id": each} for each in ids], "object": "list", **fields}).encode()


def chat(wire: ScriptedWire, **params: Any) -> StreamingCall[ChatCompletionResponse, CompletionEvent]:
    return StreamingCall(engine(wire), CHAT, "/v1/chat/completions", None, {"model": "m", "messages": [], **params})


def files(wire: ScriptedWire, **params: Any) -> PagedCall[ListFilesOut, FileSchema]:
    return PagedCall(engine(wire), LIST, "/v1/files", None, params)


async def test_iterating_a_call_asks_for_a_stream_and_awaiting_it_does_not() -> None:
    wire = ScriptedWire(ScriptedResponse(200, [event("a"), event("b"), b"data: [DONE]\n\n"]), b'{"choices":[]}')

    assert [text_of(each) async for each in chat(wire)] == ["a", "b"]
    assert (await chat(wire)).choices == []

    assert [json.loads(body).get("stream") for body in wire.bodies if isinstance(body, bytes)] == [True, None]
    assert wire.requests[0].headers["accept"] == "text/event-stream"


async def test_a_call_is_iterated_once() -> None:
    call = chat(ScriptedWire(ScriptedResponse(200, b"data: [DONE]\n\n")))
    assert [each async for each in call] == []

    with pytest.raises(RuntimeError, match="used already"):
        call.stream()


async def test_a_loop_that_is_left_closes_its_stream() -> None:
    response = ScriptedResponse(200, [event("a"), FOREVER])

    async for _ in chat(ScriptedWire(response)):
        break

    assert response.dropped


async def test_a_block_around_a_stream_closes_it() -> None:
    response = ScriptedResponse(200, [event("a"), FOREVER])

    async with chat(ScriptedWire(response)).options(timeout=300).stream() as events:
        assert text_of(await anext(events)) == "a"

    assert response.dropped


async def test_an_error_in_a_stream_has_the_events_before_it() -> None:
    response = ScriptedResponse(
        200, [event("a"), b'data: {"object":"error","message":"full","code":3505}\n\n', FOREVER]
    )
    stream = chat(ScriptedWire(response)).stream()

    with pytest.raises(StreamError, match="full") as caught:
        async for _ in stream:
            pass

    assert [text_of(each) for each in caught.value.events] == ["a"]
    assert caught.value.code == "3505"
    assert response.dropped


async def test_a_stream_whose_request_is_wrong_says_so_before_anything_is_sent() -> None:
    wire = ScriptedWire()

    with pytest.raises(RequestValidationError):
        chat(wire, temperature=7).stream()

    assert wire.requests == []


async def test_a_refused_stream_raises_its_status_and_leaves_nothing() -> None:
    with pytest.raises(NotFoundError):
        async with chat(ScriptedWire(404)).stream():
            pytest.fail("the block must not be entered")
    with pytest.raises(NotFoundError):
        await anext(chat(ScriptedWire(404)).stream())
    gc.collect()


async def test_an_operation_that_only_streams_is_awaited_to_all_its_events() -> None:
    wire = ScriptedWire(ScriptedResponse(200, [event("a"), event("b")]))

    events: list[CompletionEvent] = await StreamingCall[list[CompletionEvent], CompletionEvent](
        engine(wire), ONLY_EVENTS, "/v1/events"
    )

    assert [text_of(each) for each in events] == ["a", "b"]
    assert wire.requests[0].body is None


async def test_iterating_pages_gives_the_items_of_all() -> None:
    wire = ScriptedWire(page("a", "b", total=5), page("c", "d", total=5), page("e", total=5))

    assert [file.id async for file in files(wire, search="x")] == ["a", "b", "c", "d", "e"]

    assert [request.url.partition("?")[2] for request in wire.requests] == [
        "search=x",
        "search=x&page=1",
        "search=x&page=2",
    ]


async def test_awaiting_pages_gives_one() -> None:
    wire = ScriptedWire(page("a", total=5))

    assert (await files(wire)).total == 5
    assert len(wire.requests) == 1


async def test_leaving_the_pages_asks_for_no_more() -> None:
    wire = ScriptedWire(page("a", "b", total=5))

    async for file in files(wire).options(headers={"x-a": "1"}):
        assert file.id == "a"
        break

    assert [request.headers["x-a"] for request in wire.requests] == ["1"]


@pytest.mark.parametrize("data", [None, "text", 7, {}])
async def test_a_page_whose_items_are_no_list_is_the_last(data: object) -> None:
    wire = ScriptedWire(page("a"), json.dumps({"data": data, "object": "list"}).encode())

    assert [file.id async for file in files(wire)] == ["a"]


async def test_pages_are_iterated_once() -> None:
    call = files(ScriptedWire(page()))
    assert [file async for file in call] == []

    with pytest.raises(RuntimeError, match="used already"):
        aiter(call)


async def test_an_operation_without_pages_has_none_to_iterate() -> None:
    call = PagedCall[Any, Any](engine(ScriptedWire()), ONLY_EVENTS, "/x")

    with pytest.raises(TypeError, match="has no pages"):
        await anext(aiter(call))


async def test_the_raw_answer_of_an_operation_that_only_streams_has_its_events() -> None:
    wire = ScriptedWire(ScriptedResponse(200, event("a") + event("b")))

    raw = await StreamingCall[list[CompletionEvent], CompletionEvent](engine(wire), ONLY_EVENTS, "/v1/events").raw()

    assert [each.data.choices[0].delta.content for each in raw.decode()] == ["a", "b"]
    assert wire.requests[0].headers["accept"] == "text/event-stream"
