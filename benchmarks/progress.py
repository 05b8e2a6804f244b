"""Say what is being measured: a line for each work, that grows as contenders finish."""

from __future__ import annotations

from benchmarks.measurement import Measurement
from benchmarks.wording import duration
from benchmarks.works import Cell, Row


class Progress:
    """To the screen."""

    def say(self, *lines: str) -> None:
        print(*lines, sep="\n", flush=True)

    def round(self, number: int, of: int) -> None:
        self.say("", f"round {number} of {of}: CPU of a call, an event, a file")

    def row(self, row: Row) -> None:
        print(f"  {row.title + (' (TLS)' if row.tls else ''):42}", end="", flush=True)

    def measured(self, cell: Cell, measurement: Measurement) -> None:
        print(f" {cell.contender} {duration(measurement.cpu)}", end="", flush=True)

    def failed(self, cell: Cell) -> None:
        print(f" {cell.contender} FAILED", end="", flush=True)

    def end_of_row(self) -> None:
        print(flush=True)
