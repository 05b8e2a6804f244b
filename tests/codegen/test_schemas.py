"""What normalising makes of a schema that stands alone: its form and its name."""

from __future__ import annotations

from typing import Any

import pytest

from codegen.document import Document, Schema
from codegen.normalise import normalise
from tests.codegen.written import answering, core, fields, hard, only, ref

ANY_MAP = {"type": "object", "additionalProperties": True}


@pytest.fixture(scope="module")
def document() -> Document:
    return hard()


FORMS: list[tuple[Any, Schema]] = [
    ({"type": "string", "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    ({"type": ["integer", "null"]}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    ({"type": ["string"]}, {"type": "string"}),
    ({"title": "A title", "type": "string", "format": "uuid", "example": "x"}, {"type": "string"}),
    ({"enum": ["a", None]}, {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}),
    ({"enum": ["a", "a", True]}, {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "boolean"}]}),
    ({"enum": [1, 2]}, {"type": "integer", "enum": [1, 2]}),
    ({"enum": [2**70]}, {"type": "integer"}),
    ({"enum": [1, 0.5]}, {"type": "number"}),
    ({"enum": [{"a": 1}]}, {}),
    ({"const": "a"}, {"type": "string", "enum": ["a"]}),
    ({"const": False}, {"type": "boolean"}),
    ({"const": None}, {"type": "null"}),
    (True, {}),
    ({"type": "object"}, ANY_MAP),
    ({"additionalProperties": {}}, ANY_MAP),
    ({"type": "object", "properties": {}}, ANY_MAP),
    ({"properties": {}, "additionalProperties": {"type": "string"}},
     {"type": "object", "additionalProperties": {"type": "string"}}),
    ({"type": "array"}, {"type": "array", "items": {}}),
    ({"items": {"type": "string"}}, {"type": "array", "items": {"type": "string"}}),
    ({"type": "array", "items": False}, {"type": "array", "items": {}}),
    ({"allOf": [{"type": "string"}, {"description": "Said."}]}, {"type": "string", "description": "Said."}),
    ({"allOf": [{"description": "Said."}]}, {"description": "Said."}),
    ({"allOf": [{"type": "string"}, {"type": "string", "maxLength": 3}]}, {"type": "string"}),
    ({"allOf": [{"type": "object"}, {"type": "object", "additionalProperties": {}}]}, ANY_MAP),
    ({"anyOf": [{"type": "string"}]}, {"type": "string"}),
    ({"anyOf": [{"type": "string"}, {"type": "string", "minLength": 1}]}, {"type": "string"}),
    ({"anyOf": [{"anyOf": [{"type": "null"}, {"type": "integer"}]}, {"type": "null"}]},
     {"anyOf": [{"type": "null"}, {"type": "integer"}]}),
    ({"anyOf": [{"type": "string"}, {}]}, {}),
    ({"type": "string", "anyOf": [{"minLength": 1}, {"pattern": "a"}]}, {"type": "string"}),
    ({"type": "string", "maxLength": 3, "oneOf": [{"type": "string"}]}, {"type": "string"}),
    ({"maxLength": 3}, {}),
    ({"type": "string", "not": {"const": "x"}}, {"type": "string"}),
    ({"anyOf": [ANY_MAP, {"type": "object", "additionalProperties": {"type": "string"}}]}, ANY_MAP),
    ({"type": "array", "items": {"type": "integer"}, "default": []},
     {"type": "array", "items": {"type": "integer"}, "default": []}),
]  # fmt: skip


@pytest.mark.parametrize(("written", "made"), FORMS)
def test_a_schema_takes_one_of_few_forms(written: Any, made: Schema) -> None:
    assert only(written) == made


def test_every_schema_of_the_documents_is_in_one_of_these_forms(document: Document) -> None:
    def check(schema: Schema) -> None:
        said = {key for key in schema if key in {"description", "default", "deprecated"} or key.startswith("x-mistral")}
        shape = schema.keys() - said
        limits = {key for key in shape if key.startswith(("min", "max", "exclusive", "multiple", "pattern"))}
        kind = schema.get("type")
        if "$ref" in shape:
            assert shape == {"$ref"}
        elif "anyOf" in shape:
            assert shape <= {"anyOf", "discriminator"}
            assert len(schema["anyOf"]) > 1
            assert not any("anyOf" in member or member == {} for member in schema["anyOf"])
        elif "properties" in shape:
            assert shape - {"additionalProperties"} == {"type", "properties", "required"}
        elif kind == "object":
            assert shape - limits == {"type", "additionalProperties"}
            assert schema["additionalProperties"] is not False
        elif kind == "array":
            assert shape - limits == {"type", "items"}
        else:
            assert shape - limits <= {"type", "enum", "const", "format"}
            assert kind in {None, "string", "integer", "number", "boolean", "null"}
            assert bool(kind) == bool(shape)
        for part in (*schema.get("properties", {}).values(), *schema.get("anyOf", ()), schema.get("items")):
            if part is not None:
                check(part)

    for one in (document, core()):
        for schema in one.schemas.values():
            check(schema)


def test_local_definitions_become_schemas(document: Document) -> None:
    assert fields(document, "Talk")["kinds"]["items"] == ref("Kind")
    assert fields(document, "Kind")["next"] == ref("Kind")


def test_local_definitions_with_the_name_of_a_component_are_told_apart() -> None:
    schema: Schema = {
        "type": "object",
        "properties": {
            "a": {"$ref": "#/$defs/Same"},
            "b": {"$ref": "#/$defs/Other"},
            "c": {"$ref": "#/components/schemas/Holder/$defs/In"},
        },
        "$defs": {"Same": {"type": "string"}, "Other": {"type": "integer"}, "In": {"type": "null", "$defs": {}}},
    }

    made = normalise(answering(ref("Holder"), Holder=schema, Same={"type": "string"}, Other={"type": "boolean"}))

    assert fields(made, "Holder") == {"a": ref("Same"), "b": ref("HolderOther"), "c": ref("In")}


def test_objects_inside_objects_get_names(document: Document) -> None:
    assert fields(document, "Talk")["owner"] == ref("TalkOwner")
    assert fields(document, "TalkOwner")["pet"] == ref("TalkOwnerPet")


def test_names_that_are_no_class_names_or_clash_are_changed_and_told(document: Document) -> None:
    assert {"PlugView", "PlugView2", "LiteralSchema"} <= document.schemas.keys()
    assert document.rewrites["schema renamed"] == [
        "components.schemas.Literal is `LiteralSchema`",
        "components.schemas.Plug_View is `PlugView`",
        "components.schemas.plug-view is `PlugView2`",
    ]


def test_an_object_that_names_no_field_is_a_map_of_anything(document: Document) -> None:
    assert document.schemas["Notes"] == ANY_MAP
    assert fields(document, "Zoo")["scraps"] == {"anyOf": [ANY_MAP, {"type": "null"}]}


def test_types_as_python_calls_them_are_understood_and_told(document: Document) -> None:
    zoo = fields(document, "Zoo")

    assert zoo["open"] == {"type": "boolean"}
    assert zoo["visitors"] == {"type": "integer"}
    assert zoo["score"] == {"anyOf": [{"type": "number"}, {"type": "string"}]}
    assert "components.schemas.Zoo.properties.open: `bool`" in document.rewrites["type under another name"]


def test_fields_that_are_taken_but_not_named_are_told(document: Document) -> None:
    assert document.rewrites["fields beyond the named ones are not read"] == ["components.schemas.Kennel.allOf.1"]
