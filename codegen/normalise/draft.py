"""What the passes of normalising hand from one to the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from codegen.document import Schema
from codegen.errors import SpecError
from codegen.names import class_name, unique
from codegen.schemas import referenced


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
        name = unique(class_name(name), self.schemas)
        self.schemas[name] = schema
        return name

    def resolve(self, schema: Schema, place: str) -> Schema:
        """The schema at the end of a chain of references."""
        seen: list[str] = []
        while name := referenced(schema):
            if name in seen:
                raise SpecError(place, f"the reference to {name!r} leads back to itself")
            seen.append(name)
            schema = self.schemas[name]
        return schema
