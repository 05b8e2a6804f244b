"""Merge the objects of a union that no tag tells apart: one object that decodes all of them."""

from __future__ import annotations

import copy

from codegen.document import Schema
from codegen.normalise.draft import Draft
from codegen.schemas import bare, reference, remarks


class Merging:
    """Makes one merged schema for each set of schemas."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._merged: dict[frozenset[str], str] = {}
        self.changed: set[str] = set()  # components that became a merged object, whose fields are still to be settled

    def merge(self, names: list[str], wanted: str, component: str | None) -> Schema:
        """One object for all. ``component`` names the schema that is this union and no more: it becomes the object."""
        key = frozenset(names)
        if key in self._merged:
            return reference(self._merged[key])
        self._draft.note("objects that nothing tells apart merged", f"{wanted}: {', '.join(names)}")
        whole = self._object(names)
        if component is not None:
            self._merged[key] = component
            self.changed.add(component)
            return whole
        self._merged[key] = self._draft.add(wanted, whole)
        return reference(self._merged[key])

    def _object(self, names: list[str]) -> Schema:
        schemas = [self._draft.schemas[name] for name in names]
        listed = ", ".join(f"``{name}``" for name in names[:-1])
        description = f"The fields of {listed} and ``{names[-1]}``, which nothing in the JSON tells apart."
        return {**merged(schemas), "description": description}


def merged(schemas: list[Schema]) -> Schema:
    """One object for all: what all require is required, a field that differs is a union."""
    fields = list(dict.fromkeys(field for schema in schemas for field in schema["properties"]))
    whole: Schema = {
        "type": "object",
        "properties": {field: _field([schema["properties"].get(field) for schema in schemas]) for field in fields},
        "required": [field for field in fields if all(field in schema["required"] for schema in schemas)],
    }
    if all(schema.get("additionalProperties") is False for schema in schemas):
        whole["additionalProperties"] = False
    return whole


def _field(versions: list[Schema | None]) -> Schema:
    """One field, as each of the objects has it; None for an object without it."""
    found = [version for version in versions if version is not None]
    shapes: list[Schema] = []
    for version in found:
        if bare(version) not in shapes:
            shapes.append(bare(version))
    said: Schema = {}
    for version in reversed(found):
        said |= remarks(version)
    # What is true of the field in one object only is not true of it here.
    for key in ("default", "x-mistral-presumed"):
        if any(version is None or key not in version or version[key] != said.get(key) for version in versions):
            said.pop(key, None)
    return copy.deepcopy({**(shapes[0] if len(shapes) == 1 else {"anyOf": shapes}), **said})
