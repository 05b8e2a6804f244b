"""What numbers in settings may be."""

from __future__ import annotations

import sys
from typing import TypeGuard

LARGEST = sys.float_info.max  # what an event loop can add to its time


def check_seconds(what: str, value: object, *, zero: bool = False) -> None:
    """Raise ``ValueError`` for what is no finite number above zero (``zero``: or zero); ``what`` names the setting."""
    if not is_number(value) or not 0 <= value <= LARGEST or not (value or zero):
        raise ValueError(f"{what} must be a {'number from zero up' if zero else 'positive number'}, not {value!r}")


def check_factor(what: str, value: object, *, least: float = 1.0) -> None:
    """Raise ``ValueError`` for what is no finite number from ``least`` up; ``what`` names the setting."""
    if not is_number(value) or not least <= value <= LARGEST:
        raise ValueError(f"{what} must be a number from {least:g} up, not {value!r}")


def check_count(what: str, value: object, *, least: int = 1) -> None:
    """Raise ``ValueError`` for what is no whole number from ``least`` up; ``what`` names the setting."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{what} must be a whole number from {least} up, not {value!r}")


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number, which a boolean is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
