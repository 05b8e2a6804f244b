"""Is the server never what is waited for? Looked at before anything is measured."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.measurement import Measurement
from benchmarks.works import Cell

ENOUGH = 5.0  # times as many calls as the fastest client makes
HTTP1, HTTP1_TLS, HTTP2 = "HTTP/1.1", "HTTP/1.1 over TLS", "HTTP/2 over TLS"
FASTEST = {
    HTTP1: Cell("floor", "chat-64", tls=False),
    HTTP1_TLS: Cell("floor", "chat-64", tls=True),
    HTTP2: Cell("ours-h2", "chat-64", tls=True),
}


@dataclass(frozen=True)
class Capacity:
    """Calls a second: what the server could answer with all workers busy, and what the fastest client asks for."""

    server: float
    client: float

    @classmethod
    def of(cls, fastest: Measurement, cost: float, workers: int) -> Capacity:
        """From what the fastest client did, and the seconds of CPU that a call costs a server that has many."""
        return cls(server=workers / cost, client=1 / fastest.wall)

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
