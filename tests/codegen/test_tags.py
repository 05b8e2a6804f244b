"""How the objects of a union are told apart."""

from __future__ import annotations

from typing import Any

import pytest

from codegen.document import Document
from tests.codegen.written import fields, hard, only, ref


@pytest.fixture(scope="module")
def document() -> Document:
    return hard()


def test_a_constant_is_an_open_enum_unless_it_is_the_tag(document: Document) -> None:
    assert fields(document, "Talk")["object"] == {"type": "string", "enum": ["talk"], "default": "talk"}
    assert fields(document, "Cat")["species"] == {"type": "string", "const": "cat"}


def test_a_declared_discriminator_is_kept(document: Document) -> None:
    assert document.schemas["Pet"]["discriminator"] == {
        "propertyName": "species",
        "mapping": {"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"},
    }
    assert document.schemas["Cat"]["required"] == ["species"]


def test_a_discriminator_without_mapping_goes_by_the_schemas_own_constants_or_names() -> None:
    union: dict[str, Any] = {"oneOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "kind"}}

    own = only(union, A={"properties": {"kind": {"const": "x"}}}, B={"properties": {"kind": {"const": "y"}}})
    names = only(union, A={"properties": {"kind": {"type": "string"}}}, B={"properties": {"b": {}}})

    assert list(own["discriminator"]["mapping"]) == ["x", "y"]
    assert list(names["discriminator"]["mapping"]) == ["A", "B"]


def test_a_discriminator_is_found_where_none_is_declared(document: Document) -> None:
    assert fields(document, "Zoo")["inferred"]["discriminator"]["mapping"].keys() == {"dog", "fish"}
    assert "ZooInferred: `species`" in document.rewrites["discriminator added"]


def test_a_schema_that_would_need_a_second_tag_is_copied(document: Document) -> None:
    other = fields(document, "Zoo")["other"]

    assert other["discriminator"]["mapping"] == {
        "pet": "#/components/schemas/CatPet",
        "stone": "#/components/schemas/Stone",
    }
    assert fields(document, "CatPet")["object"]["const"] == "pet"
    assert fields(document, "CatPet")["species"]["enum"] == ["cat"]
    assert fields(document, "Cat")["species"]["const"] == "cat"


def test_a_schema_with_two_tags_becomes_two(document: Document) -> None:
    assert list(fields(document, "Zoo")["twice"]["discriminator"]["mapping"].values()) == [
        "#/components/schemas/InsectBee",
        "#/components/schemas/InsectAnt",
        "#/components/schemas/Fish",
    ]


def test_a_schema_that_is_also_used_alone_bears_no_tag_it_does_not_name(document: Document) -> None:
    zoo = fields(document, "Zoo")

    assert zoo["plank"] == ref("Wood")
    assert fields(document, "Wood") == {"material": {"type": "string"}}
    assert zoo["crate"]["anyOf"] == [ref("WoodWood"), ref("Steel")]
    assert fields(document, "Steel")["material"] == {"type": "string", "const": "steel"}


def test_a_discriminator_with_one_member_tags_that_member(document: Document) -> None:
    assert fields(document, "Zoo")["only"]["items"] == ref("Lion")
    assert fields(document, "Lion")["species"]["const"] == "lion"
