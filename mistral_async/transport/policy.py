"""Whether a failed attempt is followed by another, and after how long. Pure: no event loop, no chance of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

from mistral_async.errors import CircuitOpenError, MistralError, TimeoutError, TransportError
from mistral_async.fields import no_allowance, retry_after
from mistral_async.http import Request, Response
from mistral_async.settings.retry import Retry

Outcome: TypeAlias = Response | MistralError
"""What became of an attempt: an answer, whatever its status, or the error in its place."""


def delay(
    request: Request,
    attempt: int,
    outcome: Outcome,
    *,
    draw: float,
    left: float | None = None,
    now: Callable[[], float] = time.time,
) -> float | None:
    """Seconds to wait before attempt ``attempt + 1``; None where this outcome is the last.

    ``attempt`` counts from 1, ``draw`` is drawn from zero to one, ``left`` is in seconds to the request's deadline, and
    ``now`` is what a date in ``Retry-After`` is compared to.
    """
    policy = request.retry
    if policy is None or attempt >= policy.attempts:
        return None
    if isinstance(outcome, MistralError):
        wait = draw * bound(policy, attempt) if _error_may_pass(request, policy, outcome) else None
    elif _status_may_pass(request, policy, outcome):
        wait = _asked_to_wait(policy, attempt, outcome, draw, now)
    else:
        wait = None
    # A wait that ends after the deadline would only hold back what is known already.
    return None if wait is None or (left is not None and wait >= left) else wait


def bound(policy: Retry, attempt: int) -> float:
    """Seconds up to which the wait after this attempt is drawn: the clients of one outage must not return as one.

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog ("full jitter", as ``backoff.full_jitter`` is).
    """
    try:
        return min(policy.max_delay, policy.first_delay * policy.factor ** (attempt - 1))
    except OverflowError:
        return policy.max_delay


def _asked_to_wait(
    policy: Retry, attempt: int, response: Response, draw: float, now: Callable[[], float]
) -> float | None:
    after = retry_after(response.headers, now=now)
    if after is None:
        return draw * bound(policy, attempt)
    if after > policy.max_retry_after:
        return None
    # Never sooner than the server wants, and a little later: it told everybody the same.
    return after + draw * bound(policy, 1)


def _status_may_pass(request: Request, policy: Retry, response: Response) -> bool:
    if response.status not in policy.statuses or not _has_body_again(request):
        return False
    if response.status == 429:  # refused before anything was done, whatever the operation
        return not no_allowance(response.headers)
    return request.repeatable


def _error_may_pass(request: Request, policy: Retry, error: MistralError) -> bool:
    if error.of_caller:
        return False  # the request's own body or key function failed: the next attempt begins where this one ended
    match error:
        case CircuitOpenError():
            return False  # it stays open for longer than a retry waits
        case TimeoutError(limit="total"):
            return False
        case TimeoutError(limit="read") if request.method == "POST" and not policy.read_timeouts:
            return False  # the server may be at work on it still, and charges for it
        case TransportError(permanent=True):
            return False
        case TransportError():
            return (request.repeatable or error.retry_safe) and _has_body_again(request)
        case _:
            return False  # an answer did arrive


def _has_body_again(request: Request) -> bool:
    body = request.body
    return body is None or isinstance(body, bytes) or body.replayable
