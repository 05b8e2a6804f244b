"""Limits on a value, in a form that msgspec takes."""

from __future__ import annotations

import math
import re
from typing import Any

from codegen.document import Schema
from codegen.errors import SpecError
from codegen.normalise.draft import Draft

_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")

LIMITS_OF: dict[str, tuple[str, ...]] = {
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "string": ("minLength", "maxLength", "pattern"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
    "boolean": (),
    "null": (),
}


def limits(kind: str, schema: Schema, place: str, draft: Draft) -> Schema:
    """The limits that ``schema`` sets to values of this type."""
    found: Schema = {}
    for key in LIMITS_OF[kind]:
        if key not in schema or schema[key] is None:
            continue
        value = _value(kind, key, schema, place)
        if value is None:
            continue
        if _msgspec_cannot(kind, key, value):
            draft.note("limit left to the server", f"{place}: `{key}`")
        else:
            found[key] = value
    # OpenAPI 3.0 says `exclusiveMinimum: true` beside the minimum.
    for key, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(exclusive) is True and key in found:
            found[exclusive] = found.pop(key)
        if key in found and exclusive in found:
            # msgspec takes one of the two: the one that leaves less.
            lower = key == "minimum"
            tighter = found[exclusive] >= found[key] if lower else found[exclusive] <= found[key]
            del found[key if tighter else exclusive]
    return found


def _value(kind: str, key: str, schema: Schema, place: str) -> Any:
    value = schema[key]
    if key == "pattern":
        if not isinstance(value, str):
            raise SpecError(f"{place}.pattern", "is no text")
        return value
    if isinstance(value, bool):
        return None
    if not isinstance(value, (int, float)):
        raise SpecError(f"{place}.{key}", "is no number")
    if kind != "number" and isinstance(value, float):
        if not math.isfinite(value):
            return None
        # Rounded inwards: no integer lies between.
        return math.ceil(value) if key in ("minimum", "exclusiveMaximum") else math.floor(value)
    return value


def _msgspec_cannot(kind: str, key: str, value: Any) -> bool:
    if key == "pattern":
        try:
            re.compile(value)
        except re.error:
            return True  # a pattern of JavaScript that Python does not know
        return False
    if key == "multipleOf":
        # Of a fraction it is not exact: 0.3 is no multiple of 0.1 to a computer.
        return kind == "number" or value <= 0
    if "Length" in key or "Items" in key or "Properties" in key:
        return bool(value < 0)
    return not -(2**63) < value < 2**63 - 1
