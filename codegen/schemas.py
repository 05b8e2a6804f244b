"""The words for a schema: what it is, what it is made of, and the same schema with its parts changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from codegen.document import Schema
from codegen.shapes import is_mapping

COMPONENT = "#/components/schemas/"

ANY_OBJECT: Schema = {"type": "object", "additionalProperties": True}

LIMITS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
)


def reference(name: str) -> Schema:
    """A schema that refers to another."""
    return {"$ref": f"{COMPONENT}{name}"}


def referenced(schema: Schema) -> str | None:
    """Name of the schema that this one refers to."""
    ref = schema.get("$ref")
    return ref.removeprefix(COMPONENT) if isinstance(ref, str) else None


def is_object(schema: Schema) -> bool:
    """Whether the schema is an object with fields of its own, which becomes a Struct; a map is none."""
    return "properties" in schema


def is_annotation(keyword: str) -> bool:
    return keyword in {"description", "default", "deprecated"} or keyword.startswith("x-")


def remarks(schema: Schema) -> Schema:
    """What a schema says about its value beyond what the value is."""
    return {key: value for key, value in schema.items() if is_annotation(key)}


def bare(schema: Schema) -> Schema:
    """What the value is, without what is said about it."""
    return {key: value for key, value in schema.items() if not is_annotation(key)}


def sent_fields(schema: Schema) -> dict[str, Schema]:
    """The fields of an object that may be sent, by wire name: those that only answers have are left out."""
    fields: dict[str, Schema] = schema["properties"]
    return {name: field for name, field in fields.items() if not field.get("x-mistral-answer-only")}


def values_of(schema: Schema) -> Schema:
    """What the values of a map are."""
    values = schema.get("additionalProperties")
    return values if is_mapping(values) else {}


def parts(schema: Schema) -> Iterator[Schema]:
    """The schemas directly inside: fields of an object, members of a union, items, values."""
    yield from schema.get("properties", {}).values()
    yield from schema.get("anyOf", ())
    for key in ("items", "additionalProperties"):
        if is_mapping(schema.get(key)):
            yield schema[key]


def mapped(schema: Schema, change: Callable[[Schema, str], Schema]) -> Schema:
    """The same schema with each of its parts changed.

    ``change`` is told which part it is given: ``properties.name``, ``anyOf.0``, ``items`` or ``additionalProperties``.
    """
    made = dict(schema)
    if is_object(schema):
        made["properties"] = {name: change(value, f"properties.{name}") for name, value in schema["properties"].items()}
    if "anyOf" in schema:
        made["anyOf"] = [change(member, f"anyOf.{index}") for index, member in enumerate(schema["anyOf"])]
    if "items" in schema:
        made["items"] = change(schema["items"], "items")
    if is_mapping(schema.get("additionalProperties")):
        made["additionalProperties"] = change(schema["additionalProperties"], "additionalProperties") or True
    return made


def references(schema: Schema) -> Iterator[str]:
    """Every schema that this one names, at any depth."""
    if name := referenced(schema):
        yield name
    for part in parts(schema):
        yield from references(part)
