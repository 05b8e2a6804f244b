"""What checks the bodies of an operation: first for the fields that its first call gives, since most give few of them.

A body may hold dozens of models, each of which takes a while to get ready. What is made for some of the fields accepts
nothing that is made for all of them would not; so whatever it refuses is for that to decide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET

from mistral_async.codec.check import models_in, strict_type
from mistral_async.codec.shapes import is_object


class BodyCheck(msgspec.Struct, frozen=True):
    """Of all fields, or of some."""

    whole: bool  # all fields are known: what it refuses is refused
    type: Any
    decode: Callable[[bytes], Any]  # raises ``msgspec.ValidationError``
    answer_only: list[bytes]  # what the JSON has in it where an object in it has a field that only answers have


def whole_check(body: Any) -> BodyCheck:
    """For any value."""
    return _check(body, None)


def check_like(body: Any, value: Any) -> BodyCheck:
    """For values that give no other fields than this one does."""
    names = wire_names(body)
    if not names:
        return whole_check(body)
    if isinstance(value, msgspec.Struct):
        given = (wire_name for name, wire_name in names.items() if getattr(value, name, UNSET) is not UNSET)
    else:
        given = (wire_name for wire_name in names.values() if is_object(value) and wire_name in value)
    return _check(body, frozenset(given))


def wire_names(fields: Any) -> dict[str, str]:
    """Python name to wire name, of a model; nothing of any other type."""
    if isinstance(fields, type) and issubclass(fields, msgspec.Struct):
        return dict(zip(fields.__struct_fields__, fields.__struct_encode_fields__, strict=True))
    return {}


def _check(body: Any, given: frozenset[str] | None) -> BodyCheck:
    checked_type = strict_type(body, given)
    names = {
        wire_name
        for each in models_in(body, given)
        if (answer_only := getattr(each, "answer_only_fields", ()))
        for name, wire_name in wire_names(each).items()
        if name in answer_only
    }
    return BodyCheck(
        given is None,
        checked_type,
        msgspec.json.Decoder(checked_type).decode,
        [msgspec.json.encode(name) for name in sorted(names)],
    )
