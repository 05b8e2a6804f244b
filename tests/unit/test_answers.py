"""What can be read of an answer, and what cannot: its outermost shape has to be right."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.codec.answers import AnswerDecoder, NotReadable
from mistral_async.codec.lenient import Misfit
from mistral_async.model import UnknownVariant
from tests.samples import Answer, Chunk, Message, Text, Tree, Usage

DECODER: AnswerDecoder[Answer] = AnswerDecoder(Answer)


@pytest.mark.parametrize(
    ("answer_type", "value", "message"),
    [
        (Answer, [], "an array where the model says Answer"),
        (Answer, "text", "a text where the model says Answer"),
        (Answer, None, "null where the model says Answer"),
        (Answer, 5, "a number where the model says Answer"),
        (list[Message], {}, "an object where the model says list"),
        (list[Message], None, "null where the model says list"),
        (dict[str, Message], [], "an array where the model says dict"),
        (Chunk, [], "an array where the model says Text or Image or Group"),
        (list[int] | str, {"a": 1}, "an object where the model has none"),
        (list[int] | str, True, "a boolean where the model says list or str"),
        (str, 1.5, "a number where the model says str"),
    ],
)
def test_another_outermost_shape_cannot_be_read(answer_type: Any, value: object, message: str) -> None:
    with pytest.raises(NotReadable) as caught:
        AnswerDecoder(answer_type).leniently(json.dumps(value).encode())

    assert message == str(caught.value)


RIGHT_OUTSIDE: list[tuple[Any, Any, Any]] = [
    (list[Usage], [{"tokens": "x"}, 5], [Usage(tokens="x"), 5]),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    (dict[str, Usage], {"a": {"tokens": 1}, "b": None}, {"a": Usage(tokens=1), "b": None}),
    (Chunk, {"type": "new", "x": 1}, UnknownVariant(type="new", x=1)),
    (dict[str, int] | str, {"b": "x"}, {"b": "x"}),
    (int | float, 3, 3),
    (list[int] | str, ["x", 1], ["x", 1]),
    (Any, [1, {}], [1, {}]),
    (str | None, None, None),
]


@pytest.mark.parametrize(("answer_type", "value", "expected"), RIGHT_OUTSIDE)
def test_a_right_outermost_shape_is_enough(answer_type: Any, value: object, expected: object) -> None:
    answer, _ = AnswerDecoder[Any](answer_type).leniently(json.dumps(value).encode())

    assert answer == expected


def test_a_single_model_of_another_tag_keeps_its_fields_and_says_so() -> None:
    answer, misfits = AnswerDecoder[Text](Text).leniently(b'{"type":"image","text":"x"}')

    assert answer == Text(text="x")
    assert misfits == [Misfit("$.type", "another value than 'text'")]


@pytest.mark.parametrize("data", [b"", b"<html>", b'{"messages":', b"\xff", b'"\xff"', b"[" * 100_000, b"{}{}"])
def test_what_is_no_json_cannot_be_read(data: bytes) -> None:
    with pytest.raises(NotReadable, match="JSON"):
        DECODER.leniently(data)


def test_json_of_any_depth_is_read_or_refused() -> None:
    decoder: AnswerDecoder[Tree] = AnswerDecoder(Tree)
    for depth in (10, 100, 200, 300, 400, 600, 800, 950, 1500):
        data = b'{"name":7,"left":' * depth + b"null" + b"}" * depth
        try:
            tree, _ = decoder.leniently(data)
        except NotReadable as exc:
            assert "deeper" in str(exc)  # noqa: PT017  # either is right
            assert depth > 100
        else:
            assert tree.name == 7  # type: ignore[comparison-overlap]


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        DECODER.leniently(data)
    except NotReadable as exc:
        assert str(exc)  # noqa: PT017  # either is right
