"""What a normalised schema is, and what it is made of."""

from __future__ import annotations

from collections.abc import Iterator

from codegen.document import Schema
from codegen.shapes import is_mapping

_REF = "#/components/schemas/"


def reference(name: str) -> Schema:
    """A schema that refers to another."""
    return {"$ref": f"{_REF}{name}"}


def referenced(schema: Schema) -> str | None:
    """Name of the schema that this one refers to."""
    ref = schema.get("$ref")
    return ref.removeprefix(_REF) if isinstance(ref, str) else None


def is_object(schema: Schema) -> bool:
    """Whether the schema is a model: an object with fields of its own, not a map."""
    return schema.get("type") == "object" and "properties" in schema


def sent_fields(schema: Schema) -> dict[str, Schema]:
    """The fields of an object that may be sent, by wire name: those that only answers have are left out."""
    fields: dict[str, Schema] = schema["properties"]
    return {name: field for name, field in fields.items() if not field.get("x-mistral-answer-only")}


def values_of(schema: Schema) -> Schema:
    """What the values of a map are."""
    values = schema.get("additionalProperties")
    return values if is_mapping(values) else {}


def parts(schema: Schema) -> Iterator[Schema]:
    """The schemas that this one is made of: members of a union, items, values. Not the fields of an object."""
    yield from schema.get("anyOf", ())
    if "items" in schema:
        yield schema["items"]
    if schema.get("type") == "object" and not is_object(schema):
        yield values_of(schema)


def references(schema: Schema) -> Iterator[str]:
    """Every schema that this one names, at any depth."""
    if name := referenced(schema):
        yield name
    for part in (*parts(schema), *schema.get("properties", {}).values()):
        yield from references(part)
