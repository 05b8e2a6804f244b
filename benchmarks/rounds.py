"""Go through the cells again and again: contenders take turns, so that a busy machine is busy for all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from benchmarks.measurement import Measurement
from benchmarks.processes import CellFailed
from benchmarks.progress import Progress
from benchmarks.works import ROWS, Cell, Row

Measure: TypeAlias = Callable[[Cell], Measurement]
Measurements: TypeAlias = dict[Cell, list[Measurement]]

SLOW = 10.0  # seconds; what takes longer is measured once


class Rounds:
    """What has been measured, and what has failed."""

    def __init__(self, measure: Measure, progress: Progress) -> None:
        self._measure = measure
        self._progress = progress
        self.measured: Measurements = {}
        self.failed: dict[Cell, str] = {}

    def go(self, cells: Collection[Cell], rounds: int) -> None:
        """Measure the cells so many times more, in the order of the works."""
        for number in range(rounds):
            self._progress.round(number + 1, rounds)
            for row in ROWS:
                of_row = [cell for cell in row.cells() if cell in cells and not self._is_done(cell)]
                if of_row:
                    # Another one is first each time: who comes after a pause is not always the same.
                    turn = number % len(of_row)
                    self._row(row, of_row[turn:] + of_row[:turn])

    def _row(self, row: Row, cells: Sequence[Cell]) -> None:
        self._progress.row(row)
        for cell in cells:
            try:
                measurement = self._measure(cell)
            except CellFailed as exc:
                self.failed[cell] = str(exc)
                self._progress.failed(cell)
            else:
                self.measured.setdefault(cell, []).append(measurement)
                self._progress.measured(cell, measurement)
        self._progress.end_of_row()

    def _is_done(self, cell: Cell) -> bool:
        known = self.measured.get(cell, [])
        return cell in self.failed or any(one.wall * one.units > SLOW for one in known)
