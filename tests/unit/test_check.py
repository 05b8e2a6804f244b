"""Requests are checked with twins of the models, and refused in words."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Meta

from mistral_async.codec.check import models_in, strict_type
from mistral_async.codec.complaint import complain
from tests.samples import FULL, Answer, Ask, Branch, Call, Chunk, Group, Image, Message, Text, Tree, Usage

GOOD: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def refusal(annotation: Any, value: object) -> tuple[str, str]:
    """Where and what is wrong with a value, which has to be refused."""
    twin = strict_type(annotation)
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(msgspec.json.encode(value), type=twin)
    found = complain(caught.value, twin)
    return found.place, found.what


FITTING: list[tuple[Any, Any]] = [
    (Answer, FULL),
    (Ask, GOOD),
    (Ask, {**GOOD, "effort": "an enum lists no such thing", "temperature": 1, "from": 4, "labels": {"a": "b"}}),
    (Tree, {"name": "a", "left": {"name": "b", "left": None}, "branches": [{"tree": {"name": "c"}}]}),
    (Chunk, {"type": "group", "members": [{"type": "text", "text": "x"}]}),
    (list[Tree], [{"name": "a"}]),
    (dict[str, Chunk], {"a": {"type": "text", "text": "x"}}),
    (Tree | None, None),
    (list[Branch] | str, [{"tree": {"name": "a", "branches": []}, "weight": 1}]),
    (Annotated[list[Text], Meta(max_length=1)], [{"type": "text", "text": "x"}]),
    (Any, {"anything": 1}),
    (str, "text"),
]


@pytest.mark.parametrize(("annotation", "value"), FITTING)
def test_what_fits_a_model_fits_its_twin(annotation: Any, value: object) -> None:
    msgspec.json.decode(msgspec.json.encode(value), type=strict_type(annotation))


@pytest.mark.parametrize(
    ("annotation", "value", "where"),
    [
        (Ask, {**GOOD, "modle": "m"}, ""),
        (Ask, {"model": "m", "messages": [{"role": "user", "contnet": "hi"}]}, "messages[0]"),
        (Tree, {"name": "a", "left": {"name": "b", "left": {"name": "c", "nmae": "d"}}}, "left.left"),
        (Tree, {"name": "a", "branches": [{"tree": {"name": "c"}}, {"tree": {"nam": "c"}}]}, "branches[1].tree"),
        (Chunk, {"type": "group", "members": [{"type": "text", "text": "x", "texts": "y"}]}, "members[0]"),
        (list[Tree], [{"name": "a"}, {"name": "b", "nmae": ""}], "[1]"),
        (dict[str, Usage], {"a": {"tokens": 1, "token": 2}}, "[...]"),
        (Tree | None, {"name": "a", "lefft": None}, ""),
        (Annotated[list[Text], Meta(max_length=1)], [{"type": "text", "text": "x", "y": 1}], "[0]"),
    ],
)
def test_a_twin_refuses_unknown_fields_at_any_depth(annotation: Any, value: object, where: str) -> None:
    place, what = refusal(annotation, value)

    assert place == where
    assert what.startswith("there is no field '") or "missing required field" in what


@pytest.mark.parametrize(
    ("value", "where", "what"),
    [
        ({**GOOD, "temprature": 1}, "", "there is no field 'temprature'; did you mean 'temperature'?"),
        ({**GOOD, "from_": 1}, "", "there is no field 'from_'; did you mean 'from'?"),
        ({**GOOD, "zzz": 1}, "", "there is no field 'zzz'"),
        (
            {**GOOD, "messages": [{"role": "u", "calls": [{"name": "f", "arguments": "", "indx": 1}]}]},
            "messages[0].calls[0]",
            "there is no field 'indx'; did you mean 'index'?",
        ),
        (
            {**GOOD, "messages": [{"role": "u", "content": [{"type": "image", "url": "u", "detial": ""}]}]},
            "messages[0].content[0]",
            "there is no field 'detial'; did you mean 'detail'?",
        ),
        ({**GOOD, "tree": {"name": "a", "left": {"name": "b", "nam": 1}}}, "tree.left", "there is no field 'nam'; "
         "did you mean 'name'?"),
        ({"model": "m"}, "", "Object missing required field `messages`"),
        ({**GOOD, "messages": []}, "messages", "Expected `array` of length >= 1"),
        ({**GOOD, "temperature": 2}, "temperature", "Expected `float` <= 1.5"),
        ({**GOOD, "temperature": "hot"}, "temperature", "Expected `float | null`, got `str`"),
        ({**GOOD, "labels": {"a": "too long"}}, "labels[...]", "Expected `str` of length <= 5"),
        ({**GOOD, "from": 1.5}, "from", "Expected `int`, got `float`"),
        ({**GOOD, "messages": [{"role": "u", "content": [{"type": "new"}]}]}, "messages[0].content[0].type",
         "Invalid value 'new'"),
        ([], "", "Expected `object`, got `array`"),
    ],
)  # fmt: skip
def test_a_refusal_says_where_and_what_is_wrong(value: object, where: str, what: str) -> None:
    assert refusal(Ask, value) == (where, what)


def test_a_key_of_a_map_that_is_wrong_is_told_apart_from_its_value() -> None:
    counts = dict[Annotated[str, Meta(max_length=2)], int]

    assert refusal(counts, {"long": 1}) == ("", "a key: Expected `str` of length <= 2")
    assert refusal(list[counts], [{}, {"long": 1}]) == ("[1]", "a key: Expected `str` of length <= 2")
    assert refusal(list[counts], [{}, {"ok": "x"}]) == ("[1][...]", "Expected `int`, got `str`")


def test_a_name_that_is_near_in_a_described_model_is_found() -> None:
    described = Annotated[list[Usage], Meta(description="a list")]

    assert refusal(described, [{"tokens": 1, "coost": 2}])[1] == "there is no field 'coost'; did you mean 'cost'?"


def test_a_name_that_is_near_in_a_map_of_models_is_found() -> None:
    assert refusal(dict[str, Usage], {"a": {"tokens": 1, "coost": 2}}) == (
        "[...]",
        "there is no field 'coost'; did you mean 'cost'?",
    )


@given(st.text(min_size=1).filter(lambda name: name not in msgspec.json.schema(Ask)["$defs"]["Ask"]["properties"]))
@example("modle")
@example("$.x`")
@example("...")
@example("a\nb")
def test_no_misspelt_field_passes(name: str) -> None:
    where, what = refusal(Ask, {**GOOD, name: 1})

    assert where == ""
    assert what.startswith(f"there is no field {name!r}")


def test_limits_hold_inside_twins() -> None:
    tree = {"name": "a", "branches": [{"tree": {"name": "b", "branches": [{"tree": {"name": "c"}, "weight": 1.1}]}}]}

    assert refusal(Tree, tree) == ("branches[0].tree.branches[0].weight", "Expected `float` <= 1.0")


def test_twins_are_made_once() -> None:
    assert strict_type(Ask) is strict_type(Ask)
    assert strict_type(str) is str


def test_all_models_that_a_value_may_hold_are_found() -> None:
    assert models_in(Ask) == {Ask, Message, Text, Image, Group, Call, Tree, Branch}
    assert models_in(list[Chunk] | None) == {Text, Image, Group}
    assert models_in(None) == models_in(str) == set()
