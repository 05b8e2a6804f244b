"""Python names for the fields of objects, and for parameters beside a body's fields."""

from __future__ import annotations

import re

from codegen.errors import SpecError
from codegen.names import field_name, unique
from codegen.normalise.draft import Draft
from codegen.normalise.sketch import Sketch
from codegen.schemas import is_object


def name_fields(sketches: list[Sketch], draft: Draft) -> dict[str, dict[str, str]]:
    """Schema name -> wire name -> Python name."""
    names = {
        name: _named(list(schema["properties"]), draft, name)
        for name, schema in sorted(draft.schemas.items())
        if is_object(schema)
    }
    for sketch in sketches:
        taken = set(_body_names(sketch, draft, names))
        for schema, suffix in ((sketch.query, "query"), (sketch.headers, "header")):
            if schema is not None:
                names[schema] = {
                    wire: _apart(name, suffix, taken, sketch, draft) for wire, name in names[schema].items()
                }
                taken |= set(names[schema].values())
    return names


def _named(wires: list[str], draft: Draft, place: str) -> dict[str, str]:
    for wire in wires:
        # msgspec refuses to read or write such a name.
        if re.search(r'["\\\x00-\x1f\ud800-\udfff]', wire):
            raise SpecError(f"components.schemas.{place}", f"a field named {wire!r} is not supported")
    named: dict[str, str] = {}
    # A name that needs no change keeps it, whatever else would take it.
    for wire in sorted(wires, key=lambda wire: field_name(wire) != wire):
        named[wire] = unique(field_name(wire), set(named.values()))
        if named[wire] != field_name(wire):
            draft.note("field renamed", f"{place}: `{wire}` is `{named[wire]}`")
    return {wire: named[wire] for wire in wires}


def _apart(name: str, suffix: str, taken: set[str], sketch: Sketch, draft: Draft) -> str:
    if name not in taken:
        return name
    apart = f"{name.rstrip('_')}_{suffix}"
    if apart in taken:
        raise SpecError(sketch.raw.place, f"the parameter {name!r} has the name of a field, and so has {apart!r}")
    draft.note("parameter named apart from a field of the body", f"{sketch.raw.place}: `{apart}`")
    return apart


def _body_names(sketch: Sketch, draft: Draft, names: dict[str, dict[str, str]]) -> list[str]:
    if sketch.body is None:
        return []
    files = [field_name(wire) for wire in sketch.files]
    return [*names.get(sketch.body.schema, {}).values(), *files]
