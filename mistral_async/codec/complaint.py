"""Say what is wrong with a request, where, and what may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect as mi

from mistral_async.codec.failure import ANY_KEY, failure


class Complaint(NamedTuple):
    """What is wrong with a request."""

    place: str  # of the object or value, such as "messages[0]"; "" for the whole of it
    what: str
    field: str | None  # the field itself, such as "messages[0].role"


def complain(exc: msgspec.ValidationError, checked_type: Any) -> Complaint:
    """What is wrong, where, and what may have been meant, from msgspec's report of it."""
    found = failure(exc)
    if found.unknown is None:
        what = f"a key: {found.what}" if found.of_key else found.what
        return Complaint(found.place, what, _joined(found.place, found.missing))
    what = f"there is no field {found.unknown!r}"
    if near := _meant(found.unknown, _fields_at(mi.type_info(checked_type), found.path)):
        what += f"; did you mean {near!r}?"
    return Complaint(found.place, what, _joined(found.place, found.unknown))


def _joined(place: str, name: str | None) -> str | None:
    return ".".join(part for part in (place, name) if part) or None


def _meant(name: str, fields: list[str]) -> str | None:
    """The field that a misspelt or outlandish name most likely stands for."""
    words = name.split("_")
    # `max_completion_tokens` for `max_tokens`: the same words, and more.
    shorter = [each for each in fields if each.split("_")[0] == words[0] and set(each.split("_")) < set(words)]
    near = shorter or difflib.get_close_matches(name, fields, n=1, cutoff=0.7)
    return near[0] if near else None


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
