"""Say what is wrong with a request, where, and what may have been meant."""

from __future__ import annotations

import difflib
import re
from typing import Any

import msgspec
from msgspec import inspect as mi

# How msgspec words a failure: "Expected `int`, got `str` - at `$.messages[0].content`". Source: msgspec, "Constraints".
_FAILURE = re.compile(r"(?P<what>.*?)(?: - at (?:`key` in )?`\$(?P<where>.*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


def complain(failure: msgspec.ValidationError, checked_type: Any) -> tuple[str, str]:
    """Where in the request (``""`` for the whole of it), and what is wrong there, from msgspec's report of it."""
    match = _FAILURE.fullmatch(str(failure))
    what, where = (match["what"], match["where"] or "") if match else (str(failure), "")
    if unknown := _UNKNOWN.fullmatch(what):
        name = unknown[1]
        what = f"there is no field {name!r}"
        if near := difflib.get_close_matches(name, _fields_at(mi.type_info(checked_type), where), n=1):
            what += f"; did you mean {near[0]!r}?"
    return where.lstrip("."), what


def _fields_at(root: mi.Type, where: str) -> list[str]:
    """The names of all fields that an object at this place may have."""
    types = _members(root)
    for name, _ in _STEP.findall(where):
        types = [inner for each in types for inner in _step(each, name)]
    models = [each for each in types if isinstance(each, mi.StructType)]
    return list(dict.fromkeys(field.encode_name for model in models for field in model.fields))


def _step(type_info: mi.Type, name: str) -> list[mi.Type]:
    match type_info:
        case mi.StructType():
            return [t for field in type_info.fields if field.encode_name == name for t in _members(field.type)]
        case mi.ListType():
            return _members(type_info.item_type) if not name else []
        case mi.DictType():
            return _members(type_info.value_type)
        case _:
            return []


def _members(type_info: mi.Type) -> list[mi.Type]:
    match type_info:
        case mi.Metadata():
            return _members(type_info.type)
        case mi.UnionType():
            return [member for each in type_info.types for member in _members(each)]
        case _:
            return [type_info]
