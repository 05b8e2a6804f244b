"""Is the server never what is waited for? Looked at before anything is measured."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.measurement import Measurement
from benchmarks.works import Cell

ENOUGH = 5.0  # times as many calls as the fastest client makes
FASTEST = {"HTTP/1.1": Cell("floor", "chat-64", tls=False), "HTTP/2 over TLS": Cell("ours-h2", "chat-64", tls=True)}


@dataclass(frozen=True)
class Capacity:
    """Calls a second: what the server could answer with all workers busy, and what the fastest client asks for."""

    server: float
    client: float

    @classmethod
    def of(cls, measurement: Measurement, workers: int) -> Capacity:
        """From what the fastest client did, and what that cost the server."""
        assert measurement.server is not None
        return cls(server=workers / measurement.server, client=1 / measurement.wall)

    @property
    def times(self) -> float:
        return self.server / self.client

    @property
    def is_enough(self) -> bool:
        return self.times >= ENOUGH

    def __str__(self) -> str:
        """The figures."""
        return (
            f"{self.times:.1f} times the fastest client: could answer {self.server:,.0f} calls a second, "
            f"is asked for {self.client:,.0f}"
        )
