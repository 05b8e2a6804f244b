"""Checks that know some of the fields first, and all of them once others are given."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest

from mistral_async.codec.body_check import check_like, whole_check
from mistral_async.codec.check import models_in, strict_type
from mistral_async.codec.requests import RequestEncoder
from mistral_async.errors import RequestValidationError
from mistral_async.model import UnknownVariant
from mistral_async.models.chat import ChatCompletionRequest
from mistral_async.models.shared import AssistantMessage, FunctionCall, Tool, ToolCall, UserMessage
from tests.encoding import CHAT, MESSAGES
from tests.samples import Ask, Branch, Tree

HISTORY = [AssistantMessage(tool_calls=[ToolCall(id="i", index=1, function=FunctionCall(name="f", arguments="{}"))])]
BODIES: list[Any] = [
    {"model": "m", "messages": MESSAGES},
    {"model": "m", "messages": MESSAGES, "temperature": 0.5},
    {"model": "m", "messages": MESSAGES, "temperature": 7},
    {"model": "m", "messages": MESSAGES, "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
    {"model": "m", "messages": MESSAGES, "tools": [{"type": "function", "function": {}}]},
    {"model": "m", "messages": MESSAGES, "tools": [UnknownVariant(type="newer")]},
    {"model": "m", "messages": HISTORY},
    {"model": "m", "messages": [{"role": "user", "content": "hi", "colour": "red"}]},
    {"model": "m", "messages": MESSAGES, "temprature": 0.5},
    {"messages": MESSAGES},
    {},
    [],
    None,
    ChatCompletionRequest(model="m", messages=[UserMessage(content="hi")], n=2),
    ChatCompletionRequest(model="m", messages=[*HISTORY], n=0),
]


def outcome(encoder: RequestEncoder, body: Any, *, stream: bool = False, validate: bool = True) -> Any:
    try:
        return encoder.encode(body, None, stream=stream, validate=validate)
    except RequestValidationError as exc:
        return str(exc), exc.field


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("validate", [False, True])
def test_what_came_before_changes_nothing_for_a_body(stream: bool, validate: bool) -> None:
    for before, body in itertools.product(BODIES, repeat=2):
        encoder = RequestEncoder(CHAT)
        outcome(encoder, before)

        assert outcome(encoder, body, stream=stream, validate=validate) == outcome(
            RequestEncoder(CHAT), body, stream=stream, validate=validate
        )


@pytest.mark.parametrize("body", BODIES[:-2])
def test_some_fields_accept_nothing_that_all_would_refuse(body: Any) -> None:
    whole, encoded = whole_check(ChatCompletionRequest), msgspec.json.encode(body)
    for like in BODIES:
        try:
            check_like(ChatCompletionRequest, like).decode(encoded)
        except msgspec.ValidationError:
            continue
        whole.decode(encoded)


def test_models_of_fields_that_are_not_given_wait_until_they_are() -> None:
    given = frozenset({"model", "messages"})

    assert Tool in models_in(ChatCompletionRequest)
    assert Tool not in models_in(ChatCompletionRequest, given)
    assert UserMessage in models_in(ChatCompletionRequest, given)
    assert {Tree, Branch} & models_in(Ask, frozenset({"from"})) == set()


def test_what_a_model_must_have_is_always_known() -> None:
    with pytest.raises(msgspec.ValidationError, match="missing required field `model`"):
        msgspec.json.decode(b"{}", type=strict_type(Ask, frozenset()))


def test_a_model_that_holds_itself_is_known_by_what_is_given_of_its_root() -> None:
    some = strict_type(Tree, frozenset({"name", "left"}))

    msgspec.json.decode(b'{"name": "a", "left": {"name": "b"}}', type=some)
    with pytest.raises(msgspec.ValidationError, match="unknown field `branches`"):
        msgspec.json.decode(b'{"name": "a", "left": {"name": "b", "branches": []}}', type=some)


@pytest.mark.parametrize("body", [list[int], int | None])
def test_what_is_no_model_is_known_whole(body: Any) -> None:
    assert check_like(body, [1]).whole
