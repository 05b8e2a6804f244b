"""How a job moves from one state to the next as time goes by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Course:
    """The states of one job, and when each began."""

    status: str
    since: float
    ahead: list[str] = field(default_factory=list[str])  # states still to come, the next first

    def next_at(self, stay: float) -> float | None:
        """When the next state begins, with ``stay`` seconds in each; None where the job rests."""
        return self.since + stay if self.ahead else None

    def step(self, at: float) -> str:
        """Enter the next state."""
        self.status, self.since = self.ahead.pop(0), at
        return self.status

    def redirect(self, states: Sequence[str]) -> None:
        """Other states to come than had been planned."""
        self.ahead = list(states)
