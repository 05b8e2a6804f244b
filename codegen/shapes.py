"""What a value read from a document is, said so that type checkers know it too."""

from __future__ import annotations

from typing import Any, TypeGuard

from codegen.errors import SpecError


def is_mapping(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def mapping(value: object, place: str) -> dict[str, Any]:
    """``value``, which must be an object for the document to make sense at ``place``."""
    if not is_mapping(value):
        raise SpecError(place, "is no object")
    return value


def listing(value: object, place: str) -> list[Any]:
    """``value``, which must be a list."""
    if not is_list(value):
        raise SpecError(place, "is no list")
    return value
