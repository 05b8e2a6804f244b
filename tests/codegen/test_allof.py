"""What normalising makes of ``allOf``, and of what stands beside a union."""

from __future__ import annotations

import pytest

from codegen.document import Document, Schema
from codegen.normalise import normalise
from tests.codegen.written import answering, fields, hard, only, ref

ANY_MAP = {"type": "object", "additionalProperties": True}


@pytest.fixture(scope="module")
def document() -> Document:
    return hard()


def test_a_required_field_that_does_not_exist_is_dropped_and_told(document: Document) -> None:
    assert document.schemas["Talk"]["required"] == ["id", "kinds"]
    assert document.rewrites["required field that does not exist"] == ["components.schemas.Talk: `ghost`"]


def test_all_of_becomes_one_object_whose_later_parts_may_only_document(document: Document) -> None:
    talk = document.schemas["StartTalkRequest"]

    assert talk["properties"]["mood"] == {"type": "string", "enum": ["good", "bad"], "description": "How it feels."}
    assert talk["required"] == ["topic"]
    assert talk["description"] == "What to talk about."


def test_a_part_of_all_of_may_require_the_fields_of_another(document: Document) -> None:
    assert list(fields(document, "Kennel")) == ["door", "roof", "dogs"]
    assert document.schemas["Kennel"]["required"] == ["door", "dogs"]


NOTES: Schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a"]}


@pytest.mark.parametrize(
    "written",
    [
        {"allOf": [ref("Notes"), {"required": ["b"]}]},
        {"allOf": [{"required": ["b"]}, {"required": ["b"], "description": "Both."}, ref("Notes")]},
        {"allOf": [NOTES, ref("Demand")]},
        {"$ref": ref("Notes")["$ref"], "required": ["b"]},
    ],
)
def test_a_part_of_all_of_may_do_no_more_than_require(written: Schema) -> None:
    made = normalise(answering(written, Notes=NOTES, Demand={"type": "object", "required": ["b"], "maxProperties": 9}))

    assert made.schemas["GetItResponse"]["required"] == ["a", "b"]
    assert list(fields(made, "GetItResponse")) == ["a", "b"]
    left = made.rewrites["condition left to the server"]
    assert left == ["components.schemas.Demand: `required`"]  # where it stands alone


def test_what_is_required_already_makes_no_other_object() -> None:
    assert only({"allOf": [ref("Notes"), {"required": ["a"]}]}, Notes=NOTES) == ref("Notes")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"allOf": [ref("Either"), {"required": ["b"]}]}, ref("Either")),
        ({"allOf": [{"required": ["b"]}]}, ANY_MAP),
        ({"required": ["b"]}, ANY_MAP),
        ({"allOf": [{"type": "object", "additionalProperties": {"type": "string"}}, {"required": ["b"]}]},
         {"type": "object", "additionalProperties": {"type": "string"}}),
    ],
)  # fmt: skip
def test_what_is_required_of_no_known_object_is_left_to_the_server(written: Schema, kept: Schema) -> None:
    made = normalise(
        answering({"properties": {"it": written}}, Either={"anyOf": [ref("Notes"), {"type": "null"}]}, Notes=NOTES)
    )

    assert fields(made, "GetItResponse") == {"it": kept}
    assert made.rewrites["condition left to the server"] == [
        "components.schemas.GetItResponse.properties.it: `required`"
    ]


def test_requiring_a_field_of_an_object_inside_itself_is_left_to_the_server() -> None:
    node: Schema = {"properties": {"next": {"allOf": [ref("Node"), {"required": ["next"]}]}}}

    assert fields(normalise(answering(ref("Node"), Node=node)), "Node") == {"next": ref("Node")}


def test_what_is_required_is_looked_for_in_every_object_inside() -> None:
    lost: Schema = {"type": "object", "properties": {"a": {}}, "required": ["a", "b"]}
    holder = {
        "allOf": [
            {"type": "object", "properties": {"list": {"type": "array", "items": lost}}},
            {
                "properties": {
                    "map": {"type": "object", "additionalProperties": lost},
                    "union": {"anyOf": [lost, {"type": "null"}]},
                }
            },
        ]
    }

    made = normalise(answering(holder))

    assert all(schema["required"] in (["a"], []) for schema in made.schemas.values())
    assert made.rewrites["required field that does not exist"] == [
        "components.schemas.GetItResponse.properties.list.items: `b`",
        "components.schemas.GetItResponse.properties.map.additionalProperties: `b`",
        "components.schemas.GetItResponse.properties.union.anyOf.0: `b`",
    ]


def test_all_of_is_closed_only_where_every_part_is() -> None:
    closed = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}

    both = normalise(answering({"allOf": [closed, ref("B")]}, B={**closed, "properties": {"b": {}}}))
    one = normalise(answering({"allOf": [closed, ref("B")]}, B={"type": "object", "properties": {"b": {}}}))

    assert both.schemas["GetItResponse"]["additionalProperties"] is False
    assert "additionalProperties" not in one.schemas["GetItResponse"]


def test_an_object_that_is_also_one_of_several_becomes_each_of_them(document: Document) -> None:
    assert document.schemas["SearchBodyAsset"]["required"] == []
    assert list(fields(document, "SearchBodyAsset")) == ["text", "executable", "raw"]
    assert list(fields(document, "SearchBodyEither")) == ["a", "b"]


def test_variants_of_an_object_keep_their_tags() -> None:
    variants = [{"properties": {"kind": {"const": kind}}} for kind in ("round", "square")]

    made = normalise(answering({"type": "object", "properties": {"size": {}}, "required": ["size"], "anyOf": variants}))

    assert made.schemas["GetItResponse"]["discriminator"]["mapping"].keys() == {"round", "square"}
    assert made.schemas["GetItResponseRound"]["required"] == ["kind", "size"]


def test_a_union_keeps_only_what_its_surroundings_leave_possible() -> None:
    named = only(
        {"type": ["string", "null"], "anyOf": [ref("Name"), {"type": "integer"}, {"type": "null"}]},
        Name={"enum": ["a"]},
    )
    nothing_new = only({"type": "object", "anyOf": [ref("A"), {"type": "null"}]}, A={"properties": {}})

    assert named == {"anyOf": [ref("Name"), {"type": "null"}]}
    assert nothing_new == {"anyOf": [ref("A"), {"type": "null"}]}
