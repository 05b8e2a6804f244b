"""Answers made from the specification: one of every schema, with every field, and every variant of every list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.openapi_check import document

Schema = dict[str, Any]


def answer_schemas() -> dict[str, Schema]:
    """The schema of each operation's JSON answer, by method and path; an event's where the operation streams."""
    found: dict[str, Schema] = {}
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            for media_type, content in operation["responses"]["200"]["content"].items():
                if media_type != "application/octet-stream":
                    suffix = " (event)" if media_type == "text/event-stream" else ""
                    found[f"{method.upper()} {path}{suffix}"] = content["schema"]
    return found


def example(schema: Schema) -> Any:
    """A value that the schema allows, as full as can be."""
    schema = resolved(schema)
    if "default" in schema and "const" not in schema and schema["default"] not in (None, [], ""):
        return schema["default"]
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return next(iter(variants(schema)))
    if "allOf" in schema:
        merged: dict[str, Any] = {}
        for part in schema["allOf"]:
            merged |= example(part)
        return merged
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return next(each for each in schema["enum"] if each is not None)
    match schema.get("type"):
        case "object" if "properties" in schema:
            return {name: example(field) for name, field in schema["properties"].items()}
        case "object":
            inner: Schema | bool = schema.get("additionalProperties", True)
            return {"key": "anything" if isinstance(inner, bool) else example(inner)}
        case "array":
            return list(variants(schema["items"]))
        case "string":
            return "x" * max(1, schema.get("minLength", 1))
        case "integer":
            return int(schema.get("minimum", 0)) + 1
        case "number":
            return 0.5
        case "boolean":
            return True
        case _:
            return {"any": ["thing", 1, None]}


def variants(schema: Schema) -> Iterator[Any]:
    """One value of every member of a union; of anything else, one."""
    schema = resolved(schema)
    union: list[Schema] = schema.get("oneOf") or schema.get("anyOf") or []
    members = [member for member in union if member.get("type") != "null"]
    if not members:
        yield example(schema)
        return
    tag_field = schema.get("discriminator", {}).get("propertyName")
    tags = {ref: tag for tag, ref in schema.get("discriminator", {}).get("mapping", {}).items()}
    for member in members:
        for value in variants(member):
            yield {**value, tag_field: tags[member["$ref"]]} if tag_field else value


def resolved(schema: Schema) -> Schema:
    """The schema behind its references."""
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema
