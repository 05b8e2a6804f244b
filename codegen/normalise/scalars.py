"""Merge the strings, or the numbers, of a union: to a decoder they are one type."""

from __future__ import annotations

from typing import Any

from codegen.document import Schema
from codegen.normalise.draft import Draft


def merge_strings(members: list[Schema], draft: Draft, place: str) -> Schema:
    """One string, or one enum of all values that any member lists. An enum is open: free text adds nothing."""
    if len(members) == 1:
        return members[0]
    draft.note("strings merged", place)
    return _merged("string", members, draft, place)


def merge_numbers(members: list[Schema], draft: Draft, place: str, *, beside_number: bool) -> Schema:
    kind = str(draft.resolve(members[0], place)["type"])
    if len(members) > 1:
        draft.note("numbers merged", place)
        return _merged(kind, members, draft, place)
    if beside_number and kind == "integer":
        # Limits of the integer would hold for whole numbers that only the other member allows.
        return _without_limits(members[0], draft, place)
    return members[0]


def values(schema: Schema) -> list[Any]:
    """The values that an enum or a const lists."""
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def _merged(kind: str, members: list[Schema], draft: Draft, place: str) -> Schema:
    resolved = [draft.resolve(member, place) for member in members]
    enums = [member for member, schema in zip(members, resolved, strict=True) if values(schema)]
    if len(enums) == 1 and "$ref" in enums[0]:
        return enums[0]
    listed = list(dict.fromkeys(value for schema in resolved for value in values(schema)))
    if listed:
        return {"type": kind, "enum": listed}
    first = {key: value for key, value in resolved[0].items() if all(one.get(key) == value for one in resolved)}
    return {**first, "type": kind}


def _without_limits(member: Schema, draft: Draft, place: str) -> Schema:
    resolved = draft.resolve(member, place)
    kept = {key: value for key, value in resolved.items() if key in ("type", "enum")}
    return member if kept.keys() == resolved.keys() else kept
