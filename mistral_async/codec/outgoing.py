"""Parts of answers that go out again, such as a message that becomes history."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from mistral_async.codec.shapes import is_array, is_object
from mistral_async.model import Model, UnknownVariant

_DROP = object()
_CONTAINERS = (msgspec.Struct, list, tuple, dict)


def sendable(value: Any) -> Any:
    """The same value without fields that only answers have: the API refuses them. Plain dicts stay as they are.

    The value itself where nothing has to go, else a copy of what changes.
    """
    return _changed(value, _without_answer_only)


def without_unknown(value: Any) -> Any:
    """The same value without variants that this SDK does not know; the value itself where it has none."""
    known = _changed(value, lambda each: _DROP if isinstance(each, UnknownVariant) else each)
    return value if known is _DROP else known  # all of it is unknown: there is no rest to look at


def plain_container(value: Any) -> Any:
    """What msgspec does not know how to encode and type checkers let pass: any mapping, any sequence."""
    if isinstance(value, Mapping):
        mapping: Mapping[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]  # of whatever, in both cases
        return dict(mapping)
    if isinstance(value, Sequence):
        sequence: Sequence[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return list(sequence)
    raise TypeError(f"objects of type {type(value).__name__} have no JSON")


def not_finite(value: Any, where: str = "") -> str | None:
    """Where the first number stands that is none, such as ``.tools[0].weight``; None where there is no such number."""
    if isinstance(value, float):
        return None if math.isfinite(value) else where
    inside: Iterable[tuple[str, Any]] = ()
    if is_object(value):
        inside = ((f".{name}", item) for name, item in value.items())
    elif is_array(value):
        inside = ((f"[{index}]", item) for index, item in enumerate(value))
    return next((found for step, item in inside if (found := not_finite(item, where + step)) is not None), None)


def _without_answer_only(value: Any) -> Any:
    if isinstance(value, Model) and value.answer_only_fields:
        set_ones = [name for name in value.answer_only_fields if getattr(value, name) is not UNSET]
        if set_ones:
            return msgspec.structs.replace(value, **dict.fromkeys(set_ones, UNSET))
    return value


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a change to every object inside, copying only along the way to what it changes."""
    changed = change(value)
    if changed is _DROP:
        return _DROP
    if isinstance(changed, msgspec.Struct):
        differing: dict[str, Any] = {}
        for name in changed.__struct_fields__:
            field = getattr(changed, name)
            if isinstance(field, _CONTAINERS):
                new = _changed(field, change)
                if new is not field:
                    differing[name] = UNSET if new is _DROP else new
        return msgspec.structs.replace(changed, **differing) if differing else changed
    if is_array(changed):
        items = [_changed(item, change) if isinstance(item, _CONTAINERS) else item for item in changed]
        same = all(new is old for new, old in zip(items, changed, strict=True))
        return changed if same else [item for item in items if item is not _DROP]
    if is_object(changed) and not isinstance(changed, UnknownVariant):
        renewed = {
            name: _changed(item, change) if isinstance(item, _CONTAINERS) else item for name, item in changed.items()
        }
        same = all(renewed[name] is changed[name] for name in changed)
        return changed if same else {name: item for name, item in renewed.items() if item is not _DROP}
    return changed
