"""The laws of leniency, for every answer of the API: nothing raises, and everything that fits is kept."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from mistral_async.codec.answers import AnswerDecoder
from mistral_async.codec.load import model
from mistral_async.codec.shapes import is_array, is_object
from mistral_async.resources.operations import OPERATIONS
from tests.keeping import lost
from tests.openapi_check import check_answer
from tests.sdk.examples import answer_schemas, example

Place = tuple[str | int, ...]


@functools.cache
def decoder(operation: str) -> AnswerDecoder[Any]:
    name, _, event = operation.partition(" (event)")
    found = next(each for each in OPERATIONS if str(each) == name)
    if event or operation.endswith("(event)"):
        assert found.events is not None
        return AnswerDecoder(model(found.events.type))
    assert found.answer is not None
    return AnswerDecoder(model(found.answer))


SCHEMAS = answer_schemas()
EXAMPLES = {operation: example(schema) for operation, schema in SCHEMAS.items()}


def places(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every value inside a JSON value, with the way to it."""
    yield place, value
    children: list[tuple[str | int, Any]] = []
    if is_object(value):
        children = list(value.items())
    elif is_array(value):
        children = list(enumerate(value))
    for step, child in children:
        yield from places(child, (*place, step))


def changed(value: Any, place: Place, change: Callable[[Any, str | int], None]) -> Any:
    """A copy in which what stands at a place was changed: copied along the way there, shared elsewhere."""
    result = copy.copy(value)
    parent = result
    for step in place[:-1]:
        parent[step] = copy.copy(parent[step])
        parent = parent[step]
    change(parent, place[-1])
    return result


def replaced_by(new: Any) -> Callable[[Any, str | int], None]:
    def change(parent: Any, step: str | int) -> None:
        parent[step] = new

    return change


def removed(parent: Any, step: str | int) -> None:
    del parent[step]


def decode(operation: str, value: Any) -> Any:
    """As the engine does: strictly, else leniently."""
    data = msgspec.json.encode(value)
    try:
        return decoder(operation).strictly(data)
    except msgspec.ValidationError:
        return decoder(operation).leniently(data)[0]


@pytest.mark.parametrize("operation", EXAMPLES)
def test_an_answer_as_specified_is_decoded_strictly_and_whole(operation: str) -> None:
    value = EXAMPLES[operation]
    if "(event)" not in operation:
        method, _, path = operation.partition(" ")
        check_answer(method, path, "application/json", json.dumps(value).encode())

    decoded = decoder(operation).strictly(msgspec.json.encode(value))

    assert lost(decoded, value) == []


@pytest.mark.parametrize("operation", EXAMPLES)
def test_an_extra_field_anywhere_does_no_harm(operation: str) -> None:
    value = EXAMPLES[operation]
    objects = [place for place, inside in places(value) if isinstance(inside, dict)]
    for place in objects:
        extended = changed({"root": value}, ("root", *place, "brand_new"), replaced_by({"nested": [1]}))["root"]
        assert lost(decode(operation, extended), extended) == [], place


@pytest.mark.parametrize("operation", EXAMPLES)
def test_a_missing_field_takes_nothing_else_with_it(operation: str) -> None:
    value = EXAMPLES[operation]
    fields = [place for place, _ in places(value) if place and isinstance(place[-1], str)]
    for place in fields:
        lacking = changed(value, place, removed)
        assert lost(decode(operation, lacking), lacking) == [], place


@pytest.mark.parametrize("operation", EXAMPLES)
def test_null_where_a_list_should_be_is_kept_as_null(operation: str) -> None:
    value = EXAMPLES[operation]
    lists = [place for place, inside in places(value) if place and isinstance(inside, list)]
    for place in lists:
        nulled = changed(value, place, replaced_by(None))
        assert lost(decode(operation, nulled), nulled) == [], place


@pytest.mark.parametrize("operation", EXAMPLES)
def test_an_unknown_value_is_kept_as_its_text(operation: str) -> None:
    value = EXAMPLES[operation]
    texts = [place for place, inside in places(value) if place and isinstance(inside, str)]
    for place in texts:
        unknown = changed(value, place, replaced_by("nobody-knows-this"))
        assert lost(decode(operation, unknown), unknown) == [], place


@pytest.mark.parametrize("operation", EXAMPLES)
def test_whatever_stands_anywhere_nothing_raises_and_the_rest_is_kept(operation: str) -> None:
    value = EXAMPLES[operation]
    for odd in (None, True, 7, "text", [], {}, [{"a": 1}], {"type": "hologram", "x": [1, 2]}):
        for place, _ in places(value):
            if place:
                strange = changed(value, place, replaced_by(odd))
                assert lost(decode(operation, strange), strange) == [], (place, odd)
