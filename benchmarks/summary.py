"""Medians of the rounds, ratios to the yardstick, and which targets they meet. Pure: numbers in, numbers out."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.measurement import Measurement
from benchmarks.targets import Target
from benchmarks.works import BY_NAME, Cell, Metric, Row


@dataclass(frozen=True)
class Verdict:
    """A target and what was measured; ``value`` is None where ours or the yardstick brought no number."""

    target: Target
    value: float | None

    def is_met(self) -> bool:
        return self.value is not None and self.target.is_met(self.value)


class Summary:
    """What the measurements say."""

    def __init__(self, measured: Mapping[Cell, Sequence[Measurement]]) -> None:
        self._measured = measured

    def median(self, cell: Cell, metric: Metric) -> float | None:
        """In seconds, bytes or calls; None where nothing was measured."""
        values = [getattr(one, metric) for one in self._measured.get(cell, ())]
        known = [value for value in values if value is not None]
        return statistics.median(known) if known else None

    def peak(self, cell: Cell) -> float | None:
        """Bytes."""
        known = [one.peak for one in self._measured.get(cell, ()) if one.peak is not None]
        return statistics.median(known) if known else None

    def ratio(self, row: Row, contender: str, metric: Metric) -> float | None:
        """To the row's yardstick: the median of the ratios of the rounds, each of which had its own disturbances."""
        values = self._measured.get(Cell(contender, row.work, row.tls), ())
        pairs = zip(values, self._measured.get(row.base, ()), strict=False)  # what is slow has been measured once
        ratios = [getattr(value, metric) / getattr(base, metric) for value, base in pairs]
        return statistics.median(ratios) if ratios else None

    def value(self, row: Row, contender: str, metric: Metric) -> float | None:
        """What a target of this metric is about: a ratio, or bytes, or calls."""
        if metric in ("growth", "held"):
            return self.median(Cell(contender, row.work, row.tls), metric)
        return self.ratio(row, contender, metric)

    def verdict(self, target: Target) -> Verdict:
        row = BY_NAME[target.row]
        return Verdict(target, self.value(row, row.ours, target.metric))
