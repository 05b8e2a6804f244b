"""What numbers in settings may be."""

from __future__ import annotations

import math


def check_seconds(what: str, value: object, *, zero: bool = False) -> None:
    """Raise ``ValueError`` for what is no finite number above zero (``zero``: or zero); ``what`` names the setting."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value < math.inf
        or not (value or zero)
    ):
        raise ValueError(f"{what} must be a {'number from zero up' if zero else 'positive number'}, not {value!r}")


def check_count(what: str, value: object, *, least: int = 1) -> None:
    """Raise ``ValueError`` for what is no whole number from ``least`` up; ``what`` names the setting."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{what} must be a whole number from {least} up, not {value!r}")
