"""Operations become requests, and statuses become errors."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async import errors
from mistral_async.engine import Options
from mistral_async.errors import APIError, ConnectionLost, error_for
from mistral_async.http import Request
from mistral_async.operation import Events, Operation
from mistral_async.settings import Timeout
from mistral_async.transport.held import ERROR_LIMIT
from tests.fakes import FOREVER, ScriptedResponse, ScriptedWire, a_request, engine

LIST_FILES = Operation(method="GET", path="/v1/files", query="files.ListFilesQuery", answer="files.ListFilesOut")


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

    assert response.received <= max(ERROR_LIMIT, chunk)
    assert len(caught.value.body) == ERROR_LIMIT
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


async def test_closing_the_engine_closes_the_wire() -> None:
    wire = ScriptedWire()

    await engine(wire).aclose()

    assert not wire.open
