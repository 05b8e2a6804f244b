"""Rate limits that slide over a minute, and the headers that tell of them."""

from __future__ import annotations

import msgspec

from mistral_async.testing.clock import Clock

_WINDOW = 60  # seconds


class RateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much the server lets through. 0 refuses everything, for good."""

    requests_per_minute: int = 1_000_000
    tokens_per_minute: int = 1_000_000_000
    tokens_per_month: int = 1_000_000_000_000

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if getattr(self, name) < 0:
                raise ValueError(f"RateLimits.{name} is {getattr(self, name)}; it must be 0 or more")


class RateLimiter:
    """Counts requests and tokens of the last 60 seconds, second by second."""

    def __init__(self, limits: RateLimits, clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._seconds: dict[int, tuple[int, int]] = {}  # second -> requests and tokens, the oldest first
        self._requests = 0
        self._tokens = 0
        self._month = 0  # tokens since the server started

    def _forget(self) -> int:
        now = int(self._clock())
        while self._seconds and (oldest := next(iter(self._seconds))) <= now - _WINDOW:
            requests, tokens = self._seconds.pop(oldest)
            self._requests -= requests
            self._tokens -= tokens
        return now

    def _count(self, requests: int, tokens: int) -> None:
        now = self._forget()
        had_requests, had_tokens = self._seconds.get(now, (0, 0))
        self._seconds[now] = (had_requests + requests, had_tokens + tokens)
        self._requests += requests
        self._tokens += tokens
        self._month += tokens

    def admit(self) -> bool:
        """Count a request in, or say that it is one too many."""
        self._forget()
        limits = self.limits
        if (
            self._requests >= limits.requests_per_minute
            or self._tokens >= limits.tokens_per_minute
            or self._month >= limits.tokens_per_month
        ):
            return False
        self._count(1, 0)
        return True

    def charge(self, tokens: int) -> None:
        """Count what an answer used."""
        if tokens:
            self._count(0, tokens)

    def retry_after(self) -> int:
        """Whole seconds until something is forgotten."""
        now = self._forget()
        oldest = next(iter(self._seconds), now)
        return max(1, oldest + _WINDOW - now)

    def headers(self, cost: int = 0) -> dict[str, str]:
        self._forget()
        limits = self.limits
        return {
            "x-ratelimit-limit-req-minute": str(limits.requests_per_minute),
            "x-ratelimit-remaining-req-minute": str(max(0, limits.requests_per_minute - self._requests)),
            "x-ratelimit-limit-tokens-minute": str(limits.tokens_per_minute),
            "x-ratelimit-remaining-tokens-minute": str(max(0, limits.tokens_per_minute - self._tokens)),
            "x-ratelimit-limit-tokens-month": str(limits.tokens_per_month),
            "x-ratelimit-remaining-tokens-month": str(max(0, limits.tokens_per_month - self._month)),
            "x-ratelimit-tokens-query-cost": str(cost),
        }
