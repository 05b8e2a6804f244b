"""The server that is asked, a file to send to it, and the cells that are measured with them."""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.capacity import ENOUGH, FASTEST, Capacity
from benchmarks.loads import FILE_SIZE
from benchmarks.measurement import Measurement
from benchmarks.plan import Plan
from benchmarks.processes import measure
from benchmarks.progress import Progress
from benchmarks.rounds import Rounds
from benchmarks.service import Service
from benchmarks.works import Cell

BLOCK = 1024 * 1024  # bytes


class TooSlow(Exception):
    """The server would be measured, not its clients."""


@dataclass
class Run:
    """With a server that runs, and a file to send to it."""

    service: Service
    file: Path
    progress: Progress

    def capacity(self, seconds: float) -> str:
        """How much faster than its fastest client the server is, in words. Raises ``TooSlow``."""
        said: list[str] = []
        for connection, cell in FASTEST.items():
            capacity = Capacity.of(measure(cell, self.service, self.file, seconds), self.service.place.workers)
            said.append(f"{connection}: {capacity}")
            self.progress.say(f"  {said[-1]}")
            if not capacity.is_enough:
                raise TooSlow(f"the server is not {ENOUGH:g} times as fast as its fastest client over {said[-1]}")
        return f"{self.service.place.workers} workers; " + "; ".join(said)

    def measure(self, chosen: Plan, more: Rounds | None = None) -> Rounds:
        """Measure what is planned; ``more``: beside what has been measured before."""

        def measured(cell: Cell) -> Measurement:
            return measure(cell, self.service, self.file, chosen.seconds)

        rounds = more or Rounds(measured, self.progress)
        rounds.go(chosen.cells, chosen.rounds)
        return rounds


@contextlib.contextmanager
def started(progress: Progress) -> Generator[Run]:
    """A server, and a file."""
    with tempfile.TemporaryDirectory() as directory, Service() as service:
        file = Path(directory) / "upload.jsonl"
        block = random.Random(1).randbytes(BLOCK)
        with file.open("wb") as opened:
            for _ in range(FILE_SIZE // BLOCK):
                opened.write(block)
        progress.say(f"server with {service.place.workers} workers")
        yield Run(service, file, progress)
