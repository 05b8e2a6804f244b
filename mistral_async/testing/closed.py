"""Enums that are closed: models take values that nobody listed yet, as answers may bring some; the server does not."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

# Model and Python name of enums that are open all the same.
_OPEN = frozenset(
    {
        ("ToolReferenceChunk", "tool"),  # the document says "one of these, or any text"
        ("BatchJobIn", "endpoint"),  # taken without "/v1" too; checked where jobs are made
    }
)


@dataclass(frozen=True, slots=True)
class Stranger:
    """A value that its enum does not list."""

    path: tuple[str | int, ...]
    value: str
    allowed: tuple[str, ...]


def strangers(value: Any, annotation: Any) -> Iterator[Stranger]:
    """Every text in ``value``, decoded as ``annotation``, that an enum does not list."""
    return _in_any(value, annotation, ())


def _in_any(value: Any, annotation: Any, path: tuple[str | int, ...]) -> Iterator[Stranger]:
    if isinstance(value, msgspec.Struct):
        for name, wire_name, of in _enum_fields(type(value)):
            held = getattr(value, name)
            if held is not msgspec.UNSET and held is not None:
                yield from _in_any(held, of, (*path, wire_name))
    elif isinstance(value, list):
        of = _items(annotation)
        if of is not None:
            for index, item in enumerate(value):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
                yield from _in_any(item, of, (*path, index))
    elif isinstance(value, str):
        allowed = _allowed(annotation)
        if allowed is not None and value not in allowed:
            yield Stranger(path, value, allowed)


@functools.cache
def _enum_fields(model: type[msgspec.Struct]) -> tuple[tuple[str, str, Any], ...]:
    """The fields below which an enum can be: Python name, wire name, type."""
    return tuple(
        (field.name, field.encode_name, field.type)
        for field in msgspec.structs.fields(model)
        if (model.__name__, field.name) not in _OPEN and _may_hold_enum(field.type)
    )


def _may_hold_enum(annotation: Any) -> bool:
    return any(
        (isinstance(member, type) and issubclass(member, msgspec.Struct))
        or get_origin(member) is Literal
        or (get_origin(member) is list and _may_hold_enum(get_args(member)[0]))
        for member in _members(annotation)
    ) or any(not isinstance(member, type) and get_origin(member) is None for member in _members(annotation))


@functools.cache
def _allowed(annotation: Any) -> tuple[str, ...] | None:
    """The texts that the enums among a type's members list; None where any text is allowed."""
    literals = [member for member in _members(annotation) if get_origin(member) is Literal]
    return tuple(text for literal in literals for text in get_args(literal)) or None


@functools.cache
def _items(annotation: Any) -> Any:
    """What a list of this type holds; None where no member of the type is a list."""
    held = tuple(get_args(member)[0] for member in _members(annotation) if get_origin(member) is list)
    return Union[held] if held else None  # noqa: UP007  # built from a tuple, which `|` cannot do


def _members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, nested ones and annotated ones unwrapped; of anything else, itself."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(member for argument in get_args(annotation) for member in _members(argument))
    return (annotation,)


def takes_list(annotation: Any) -> bool:
    return any(get_origin(member) is list for member in _members(annotation))


def takes_map(annotation: Any) -> bool:
    return any(get_origin(member) is dict or member is dict for member in _members(annotation))
