"""From the arguments of a call to its body."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest
from msgspec import UNSET

from mistral_async.codec.requests import RequestEncoder
from mistral_async.model import UnknownVariant
from mistral_async.models.chat import ChatCompletionRequest
from mistral_async.models.shared import AssistantMessage, FunctionCall, TextChunk, ToolCall, UserMessage
from tests.encoding import CHAT, GET, INSTRUCT, LIST, MESSAGES, ODD, UPLOAD, body_of, encode, refusal


def test_fields_become_a_body_and_what_is_unset_is_not_sent() -> None:
    encoded = encode(CHAT, model="m", messages=[UserMessage(content="hi")], temperature=None, top_p=UNSET)

    assert body_of(encoded) == {"model": "m", "messages": MESSAGES, "temperature": None}
    assert (encoded.query, encoded.headers) == ("", {})


@pytest.mark.parametrize(
    "request_body",
    [
        ChatCompletionRequest(model="m", messages=[UserMessage(content="hi")]),
        {"model": "m", "messages": MESSAGES},
        {"model": "m", "messages": [UserMessage(content="hi")]},
        {"model": "m", "messages": (UserMessage(content="hi"),)},
    ],
)
def test_a_whole_request_and_a_plain_dict_are_the_same(request_body: object) -> None:
    assert body_of(encode(CHAT, request_body)) == {"model": "m", "messages": MESSAGES}


def test_a_whole_request_and_fields_besides_are_refused() -> None:
    with pytest.raises(TypeError, match=r"a whole request or its fields \(temperature\), not both"):
        encode(CHAT, ChatCompletionRequest(model="m", messages=[]), temperature=1)


@pytest.mark.parametrize("given", [UNSET, True, False])
def test_how_a_call_is_used_decides_whether_it_streams(given: Any) -> None:
    whole = ChatCompletionRequest(model="m", messages=[], stream=given)
    fields: dict[str, Any] = {"model": "m", "messages": [], "stream": given}
    plain = {name: value for name, value in fields.items() if value is not UNSET}

    for streamed, expected in ((True, {"stream": True}), (False, {})):
        for encoded in (
            encode(CHAT, whole, stream=streamed),
            encode(CHAT, plain, stream=streamed),
            RequestEncoder(CHAT).encode(None, fields, stream=streamed),
        ):
            assert body_of(encoded) == {"model": "m", "messages": [], **expected}
    assert whole.stream is fields["stream"] is given  # the caller's own are not changed


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"model": "m"}, "messages", "missing required field `messages`"),
        ({"model": "m", "messages": [], "temprature": 1}, "temprature", "'temprature'; did you mean 'temperature'?"),
        ({"model": "m", "messages": [], "temperature": 2}, "temperature", "temperature: Expected `float` <= 1.5"),
        ({"model": "m", "messages": [{"role": "usr"}]}, "messages[0].role", "Invalid value 'usr'"),
        ({"model": "m", "messages": [UserMessage(content=5)]}, "messages[0].content", "got `int`"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        ({"model": "m", "messages": [object()]}, None, "cannot be sent as JSON: objects of type object"),
        ({"model": "m", "messages": [{"role": "user", "content": UNSET}]}, None, "cannot be sent as JSON"),
        ({"model": "\ud800", "messages": []}, None, "surrogates not allowed"),
        ({"model": "m", "messages": [], "metadata": {1.5: {2: set}}}, None, "cannot be sent as JSON"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(fields: dict[str, Any], field: str | None, message: str) -> None:
    error = refusal(CHAT, **fields)

    assert error.field == field
    assert message in str(error)


def test_a_body_that_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)

    assert "cannot be sent as JSON" in str(refusal(CHAT, model="m", messages=loop))
    assert "cannot be sent as JSON" in str(refusal(CHAT, {"model": "m", "messages": loop}, validate=False))


def test_without_validation_anything_is_sent() -> None:
    assert body_of(encode(CHAT, modle="m", validate=False)) == {"modle": "m"}
    assert encode(GET, x=1, validate=False).query == "x=1"
    assert encode(LIST, page="x", validate=False).query == "page=x"


def test_extra_fields_are_sent_unchecked_and_win_but_for_the_flag() -> None:
    extra = {"brand_new": {"a": 1}, "model": 5, "stream": True}

    encoded = encode(CHAT, ChatCompletionRequest(model="m", messages=[UserMessage(content="hi")]), extra_body=extra)

    assert body_of(encoded) == {"model": 5, "messages": MESSAGES, "brand_new": {"a": 1}}
    assert body_of(encode(CHAT, model="m", messages=[], stream=True, extra_body=extra))["stream"] is True


def test_extra_fields_make_a_body_where_an_operation_has_none() -> None:
    assert body_of(encode(GET, extra_body={"a": 1})) == {"a": 1}
    assert body_of(encode(ODD, extra_body={"a": 1})) == {"a": 1}
    assert "cannot be sent as JSON" in str(refusal(CHAT, model="m", messages=[], extra_body={"a": object()}))


def test_a_body_that_is_not_needed_and_not_given_is_not_sent() -> None:
    assert encode(ODD).body is None
    assert encode(GET).body is None
    assert encode(CHAT, {"model": "m", "messages": []}).body is not None
    assert "missing required field" in str(refusal(CHAT))


def test_a_variant_from_a_newer_answer_goes_back_unchanged() -> None:
    variant = UnknownVariant(type="hologram", data=[1])
    message: Any = AssistantMessage(content=[TextChunk(text="x"), variant])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]

    sent_message = body_of(encode(CHAT, model="m", messages=[message]))["messages"][0]

    assert sent_message["content"] == [{"type": "text", "text": "x"}, variant]
    # The rest is checked all the same.
    assert refusal(CHAT, model="m", messages=[message], temperature=9).field == "temperature"
    assert refusal(CHAT, model=variant, messages=[message, {"role": "user"}]).field is not None


def test_an_answer_that_becomes_history_leaves_behind_what_only_answers_have() -> None:
    tool_call = ToolCall(id="t", function=FunctionCall(name="f", arguments="{}"), index=0)
    message = AssistantMessage(content=None, tool_calls=[tool_call])

    body = body_of(encode(CHAT, model="m", messages=[message]))

    assert body["messages"][0]["tool_calls"] == [{"id": "t", "function": {"name": "f", "arguments": "{}"}}]
    assert tool_call.index == 0


def test_what_the_caller_calls_like_a_field_of_answers_is_sent() -> None:
    body = body_of(encode(CHAT, model="m", messages=[{"role": "user", "content": '"index"'}], metadata={"index": 1}))

    assert (body["messages"][0]["content"], body["metadata"]) == ('"index"', {"index": 1})


def test_a_body_that_is_no_object_is_sent_as_it_is() -> None:
    assert body_of(encode(INSTRUCT, [{"messages": MESSAGES}])) == [{"messages": MESSAGES}]
    assert refusal(INSTRUCT, [{"messages": [{"role": "user"}]}]).field == "[0].messages[0].content"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_does_not_have_is_refused(number: float) -> None:
    assert refusal(CHAT, model="m", messages=MESSAGES, temperature=number, stop=None).field == "temperature"
    message = {"role": "user", "content": "hi"}
    error = refusal(CHAT, model="m", messages=[message], metadata={"a": [1.0, number]}, stop=None)
    assert error.field == "metadata.a[1]"


def test_a_refusal_says_which_operation_was_meant() -> None:
    error = refusal(CHAT, model="m")

    assert (error.method, error.path) == ("POST", "/v1/chat/completions")


def test_any_mapping_and_any_sequence_are_sent() -> None:
    body = body_of(encode(CHAT, model="m", messages=deque(MESSAGES), metadata=MappingProxyType({"a": deque([1])})))

    assert (body["messages"], body["metadata"]) == (MESSAGES, {"a": [1]})


def test_a_number_that_json_does_not_have_is_refused_wherever_it_hides() -> None:
    for hidden in ({float("nan")}, Hidden(float("inf"))):
        assert refusal(CHAT, model="m", messages=MESSAGES, metadata={"a": hidden}).field
    assert refusal(UPLOAD, file=b"x", extra_body={"a": float("nan")}).field == "a"


@dataclass
class Hidden:
    number: float


def test_the_field_is_named_whatever_is_wrong_with_it() -> None:
    assert refusal(CHAT, model="m", messages=[{"content": "x"}]).field == "messages[0].role"
    assert refusal(CHAT, model="m", messages=MESSAGES, max_completion_tokens=5).field == "max_completion_tokens"


def test_the_name_that_was_meant_is_the_one_of_the_same_words() -> None:
    error = refusal(CHAT, model="m", messages=MESSAGES, max_completion_tokens=5)

    assert "did you mean 'max_tokens'?" in str(error)
