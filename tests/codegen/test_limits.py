"""Limits hold for what is sent, defaults for what comes back."""

from __future__ import annotations

import pytest

from codegen.document import Document, Schema
from codegen.normalise import normalise
from tests.codegen.written import asking, fields, hard, only


@pytest.fixture(scope="module")
def document() -> Document:
    return hard()


def test_limits_hold_for_requests_in_a_form_that_msgspec_takes(document: Document) -> None:
    limits = fields(document, "SearchBodyLimits")

    assert limits["old"] == {"type": "number", "exclusiveMinimum": 0}
    assert limits["step"] == {"type": "number"}
    assert limits["whole"] == {"type": "integer", "minimum": 1, "multipleOf": 2}
    assert limits["script"] == {"type": "string"}
    assert limits["unique"] == {"type": "array", "items": {"type": "string"}, "minItems": 1}
    assert limits["map"]["minProperties"] == 1
    assert limits["mixed"]["anyOf"] == [{"type": "integer"}, {"type": "number"}]
    assert document.rewrites["limit left to the server"] == [
        "components.schemas.SearchBody.properties.limits.properties.step: `multipleOf`",
        "components.schemas.SearchBody.properties.limits.properties.whole: `maximum`",
        "components.schemas.SearchBody.properties.limits.properties.script: `pattern`",
    ]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"minimum": 1, "exclusiveMinimum": 1}, {"exclusiveMinimum": 1}),
        ({"minimum": 2, "exclusiveMinimum": 1}, {"minimum": 2}),
        ({"maximum": 1, "exclusiveMaximum": 2}, {"maximum": 1}),
        ({"maximum": 3, "exclusiveMaximum": True}, {"exclusiveMaximum": 3}),
        ({"minimum": None, "maximum": float("inf")}, {}),
        ({"multipleOf": 0}, {}),
    ],
)
def test_of_two_limits_the_tighter_one_is_kept(written: Schema, kept: Schema) -> None:
    made = normalise(asking({"type": "object", "properties": {"it": {"type": "integer", **written}}}))

    assert fields(made, "PostItRequest")["it"] == {"type": "integer", **kept}


def test_a_length_below_zero_is_no_limit() -> None:
    made = normalise(asking({"type": "object", "properties": {"it": {"type": "string", "minLength": -1}}}))

    assert fields(made, "PostItRequest")["it"] == {"type": "string"}


def test_limits_do_not_hold_for_answers_nor_defaults_for_requests(document: Document) -> None:
    talk = fields(document, "Talk")

    assert talk["rate"] == {"type": "number", "default": 1e-4}
    assert fields(document, "SearchQuery")["limit"] == {"type": "integer", "minimum": 1, "maximum": 100}
    assert "default" not in fields(document, "StartTalkRequest")["mood"]
    assert {"Talk.rate: `minimum`", "Talk.rate: `maximum`"} <= set(document.rewrites["limit of an answer left out"])


@pytest.mark.parametrize(
    ("schema", "default", "kept"),
    [
        ({"type": "string"}, "a", True),
        ({"type": "string"}, 1, False),
        ({"type": "integer"}, True, False),
        ({"type": "integer"}, 1.0, False),
        ({"type": "number"}, 1, True),
        ({"type": "boolean"}, False, True),
        ({"type": "boolean"}, 0, False),
        ({"type": ["string", "null"]}, None, True),
        ({"type": "string"}, None, False),
        ({"type": "array", "items": {"type": "integer"}}, [1], True),
        ({"type": "array", "items": {"type": "integer"}}, ["a"], False),
        ({"type": "object"}, {"a": 1}, True),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {}, True),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 1}, False),
        ({"type": "object", "properties": {"a": {}}}, {"a": 1}, False),
        ({}, {"a": 1}, True),
    ],
)
def test_a_default_is_kept_only_where_it_is_a_value_of_its_type(schema: Schema, default: object, kept: bool) -> None:
    assert ("default" in only({**schema, "default": default})) is kept
