"""What ours has to reach, and no more."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.works import Metric

MB = 1024 * 1024  # bytes


@dataclass(frozen=True)
class Target:
    """A limit for ours in one row.

    For ``cpu`` and ``wall`` it is a ratio to the yardstick, for ``growth`` it is in bytes: at most so much. For
    ``held`` it counts calls: at least so many.
    """

    row: str
    metric: Metric
    limit: float
    reachable: float | None = None  # what a check takes for the limit, where that is out of reach

    def is_met(self, value: float) -> bool:
        """Whether the value is within the limit."""
        return value >= self.limit if self.metric == "held" else value <= self.limit

    def is_exceeded(self, value: float, factor: float) -> bool:
        """Whether the value misses the limit by more than the factor. Calls are held at once, all of them, or not."""
        if self.metric == "held":
            return value < self.limit
        return value > (self.reachable or self.limit) * factor


def _both(work: str, metric: Metric, limit: float) -> tuple[Target, Target]:
    """Where no version of HTTP is named, the target is for both."""
    return Target(work, metric, limit), Target(f"{work}-tls", metric, limit)


TARGETS: tuple[Target, ...] = (
    Target("chat-1", "cpu", 1.35),
    Target("chat-64", "cpu", 1.5),
    Target("chat-64-tls", "cpu", 0.8),
    *_both("bulk", "cpu", 2.0),
    Target("live", "cpu", 1.1),
    Target("live-tls", "cpu", 0.8),
    *_both("embeddings", "cpu", 1.1),
    *_both("base64", "cpu", 0.3),
    *_both("list", "cpu", 1.3),
    Target("upload", "wall", 0.5),
    # A blocking loop that only reads, encrypts and sends takes 0.7 itself.
    Target("upload-tls", "wall", 0.5, reachable=1.0),
    *_both("upload", "growth", 10 * MB),
    *_both("download", "wall", 1.1),
    *_both("download", "growth", 10 * MB),
    *_both("held", "held", 1000),
    Target("held", "growth", 15 * MB),
    Target("held-tls", "growth", 8 * MB),
    Target("import", "cpu", 0.5),
    Target("start", "wall", 1.1),
    Target("start-tls", "wall", 0.9),
)
