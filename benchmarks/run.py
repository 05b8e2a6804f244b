"""The server that is asked, a file to send to it, and the cells that are measured with them."""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.capacity import ENOUGH, FASTEST, HTTP2, Capacity
from benchmarks.loads import FILE_SIZE
from benchmarks.measurement import Measurement
from benchmarks.plan import Plan
from benchmarks.processes import measure
from benchmarks.progress import Progress
from benchmarks.rounds import Rounds
from benchmarks.saturation import saturate
from benchmarks.service import Service
from benchmarks.works import Cell

BLOCK = 1024 * 1024  # bytes


class TooSlow(Exception):
    """The server would be measured, not its clients."""


@dataclass
class Run:
    """With a server that runs."""

    service: Service
    directory: Path
    progress: Progress

    def capacity(self, seconds: float) -> str:
        """How much faster than its fastest client the server is, in words. Raises ``TooSlow``."""
        said: list[str] = []
        for connection, cell in FASTEST.items():
            fastest = measure(cell, self.service, self.file(cell), seconds)
            # Over HTTP/2 its requests come many at a time as it is.
            cost = fastest.server if connection == HTTP2 else self._saturated(seconds, tls=cell.tls)
            assert cost is not None
            capacity = Capacity.of(fastest, cost, self.service.place.workers)
            said.append(f"{connection}: {capacity}")
            self.progress.say(f"  {said[-1]}")
            if not capacity.is_enough:
                raise TooSlow(f"the server is not {ENOUGH:g} times as fast as its fastest client over {said[-1]}")
        return f"{self.service.place.workers} workers; " + "; ".join(said)

    def _saturated(self, seconds: float, *, tls: bool) -> float:
        """Seconds of CPU that a call costs the server, where as many are made as it can answer."""
        place, before = self.service.place, self.service.stats()
        saturate(place.https if tls else place.http, seconds, place.ca if tls else None)
        after = self.service.stats()
        return (after.cpu - before.cpu) / max(1, after.requests - before.requests)

    def measure(self, chosen: Plan, more: Rounds | None = None) -> Rounds:
        """Measure what is planned; ``more``: beside what has been measured before."""

        def measured(cell: Cell) -> Measurement:
            return measure(cell, self.service, self.file(cell), chosen.seconds)

        rounds = more or Rounds(measured, self.progress)
        rounds.go(chosen.cells, chosen.rounds)
        return rounds

    def file(self, cell: Cell) -> Path:
        """What the cell sends; made when it is needed first."""
        file = self.directory / "upload.jsonl"
        if cell.work == "upload" and not file.exists():
            block = random.Random(1).randbytes(BLOCK)
            with file.open("wb") as opened:
                for _ in range(FILE_SIZE // BLOCK):
                    opened.write(block)
        return file


@contextlib.contextmanager
def started(progress: Progress) -> Generator[Run]:
    """A server, and a directory for what is sent to it."""
    with tempfile.TemporaryDirectory() as directory, Service() as service:
        progress.say(f"server with {service.place.workers} workers")
        yield Run(service, Path(directory), progress)
