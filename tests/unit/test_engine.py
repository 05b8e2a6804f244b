"""Operations become requests, and responses become models or errors."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from mistral_async import errors
from mistral_async.codec.problem import BODY_LIMIT
from mistral_async.codec.sse import ServerEvent
from mistral_async.engine import SHOWN_MISFITS, Engine, Options
from mistral_async.errors import APIError, ConnectionLost, ResponseDecodeError, StreamError, error_for
from mistral_async.http import Request, Timeout
from mistral_async.models.files import FileSchema, ListFilesOut
from mistral_async.models.shared import CompletionEvent
from mistral_async.operation import Events, Operation
from tests.fakes import FOREVER, ScriptedResponse, ScriptedWire, a_request, engine

LIST_FILES = Operation(method="GET", path="/v1/files", query="files.ListFilesQuery", answer="files.ListFilesOut")
CHUNK: dict[str, Any] = {
    "id": "c",
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": None}],
}


def chat() -> Operation:
    """Anew in each test: what was told of an operation once is not told again."""
    return Operation(
        method="POST",
        path="/v1/chat/completions",
        body="chat.ChatCompletionRequest",
        body_required=True,
        answer="shared.ChatCompletionResponse",
        events=Events(type="shared.CompletionEvent", flag="stream", end="[DONE]"),
        repeatable=True,
    )


def decoded(operation: Operation, body: bytes, *, with_engine: Engine | None = None) -> Any:
    response = ScriptedResponse(200, body, {"mistral-correlation-id": "r-1"})
    return (with_engine or engine(ScriptedWire())).decode(operation, a_request(), response, body)


def test_a_request_holds_what_the_operation_and_the_client_say() -> None:
    request = engine(ScriptedWire(), headers={"user-agent": "test"}).request(
        chat(), "/v1/chat/completions", None, {"model": "m", "messages": []}
    )

    assert request == Request(
        method="POST",
        url="http://mistral.test/v1/chat/completions",
        path="/v1/chat/completions",
        headers={"user-agent": "test", "accept": "application/json", "content-type": "application/json"},
        body=b'{"model":"m","messages":[]}',
        timeout=Timeout(),
        repeatable=True,
    )


def test_a_streamed_request_asks_for_events() -> None:
    request = engine(ScriptedWire()).request(chat(), "/x", None, {"model": "m", "messages": []}, stream=True)

    assert request.headers["accept"] == "text/event-stream"
    assert request.body == b'{"model":"m","messages":[],"stream":true}'


def test_a_query_follows_the_path_and_a_get_has_no_body() -> None:
    request = engine(ScriptedWire()).request(LIST_FILES, "/v1/files", None, {"page": 1, "search": "a b"})

    assert request.url == "http://mistral.test/v1/files?page=1&search=a%20b"
    assert request.body is None
    assert "content-type" not in request.headers


def test_a_form_says_its_boundary() -> None:
    upload = Operation(method="POST", path="/v1/files", multipart=True, files=("file",))

    request = engine(ScriptedWire()).request(upload, "/v1/files", None, {"file": b"x"})

    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")


def test_what_differs_for_one_call_comes_last() -> None:
    options = Options(timeout=Timeout(read=300), headers={"accept": "a/b", "x-a": "1"}, extra_body={"new": 1})

    request = engine(ScriptedWire()).request(chat(), "/x", None, {"model": "m", "messages": []}, options)

    assert request.timeout == Timeout(read=300)
    assert (request.headers["accept"], request.headers["x-a"]) == ("a/b", "1")
    assert request.body == b'{"model":"m","messages":[],"new":1}'


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_a_status_of_success_gives_the_response_unread(status: int) -> None:
    response = ScriptedResponse(status, b"body")

    assert await engine(ScriptedWire(response)).send(a_request()) is response
    assert (response.received, response.closed) == (0, 0)


@pytest.mark.parametrize("status", [199, 301, 400, 401, 402, 403, 404, 409, 422, 429, 500, 503])
async def test_any_other_status_is_its_error_with_all_that_the_answer_says(status: int) -> None:
    body = {"object": "error", "message": "no", "type": "t", "param": "p", "code": 1300}
    headers = {"Retry-After": "7", "x-kong-request-id": "r-1", "x-ratelimit-limit-req-minute": "0"}
    response = ScriptedResponse(status, json.dumps(body).encode(), headers)

    with pytest.raises(APIError) as caught:
        await engine(ScriptedWire(response)).send(a_request())

    error = caught.value
    assert type(error) is error_for(status)
    assert str(error) == f"{status} for POST /v1/things/{{thing_id}}: no"
    assert (error.status, error.code, error.type, error.param) == (status, "1300", "t", "p")
    assert (error.request_id, error.retry_after, error.path) == ("r-1", 7.0, "/v1/things/{thing_id}")
    assert json.loads(error.body) == body
    assert error.headers["x-ratelimit-limit-req-minute"] == "0"
    assert response.closed


async def test_a_list_of_details_comes_with_the_error() -> None:
    body = b'{"detail":[{"loc":["body","model"],"msg":"missing","type":"t"}],"request_id":"r-2"}'

    with pytest.raises(errors.UnprocessableEntityError, match="model: missing") as caught:
        await engine(ScriptedWire(ScriptedResponse(422, body))).send(a_request())

    assert caught.value.detail == ({"loc": ["body", "model"], "msg": "missing", "type": "t"},)
    assert caught.value.request_id == "r-2"


@pytest.mark.parametrize("chunk", [1024, 20_000_000])
async def test_an_error_body_of_twenty_megabytes_is_read_to_its_bound(chunk: int) -> None:
    response = ScriptedResponse(500, [b"x" * chunk] * (20_000_000 // chunk))

    with pytest.raises(errors.ServerError) as caught:
        await engine(ScriptedWire(response)).send(a_request())

    assert response.received <= max(BODY_LIMIT, chunk)
    assert len(caught.value.body) == BODY_LIMIT
    assert len(str(caught.value)) < 1000
    assert response.dropped


async def test_an_error_body_that_breaks_off_is_kept_as_far_as_it_came() -> None:
    response = ScriptedResponse(503, [b"all full", ConnectionLost("cut")])

    with pytest.raises(errors.ServerError, match="all full") as caught:
        await engine(ScriptedWire(response)).send(a_request())

    assert caught.value.body == b"all full"
    assert response.dropped


async def test_an_error_body_that_is_waited_for_can_be_cancelled() -> None:
    response = ScriptedResponse(500, [b"x", FOREVER])

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(engine(ScriptedWire(response)).send(a_request()), 0.01)

    assert response.dropped


@given(st.integers(300, 599), st.binary(max_size=60))
async def test_no_error_body_hides_its_status(status: int, body: bytes) -> None:
    with pytest.raises(APIError) as caught:
        await engine(ScriptedWire(ScriptedResponse(status, body))).send(a_request())

    assert (caught.value.status, caught.value.body) == (status, body)


async def test_where_no_answer_arrived_the_error_is_the_wires() -> None:
    lost = ConnectionLost("gone")

    with pytest.raises(ConnectionLost) as caught:
        await engine(ScriptedWire(lost)).send(a_request())

    assert caught.value is lost


def test_an_answer_becomes_its_model() -> None:
    answer = decoded(LIST_FILES, b'{"data":[],"object":"list","total":0,"new":1}')

    assert answer == ListFilesOut(data=[], object="list", total=0)


def test_without_a_model_an_answer_is_nothing_or_its_bytes() -> None:
    assert decoded(Operation(method="DELETE", path="/x"), b"ignored") is None
    assert decoded(Operation(method="GET", path="/x", download=True), b"content") == b"content"


def test_an_answer_that_does_not_fit_is_kept_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    operation, sdk = chat(), engine(ScriptedWire())
    body = b'{"id":"secret","model":7,"choices":[{"index":"secret","message":null,"finish_reason":"new"}]}'

    with caplog.at_level(logging.WARNING, "mistral_async"):
        answers = [decoded(operation, body, with_engine=sdk) for _ in range(3)]
        decoded(chat(), body, with_engine=sdk)  # of another operation it is told again

    assert [answer.choices[0].finish_reason for answer in answers] == ["new"] * 3
    assert (answers[0].model, answers[0].usage) == (7, UNSET)
    assert len(caplog.records) == 2
    message = caplog.records[0].getMessage()
    assert "POST /v1/chat/completions" in message
    assert "$.model: a number where the model says str" in message
    assert "secret" not in message
    assert vars(caplog.records[0])["misfits"] == 3


def test_only_the_first_misfits_are_told(caplog: pytest.LogCaptureFixture) -> None:
    decoded(LIST_FILES, json.dumps({"data": [None] * 100, "object": "list"}).encode())

    (record,) = caplog.records
    assert record.getMessage().endswith(f"and {100 - SHOWN_MISFITS} more")


def test_what_fits_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    decoded(LIST_FILES, b'{"data":[],"object":"list"}')

    assert caplog.records == []


@pytest.mark.parametrize("body", [b"<html>no</html>", b"", b"[]", b"null", b'{"data":[]', b"\xff", b"[" * 99_999])
def test_an_answer_that_cannot_be_read_carries_what_came(body: bytes) -> None:
    with pytest.raises(ResponseDecodeError, match=r"the answer to POST .* cannot be read") as caught:
        decoded(LIST_FILES, body)

    error = caught.value
    assert (error.body, error.status, error.request_id) == (body, 200, "r-1")
    assert isinstance(error.__cause__, msgspec.DecodeError | RecursionError)


def test_strict_responses_raise_for_what_does_not_fit() -> None:
    strict = engine(ScriptedWire(), strict_responses=True)

    with pytest.raises(ResponseDecodeError, match=r"missing required field `object`") as caught:
        decoded(LIST_FILES, b'{"data":[]}', with_engine=strict)

    assert caught.value.body == b'{"data":[]}'
    assert decoded(LIST_FILES, b'{"data":[],"object":"list"}', with_engine=strict).data == []


def event_of(value: object, name: str | None = None, *, strict: bool = False) -> Any:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    decoded_event = engine(ScriptedWire(), strict_responses=strict).decode_event(
        chat(), a_request(repeatable=True), ServerEvent(data, name)
    )
    assert type(decoded_event) is CompletionEvent
    return decoded_event


def test_an_event_becomes_its_model() -> None:
    assert event_of(CHUNK).data.choices[0].delta.content == "hi"


def test_an_event_that_does_not_fit_is_kept_and_told(caplog: pytest.LogCaptureFixture) -> None:
    event = event_of({**CHUNK, "id": None})

    assert (event.data.id, event.data.model) == (None, "m")
    assert len(caplog.records) == 1


def test_strict_responses_refuse_an_event_that_does_not_fit() -> None:
    with pytest.raises(StreamError, match=r"an event of POST .* cannot be read: Expected `str`, got `null`"):
        event_of({**CHUNK, "id": None}, strict=True)


@pytest.mark.parametrize("strict", [True, False])
def test_an_error_event_is_an_error(strict: bool) -> None:
    body = {"object": "error", "message": "full", "type": "t", "code": 3505, "request_id": "r-1"}

    with pytest.raises(StreamError, match=r"reported an error in the stream of POST .*: full") as caught:
        event_of(body, strict=strict)

    assert (caught.value.code, caught.value.type, caught.value.request_id) == ("3505", "t", "r-1")
    assert caught.value.retry_safe


@pytest.mark.parametrize("data", [b"no json", b"[]", b"{", b"\xff"])
def test_an_event_that_cannot_be_read_is_an_error(data: bytes) -> None:
    with pytest.raises(StreamError, match=r"an event of POST .* cannot be read"):
        event_of(data)


def test_an_operation_without_events_has_none_to_decode() -> None:
    with pytest.raises(TypeError, match="GET /v1/files has no events"):
        engine(ScriptedWire()).decode_event(LIST_FILES, a_request(), ServerEvent(b"{}"))


async def test_closing_the_engine_closes_the_wire() -> None:
    wire = ScriptedWire()

    await engine(wire).aclose()

    assert not wire.open


def test_what_a_model_lacks_reads_as_unset() -> None:
    file = decoded(LIST_FILES, b'{"data":[{"id":"f"}]}').data[0]

    assert (type(file), file.id, file.bytes) == (FileSchema, "f", UNSET)
