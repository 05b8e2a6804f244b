"""What the generator does not support stops it, with the place and the problem in one line."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.errors import SpecError
from codegen.load import load
from codegen.normalise import normalise
from codegen.shapes import is_list, is_mapping
from tests.codegen.written import answering, asking, ref, written

HARD = load(Path(__file__).with_name("hard.yaml"))
OBJECT = {"type": "object", "properties": {"a": {"type": "string"}}}


def refused(spec: dict[str, Any]) -> str:
    with pytest.raises(SpecError) as caught:
        normalise(spec)
    return str(caught.value)


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "file"}, "the type 'file' is not supported"),
        ({"type": []}, "lists no type"),
        ({"type": {"a": 1}}, "is no list"),
        ({"type": "object", "patternProperties": {}}, "the schema keyword `patternProperties` is not supported"),
        ({"$dynamicRef": "#node"}, "the schema keyword `$dynamicRef` is not supported"),
        ({"$ref": "other.yaml#/A"}, "'other.yaml#/A' leads into another document, which is not supported"),
        ({"$ref": "#/components/schemas/Gone"}, "leads nowhere"),
        ({"$ref": "#/$defs/Gone"}, "leads nowhere"),
        ({"$ref": "#anchor"}, "'#anchor' leads nowhere"),
        ({"$ref": "#/components/schemas/A/properties/a"}, "leads to no named schema, which is not supported"),
        ({"$ref": 1}, "its $ref is no text"),
        ({"enum": []}, "lists no value"),
        ({"enum": "a"}, "is no list"),
        ("string", "is no object"),
        (False, "is no object"),
        ({"properties": []}, "is no object"),
        ({"type": "object", "properties": {"a": {}}, "required": True}, "is no list"),
        ({"type": "string", "pattern": 1}, "is no text"),
        ({"type": "string", "minLength": "1"}, "is no number"),
        ({"oneOf": [{"type": "string"}], "discriminator": {}}, "has no `propertyName`"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "`allOf` of 'string' and 'integer' is not supported"),
        ({"allOf": [OBJECT, {"anyOf": [{"type": "string"}, {"type": "null"}]}]}, "`allOf` of 'object' and a union"),
        ({"properties": {'"': {}}}, "a field named '\"' is not supported"),
    ],
)  # fmt: skip
def test_a_schema(schema: Any, problem: str) -> None:
    message = refused(answering({"anyOf": [schema, {"type": "null"}]}, A=OBJECT))

    assert problem in message
    assert message.startswith(("paths./v1/it.get.responses.200", "components.schemas.GetItResponse"))


def test_all_of_that_contains_itself() -> None:
    assert "leads back to itself" in refused(answering(ref("A"), A={"allOf": [ref("A"), OBJECT]}))


@pytest.mark.parametrize(
    ("parameter", "problem"),
    [
        ({"in": "query"}, "is a parameter without `name` or `in`"),
        ({"name": "a", "in": "body"}, "a parameter in 'body' is not supported"),
        ({"name": "a", "in": "cookie", "required": True}, "a cookie that must be sent is not supported"),
        ({"name": "a", "in": "query", "style": "deepObject"}, "the style 'deepObject' is not supported"),
        ({"name": "a", "in": "query", "explode": False, "schema": {"type": ["array", "null"]}}, "`explode: false`"),
        ({"name": "a", "in": "query", "explode": False, "schema": {"anyOf": [ref("List")]}}, "`explode: false`"),
        ({"name": "a", "in": "query", "schema": 1}, "is no object"),
        ({"$ref": "#/components/parameters/gone"}, "leads nowhere"),
        ({"$ref": "#/components/parameters/a"}, "leads back to itself"),
        ({"$ref": "parameters.yaml"}, "leads into another document"),
    ],
)
def test_a_parameter(parameter: dict[str, Any], problem: str) -> None:
    spec = answering({}, List={"type": "array"})
    spec["paths"]["/v1/it"]["get"]["parameters"] = [parameter]
    spec["components"]["parameters"] = {"a": {"$ref": "#/components/parameters/a"}}

    message = refused(spec)

    assert message.startswith("paths./v1/it.get.parameters.0")
    assert problem in message


def test_a_list_of_one_value_needs_no_exploding() -> None:
    spec = answering({})
    spec["paths"]["/v1/it"]["get"]["parameters"] = [
        {"name": "a", "in": "query", "explode": False, "schema": {"type": "string"}}
    ]

    assert normalise(spec).operations[0].query == "GetItQuery"


@pytest.mark.parametrize("media", ["application/xml", "application/x-www-form-urlencoded", "text/plain"])
def test_a_body_of_another_media_type(media: str) -> None:
    spec = asking({})
    spec["paths"]["/v1/it"]["post"]["requestBody"]["content"] = {media: {}}

    assert f"a body of {media} is not supported" in refused(spec)


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "string"}, "a multipart body that is no object is not supported"),
        (
            {"properties": {"f": {"type": "array", "items": {"type": "string", "format": "binary"}}}},
            "several files under one name are not supported",
        ),
    ],
)
def test_a_form(schema: Any, problem: str) -> None:
    spec = asking({})
    spec["paths"]["/v1/it"]["post"]["requestBody"]["content"] = {"multipart/form-data": {"schema": schema}}

    assert problem in refused(spec)


def get(**changes: Any) -> dict[str, Any]:
    return {"get": {"responses": {"200": {"description": ""}}, **changes}}


EVENTS: Any = {"200": {"description": "", "content": {"text/event-stream": {"schema": {"properties": {"data": {}}}}}}}


@pytest.mark.parametrize(
    ("paths", "problem"),
    [
        ({"v1/a": get()}, "paths.v1/a: does not begin with a slash"),
        ({"/v1/{a}.txt": get()}, "is only in part a parameter"),
        ({"/v1/a": get(), "/v1/a#b": get()}, "are one place to a server"),
        ({"/v1/{a}": get(), "/v1/{b}": get()}, "are one place to a server"),
        ({"/v1/a": None}, "paths./v1/a: is no object"),
        ({"/v1/a": get(responses=EVENTS, **{"x-mistral-events": {"flag": "go"}})}, "the body has no field 'go'"),
        ({"/v1/a": get(**{"x-mistral-events": {"event": "#/components/schemas/Gone"}})}, "leads nowhere"),
        ({"/v1/a": get(**{"x-mistral-pages": {"by": "x"}})}, "`by` is none of page, offset, cursor"),
        ({"/v1/a": get(**{"x-mistral-pages": {"by": "page"}})}, "`items` and `parameter` are needed"),
        ({"/v1/a": get(**{"x-mistral-pages": {"by": "page", "items": "a"}})}, "the answer has no field 'a'"),
        ({"/v1/a": get(**{"x-mistral-pages": {"by": "page", "parameter": "a"}})}, "there is no query parameter 'a'"),
        ({"/v1/a": get(**{"x-mistral-pages": {"by": "page", "first": "a"}})}, "`first` is no whole number"),
        ({"/v1/a": get(**{"x-mistral-pages": {"by": "page", "parameter": ["a"]}})}, "there is no query parameter"),
        ({"/v1/a": get(**{"x-mistral-pages": {"pages": 1}})}, "'pages' is not known"),
    ],
)
def test_an_operation(paths: dict[str, Any], problem: str) -> None:
    assert problem in refused(written(paths, {}))


def test_a_parameter_that_cannot_be_named_apart() -> None:
    spec = asking({"properties": {"a": {}, "a_query": {}}})
    spec["paths"]["/v1/it"]["post"]["parameters"] = [{"name": "a", "in": "query", "schema": {}}]

    assert "paths./v1/it.post: the parameter 'a' has the name of a field" in refused(spec)


def test_an_error_is_one_line_that_begins_with_the_place() -> None:
    assert str(SpecError("paths./a", "is\n  broken")) == "paths./a: is broken"


# The law: whatever stands at any place of a document, the answer is a document or a SpecError.

STRANGE: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**40, math.inf, "", "x", "object", [], ["a"], [1], [None], {}),
    {"type": "string"}, {"type": ["array", "null"], "items": {}}, {"type": "object"}, {"nullable": True},
    {"enum": [1, "a", None, True]}, {"const": 3}, {"const": {}}, {"anyOf": []}, {"allOf": []},
    {"$ref": "#/nowhere"}, *map(ref, ("Pet", "Json", "Filter", "Talk", "Cat")),
    {"anyOf": [ref("Json"), ref("Pet")]}, {"allOf": [ref("Pet"), ref("Zoo")]}, {"allOf": [ref("Talk"), ref("Zoo")]},
    {"type": "array", "items": ref("Talk")}, {"type": "object", "additionalProperties": ref("Json")},
]  # fmt: skip


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    inside: Iterable[tuple[str | int, Any]] = ()
    if is_mapping(value):
        inside = value.items()
    elif is_list(value):
        inside = enumerate(value)
    for key, item in inside:
        yield from places(item, (*path, key))


PLACES = list(places(HARD))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(STRANGE)), min_size=1, max_size=3), st.randoms())
def test_no_document_makes_a_traceback(changes: list[tuple[tuple[str | int, ...], Any]], chance: random.Random) -> None:
    spec: Any = copy.deepcopy(HARD)
    for path, value in changes:
        holder = spec
        try:
            for key in path[:-1]:
                holder = holder[key]
            if chance.random() < 0.2:
                del holder[path[-1]]
            else:
                holder[path[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away

    try:
        document = normalise(spec)
    except SpecError as exc:
        error = exc
    else:
        assert document.modules.keys() == document.schemas.keys() == document.requests | document.answers
        return
    assert error.place
    assert "\n" not in str(error)
