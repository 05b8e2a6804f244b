"""How many retries a client may still make: a part of its calls, and a few. Keeps an outage from being made worse."""

from __future__ import annotations

from mistral_async.settings.retry import Retry

BANKED = 100.0  # retries that may be saved up; more would let long good times pay for a storm
ROUNDING = 1e-9  # ten calls at a tenth each are one retry, whatever floats make of the sum


class Budget:
    """A bucket of tokens: each call puts a part of one in, each retry takes one out.

    It starts empty and may be overdrawn by the policy's reserve, so that policies of single calls share one bucket.
    Retries are never more than ``budget_reserve + budget * calls``.
    """

    __slots__ = ("_exhausted", "_tokens")

    def __init__(self) -> None:
        self._tokens = 0.0
        self._exhausted = False

    def earn(self, policy: Retry) -> None:
        """A call is being made."""
        if policy.budget is not None and self._tokens < BANKED:
            self._tokens = min(BANKED, self._tokens + policy.budget)

    def take(self, policy: Retry) -> bool:
        """Whether a retry may be made, which it is then."""
        if policy.budget is None:
            return True
        if self._tokens - 1 < -policy.budget_reserve - ROUNDING:
            return False
        self._tokens -= 1
        self._exhausted = False
        return True

    def exhaust(self) -> bool:
        """True the first time the budget is empty since the last retry."""
        first, self._exhausted = not self._exhausted, True
        return first
