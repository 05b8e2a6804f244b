"""What a single value in settings may be: a number, a flag, one of a few. ``what`` names it in messages."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TypeGuard, TypeVar

T = TypeVar("T")

LARGEST = sys.float_info.max  # what an event loop can add to its time


def check_seconds(what: str, value: object, *, zero: bool = False, none: bool = False) -> None:
    """Raise ``ValueError`` for what is no finite number above zero (``zero``: or zero, ``none``: or None)."""
    if none and value is None:
        return
    if not is_number(value) or not 0 <= value <= LARGEST or not (value or zero):
        wanted = "number of seconds from zero up" if zero else "positive number of seconds"
        raise ValueError(f"{what} must be a {wanted}{' or None' if none else ''}, not {value!r}")


def check_factor(what: str, value: object, *, least: float = 1.0) -> None:
    """Raise ``ValueError`` for what is no finite number from ``least`` up."""
    if not is_number(value) or not least <= value <= LARGEST:
        raise ValueError(f"{what} must be a number from {least:g} up, not {value!r}")


def check_count(what: str, value: object, *, least: int = 1) -> None:
    """Raise ``ValueError`` for what is no whole number from ``least`` up."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{what} must be a whole number from {least} up, not {value!r}")


def check_statuses(what: str, value: object) -> frozenset[int]:
    """The statuses, where all of them say that something failed. Source: RFC 9110 section 15."""
    if not isinstance(value, Iterable):
        raise ValueError(f"{what} must be a set of whole numbers, not {value!r}")
    checked: set[int] = set()
    for status in value:  # pyright: ignore[reportUnknownVariableType]
        if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError(f"{what} must be whole numbers from 400 to 599, not {status!r}")
        checked.add(status)
    return frozenset(checked)


def check_flag(what: str, value: object) -> None:
    """Raise ``ValueError`` for what is no boolean."""
    if not isinstance(value, bool):
        raise ValueError(f"{what} must be True or False, not {value!r}")


def check_choice(what: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise ``ValueError`` for what is none of the choices."""
    if value not in choices:
        raise ValueError(f"{what} must be {_any_of(*map(repr, choices))}, not {value!r}")


def check_kind(what: str, value: object, *kinds: type[T]) -> T | None:
    """The value, where it is of one of the kinds, or None. Raises ``ValueError`` for anything else."""
    if value is None or isinstance(value, kinds):
        return value
    raise ValueError(f"{what} must be {_any_of(*(kind.__name__ for kind in kinds), 'None')}, not {value!r}")


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number, which a boolean is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _any_of(*names: str) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
