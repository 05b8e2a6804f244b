"""Answers and events become models, strictly or leniently, or errors."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from msgspec import UNSET

from mistral_async.codec.answers import NotReadable
from mistral_async.codec.problem import ErrorEvent
from mistral_async.codec.sse import ServerEvent
from mistral_async.engine import SHOWN_MISFITS, Engine
from mistral_async.errors import ResponseDecodeError
from mistral_async.models.files import FileSchema, ListFilesOut
from mistral_async.models.shared import CompletionEvent
from mistral_async.operation import Events, Operation
from tests.fakes import ScriptedResponse, ScriptedWire, a_request, engine

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


def event_of(value: object, name: str | None = None, *, strict: bool = False) -> Any:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    decoded_event = engine(ScriptedWire(), strict_responses=strict).decode_event(chat(), ServerEvent(data, name))
    assert type(decoded_event) is CompletionEvent
    return decoded_event


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
    assert isinstance(error.__cause__, NotReadable)


def test_strict_responses_raise_for_what_does_not_fit() -> None:
    strict = engine(ScriptedWire(), strict_responses=True)

    with pytest.raises(ResponseDecodeError, match=r"missing required field `object`") as caught:
        decoded(LIST_FILES, b'{"data":[]}', with_engine=strict)

    assert caught.value.body == b'{"data":[]}'
    assert decoded(LIST_FILES, b'{"data":[],"object":"list"}', with_engine=strict).data == []


def test_an_event_becomes_its_model() -> None:
    assert event_of(CHUNK).data.choices[0].delta.content == "hi"


def test_an_event_that_does_not_fit_is_kept_and_told(caplog: pytest.LogCaptureFixture) -> None:
    event = event_of({**CHUNK, "id": None})

    assert (event.data.id, event.data.model) == (None, "m")
    assert len(caplog.records) == 1


def test_strict_responses_refuse_an_event_that_does_not_fit() -> None:
    with pytest.raises(NotReadable, match="Expected `str`, got `null`"):
        event_of({**CHUNK, "id": None}, strict=True)


@pytest.mark.parametrize("strict", [True, False])
def test_an_error_event_is_an_error(strict: bool) -> None:
    body = {"object": "error", "message": "full", "type": "t", "code": 3505, "request_id": "r-1"}

    with pytest.raises(ErrorEvent, match="full") as caught:
        event_of(body, strict=strict)

    problem = caught.value.problem
    assert (problem.code, problem.type, problem.request_id) == ("3505", "t", "r-1")


@pytest.mark.parametrize("data", [b"no json", b"[]", b"{", b"\xff"])
def test_an_event_that_cannot_be_read_is_an_error(data: bytes) -> None:
    with pytest.raises(NotReadable):
        event_of(data)


def test_an_operation_without_events_has_none_to_decode() -> None:
    with pytest.raises(TypeError, match="GET /v1/files has no events"):
        engine(ScriptedWire()).decode_event(LIST_FILES, ServerEvent(b"{}"))


def test_what_a_model_lacks_reads_as_unset() -> None:
    file = decoded(LIST_FILES, b'{"data":[{"id":"f"}]}').data[0]

    assert (type(file), file.id, file.bytes) == (FileSchema, "f", UNSET)
