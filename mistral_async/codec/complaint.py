"""Say what is wrong with a request, where, and what may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import inspect as mi

from mistral_async.codec.failure import ANY_KEY, failure


def complain(exc: msgspec.ValidationError, checked_type: Any) -> tuple[str, str]:
    """Where in the request (``""`` for the whole of it), and what is wrong there, from msgspec's report of it."""
    found = failure(exc)
    if found.unknown is not None:
        what = f"there is no field {found.unknown!r}"
        if near := difflib.get_close_matches(found.unknown, _fields_at(mi.type_info(checked_type), found.path), n=1):
            what += f"; did you mean {near[0]!r}?"
        return found.place, what
    return found.place, f"a key: {found.what}" if found.of_key else found.what


def _fields_at(root: mi.Type, path: Sequence[str | int]) -> list[str]:
    """The names of all fields that an object at this place may have."""
    types = _members(root)
    for step in path:
        types = [inner for each in types for inner in _step(each, step)]
    models = [each for each in types if isinstance(each, mi.StructType)]
    return list(dict.fromkeys(field.encode_name for model in models for field in model.fields))


def _step(type_info: mi.Type, step: str | int) -> list[mi.Type]:
    match type_info:
        case mi.StructType():
            return [t for field in type_info.fields if field.encode_name == step for t in _members(field.type)]
        case mi.ListType() if isinstance(step, int):
            return _members(type_info.item_type)
        case mi.DictType() if step == ANY_KEY:
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
