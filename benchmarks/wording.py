"""Numbers as people read them."""

from __future__ import annotations

from benchmarks.targets import MB, Target
from benchmarks.works import Metric

METRICS: dict[Metric, str] = {
    "cpu": "CPU",
    "wall": "wall time",
    "growth": "memory growth",
    "held": "held at once",
}


def duration(seconds: float) -> str:
    """With three digits: ``131 µs``, ``1.20 ms``, ``29.0 s``."""
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{_three_digits(seconds * factor)} {unit}"
    return f"{_three_digits(seconds * 1e6)} µs"


def ratio(value: float) -> str:
    """With two digits behind the point, as long as they say something."""
    return f"{value:.2f}" if value < 9.995 else _three_digits(value)


def megabytes(size: float) -> str:
    return f"{size / MB:.1f} MB"


def value_of(metric: Metric, value: float) -> str:
    """A ratio, a size or a count."""
    if metric == "growth":
        return megabytes(value)
    return f"{value:,.0f}" if metric == "held" else ratio(value)


def limit_of(target: Target) -> str:
    """What the target asks for."""
    if target.metric == "growth":
        return f"≤ {target.limit / MB:g} MB"
    return f"all {target.limit:,.0f}" if target.metric == "held" else f"≤ {target.limit:g}"


def _three_digits(number: float) -> str:
    if number >= 99.95:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 9.995 else f"{number:.2f}"
