"""What normalising makes of unions, and of cycles through them."""

from __future__ import annotations

import pytest

from codegen.document import Document
from codegen.normalise import normalise
from tests.codegen.written import answering, core, fields, hard, only, ref

ANY_MAP = {"type": "object", "additionalProperties": True}


@pytest.fixture(scope="module")
def document() -> Document:
    return hard()


def test_objects_that_no_tag_tells_apart_are_merged(document: Document) -> None:
    partly = document.schemas["ZooPartly"]

    assert fields(document, "Zoo")["partly"] == ref("ZooPartly")
    assert partly["required"] == []
    assert partly["properties"]["species"] == {"type": "string", "enum": ["cat", "dog"]}
    assert partly["description"] == (
        "The fields of ``Cat``, ``Dog`` and ``LiteralSchema``, which nothing in the JSON tells apart."
    )


def test_a_default_of_one_merged_object_is_none_of_the_others(document: Document) -> None:
    assert fields(document, "Cat")["lives"]["default"] == 9
    assert "default" not in fields(document, "ZooPartly")["lives"]


def test_what_all_merged_objects_agree_on_stays() -> None:
    same = {"n": {"type": "integer", "default": 1, "description": "N."}, "m": {"type": "integer"}}
    objects = [
        {"properties": {**same, own: {}}, "required": ["m", own], "additionalProperties": False} for own in ("a", "b")
    ]

    made = normalise(answering({"anyOf": objects}))

    merged = made.schemas["GetItResponse"]
    assert merged["required"] == ["m"]
    assert merged["properties"]["n"] == same["n"]
    assert merged["additionalProperties"] is False


def test_fields_of_merged_objects_that_differ_become_unions(document: Document) -> None:
    assert fields(document, "SearchBodyTarget")["key"] == {"anyOf": [{"type": "string"}, {"type": "integer"}]}


def test_merged_objects_may_be_recursive(document: Document) -> None:
    assert fields(document, "Filter")["and"] == {"type": "array", "items": ref("Filter")}


def test_the_same_objects_are_merged_once() -> None:
    union = {"anyOf": [ref("A"), ref("B")]}
    made = normalise(
        answering(
            {"type": "object", "properties": {"x": union, "y": {"type": "array", "items": union}}},
            A={"properties": {"a": {}}},
            B={"properties": {"b": {}}},
        )
    )

    assert fields(made, "GetItResponse") == {
        "x": ref("GetItResponseX"),
        "y": {"type": "array", "items": ref("GetItResponseX")},
    }


def test_other_members_of_a_union_are_merged_by_kind(document: Document) -> None:
    zoo = fields(document, "Zoo")
    pets = ref("Pet")

    assert zoo["loose"] == ANY_MAP
    assert zoo["maps"]["additionalProperties"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    assert zoo["arrays"]["anyOf"] == [
        {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}},
        {"type": "null"},
    ]
    assert zoo["nested"]["items"]["anyOf"] == [pets, {"type": "array", "items": pets}]
    assert zoo["strings"] == ref("SortField")
    assert zoo["words"]["anyOf"] == [{"type": "string", "enum": ["a", "b", "c"]}, {"type": "null"}]
    assert zoo["numbers"]["anyOf"] == [{"type": "integer"}, {"type": "number"}, {"type": "boolean"}]
    assert zoo["anything"] == {}
    assert zoo["position"]["items"]["anyOf"] == [{"type": "number"}, {"type": "string"}]


def test_a_named_map_or_array_may_be_a_member_of_a_union() -> None:
    made = only(
        {"anyOf": [ref("Map"), ref("List"), {"type": "string"}]},
        Map={"type": "object", "additionalProperties": {"type": "string"}},
        List={"type": "array", "items": {"type": "integer"}},
    )

    assert made["anyOf"] == [ref("Map"), ref("List"), {"type": "string"}]


def test_a_chain_of_aliases_in_a_union_ends_at_the_object() -> None:
    made = only({"anyOf": [ref("Alias"), {"type": "null"}]}, Alias=ref("Other"), Other=ref("A"), A={"properties": {}})

    assert made["anyOf"] == [ref("Alias"), {"type": "null"}]


def test_a_union_inside_a_union_is_opened_and_a_named_one_is_kept(document: Document) -> None:
    assert fields(document, "Cat")["friend"]["anyOf"] == [ref("Pet"), {"type": "null"}, {"type": "string"}]


def test_an_alias_that_mentions_itself_is_anything_there(document: Document) -> None:
    assert document.schemas["Json"]["anyOf"] == [{"type": "string"}, {"type": "array", "items": {}}, ANY_MAP]


def test_aliases_that_only_mention_each_other_are_anything() -> None:
    made = normalise(answering(ref("A"), A=ref("B"), B=ref("A")))

    assert made.schemas["B"] == {}


def test_the_core_s_unions_are_what_they_should_be() -> None:
    document = core()

    job = fields(document, "JobIn")["hyperparameters"]
    assert job["$ref"].endswith("/JobInHyperparameters")
    assert "fim_ratio" in fields(document, "JobInHyperparameters")
    assert fields(document, "ThinkChunk")["thinking"]["items"]["discriminator"]["propertyName"] == "type"
    assert fields(document, "OCRRequest")["document"]["discriminator"]["propertyName"] == "type"
    assert fields(document, "ToolReferenceChunk")["tool"]["$ref"].endswith("/BuiltInConnectors")
    assert "details" in fields(document, "CreateFineTuningJobResponse")
