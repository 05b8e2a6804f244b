"""When a failed request is sent again, and after how long."""

from __future__ import annotations

import msgspec

RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how soon a failed call is tried again. Delays are drawn from zero up to a bound that grows."""

    attempts: int = 3  # in all, the first one included
    first_delay: float = 0.5  # seconds; the bound of the first wait
    factor: float = 2.0  # by which the bound grows from wait to wait
    max_delay: float = 8.0  # seconds; the bound grows no further
    statuses: frozenset[int] = RETRIED_STATUSES
    max_retry_after: float = 60.0  # seconds; where the server wants a longer wait, the error is raised at once
    read_timeouts: bool = False  # a POST that was not answered in time is sent again too, and may be paid for twice
    budget: float | None = 0.2  # retries for each call, over all calls of a client; None is without limit
    budget_reserve: int = 10  # retries beyond that
