"""Which cells are measured, how often, and for how long."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from benchmarks.targets import Target
from benchmarks.works import BY_NAME, ROWS, Cell


@dataclass(frozen=True)
class Plan:
    """Rounds over cells."""

    cells: frozenset[Cell]
    rounds: int
    seconds: float  # that a cell repeats its calls for


def of_all(works: Collection[str], contenders: Collection[str], *, quick: bool, rounds: int | None) -> Plan:
    """Everything, or the works and contenders that are named, beside the yardstick."""
    rows = [row for row in ROWS if not works or row.name in works]
    wanted = {cell for row in rows for cell in row.cells() if not contenders or cell.contender in contenders}
    cells = {*wanted, *(row.base for row in rows if wanted & {*row.cells()})}
    return Plan(frozenset(cells), rounds or (2 if quick else 5), 0.3 if quick else 0.5)


def of_targets(targets: Collection[Target], *, rounds: int, seconds: float) -> Plan:
    """What has a target, and its yardstick where the target is a ratio."""
    cells: set[Cell] = set()
    for target in targets:
        row = BY_NAME[target.row]
        cells.add(Cell(row.ours, row.work, row.tls))
        if target.metric in ("cpu", "wall"):
            cells.add(row.base)
    return Plan(frozenset(cells), rounds, seconds)
