"""Whether a decoded answer holds what its JSON said."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from mistral_async.codec.shapes import is_array, is_object
from mistral_async.vector import Vector


def lost(decoded: Any, value: Any, where: str = "$") -> list[str]:
    """Where the JSON says something that the decoded value has room for and does not hold."""
    if isinstance(decoded, msgspec.Struct) and is_object(value):
        found: list[str] = []
        for field in msgspec.structs.fields(decoded):
            if field.encode_name in value:
                inside = f"{where}.{field.encode_name}"
                found += lost(getattr(decoded, field.name), value[field.encode_name], inside)
        return found
    if is_array(decoded) and is_array(value):
        if len(decoded) != len(value):
            return [f"{where}: {len(decoded)} items of {len(value)}"]
        pairs = zip(decoded, value, strict=True)
        return [each for index, (one, other) in enumerate(pairs) for each in lost(one, other, f"{where}[{index}]")]
    if is_object(decoded) and is_object(value):
        if decoded.keys() != value.keys():
            return [f"{where}: other keys"]
        return [each for key in value for each in lost(decoded[key], value[key], f"{where}.{key}")]
    if isinstance(decoded, Vector):
        decoded = base64.b64encode(decoded.packed).decode()
    return [] if decoded == value else [f"{where}: {value!r} became {decoded!r}"]
