"""What the passes of normalising hand from one to the next, and the words they share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from codegen.document import Schema
from codegen.errors import SpecError
from codegen.names import unique

COMPONENT = "#/components/schemas/"

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


@dataclass
class Draft:
    """Schemas by their final name, and every rewrite with its place, for the report."""

    schemas: dict[str, Schema] = field(default_factory=dict[str, Schema])
    rewrites: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def note(self, rule: str, place: str) -> None:
        places = self.rewrites.setdefault(rule, [])
        if place not in places:
            places.append(place)

    def add(self, name: str, schema: Schema) -> str:
        """Give a new schema ``name``, or the next free one."""
        name = unique(name, self.schemas)
        self.schemas[name] = schema
        return name

    def resolve(self, schema: Schema, place: str) -> Schema:
        """The schema at the end of a chain of references."""
        seen: list[str] = []
        while "$ref" in schema:
            name = ref_name(schema)
            if name in seen:
                raise SpecError(place, f"the reference to {name!r} leads back to itself")
            seen.append(name)
            schema = self.schemas[name]
        return schema


def ref(name: str) -> Schema:
    return {"$ref": COMPONENT + name}


def ref_name(schema: Schema) -> str:
    return str(schema["$ref"]).removeprefix(COMPONENT)


def remarks(schema: Schema) -> Schema:
    """What a schema says about its value beyond what the value is."""
    return {key: value for key, value in schema.items() if is_annotation(key)}


def bare(schema: Schema) -> Schema:
    """What the value is, without what is said about it."""
    return {key: value for key, value in schema.items() if not is_annotation(key)}


def is_annotation(key: str) -> bool:
    return key in {"description", "default", "deprecated"} or key.startswith("x-")


def is_object(schema: Schema) -> bool:
    """An object with known fields, which becomes a Struct."""
    return "properties" in schema


def children(schema: Schema) -> Iterator[Schema]:
    """The schemas directly inside."""
    yield from schema.get("properties", {}).values()
    yield from schema.get("anyOf", ())
    yield from schema.get("allOf", ())
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield schema[key]


def refs(schema: Schema) -> Iterator[str]:
    """The names of all schemas that this one mentions, at any depth, in order."""
    if "$ref" in schema:
        yield ref_name(schema)
    for child in children(schema):
        yield from refs(child)
