"""When a failed request is sent again, and after how long."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import msgspec

from mistral_async.settings.values import check_count, check_factor, check_flag, check_seconds, check_statuses

RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how soon a failed call is tried again. Delays are drawn from zero up to a bound that grows.

    What may be sent twice is the operation's to say: one that would leave two of something behind is sent again only
    where the server surely did nothing. A value that makes no sense is refused with ``ValueError``.
    """

    attempts: int = 3  # in all, the first one included
    first_delay: float = 0.5  # seconds; the bound of the first wait
    factor: float = 2.0  # by which the bound grows from wait to wait
    max_delay: float = 8.0  # seconds; the bound grows no further
    statuses: AbstractSet[int] = RETRIED_STATUSES  # from 400 to 599; kept as a frozenset, given as any iterable
    max_retry_after: float = 60.0  # seconds; where the server wants a longer wait, the error is raised at once
    read_timeouts: bool = False  # a POST that was not answered in time is sent again too, and may be paid for twice
    budget: float | None = 0.2  # retries for each call, over all calls of a client; None is without limit
    budget_reserve: int = 10  # retries beyond that

    def __post_init__(self) -> None:
        check_count("retry: attempts", self.attempts)
        check_seconds("retry: first_delay", self.first_delay, zero=True)
        check_factor("retry: factor", self.factor)
        check_seconds("retry: max_delay", self.max_delay, zero=True)
        check_seconds("retry: max_retry_after", self.max_retry_after, zero=True)
        check_count("retry: budget_reserve", self.budget_reserve, least=0)
        if self.budget is not None:
            check_factor("retry: budget", self.budget, least=0)
        check_flag("retry: read_timeouts", self.read_timeouts)
        msgspec.structs.force_setattr(self, "statuses", check_statuses("retry: statuses", self.statuses))
