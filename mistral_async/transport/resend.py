"""Send again after a failure that may pass."""

from __future__ import annotations

import asyncio
import functools
import logging
import random
import sys
import time
import warnings
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mistral_async.errors import CircuitOpenError, MistralError
from mistral_async.hooks import OnRetry, Retried, call
from mistral_async.http import Request, Response, Transport, Wrapped
from mistral_async.transport import policy
from mistral_async.transport.budget import Budget

F = TypeVar("F", bound=Callable[..., Awaitable["_Course"]])

log = logging.getLogger("mistral_async")


class Resend:
    """Sends a request again as its policy says, up to the client's budget. A success at once costs next to nothing.

    ``backoff`` does the repeating, of one wait and one attempt at a time: so the wait is ours to replace, where that of
    ``backoff`` is always ``asyncio.sleep``, and is told to be none.
    """

    def __init__(
        self,
        inner: Transport,
        *,
        on_retry: OnRetry | None = None,
        budget: Budget | None = None,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        random: Callable[[], float] = random.random,
        now: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` is that of ``request.deadline`` (by default the loop's), ``now`` that of dates in header fields."""
        self._inner = inner
        self._on_retry = on_retry
        self._budget = budget if budget is not None else Budget()
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._now = now

    async def send(self, request: Request, /) -> Response:
        """The answer of the last attempt. Raises what that attempt raised."""
        retry = request.retry
        if retry is not None:
            self._budget.earn(retry)
        try:
            response = await self._inner.send(request)
        except MistralError as exc:
            delay = self._delay(request, 1, exc)
            if delay is None:
                _after(exc, 1)
                raise
            course = _Course(request, exc, delay)
        else:
            if retry is None or response.status not in retry.statuses:
                return response
            delay = self._delay(request, 1, response)
            if delay is None:
                return response
            course = _Course(request, response, delay)
        await self._repeated()(self, course)
        return course.result()

    @staticmethod
    @functools.cache
    def _repeated() -> Callable[[Resend, _Course], Awaitable[_Course]]:
        """``_once_more``, for as long as its course goes on; made when something is first sent again."""
        return _repeating(Resend._once_more)

    async def _once_more(self, course: _Course) -> _Course:
        """Wait, and make the next attempt."""
        self._give_up(course)
        try:
            await self._sleep(course.delay)
            course.attempt += 1
            outcome: policy.Outcome = await self._inner.send(course.request)
        except MistralError as exc:
            outcome = exc
        course.ended(outcome, self._delay(course.request, course.attempt, outcome))
        del outcome  # or the error's traceback would hold the error
        return course

    def _give_up(self, course: _Course) -> None:
        """Let go of an attempt that is followed by another, and say so."""
        outcome = course.take()
        if not isinstance(outcome, MistralError):
            outcome.close()
        if (limit := course.request.deadline) is not None:
            limit.attempts, limit.begun = course.attempt, False
        self._tell(course, outcome)

    def _tell(self, course: _Course, outcome: policy.Outcome) -> None:
        """Log an attempt that is followed by another, and tell the hook."""
        request, attempt, delay = course.request, course.attempt, course.delay
        status, error = (None, outcome) if isinstance(outcome, MistralError) else (outcome.status, None)
        log.info(
            "attempt %d of %s failed (%s); the next one in %.3f s",
            attempt,
            request,
            status if error is None else type(error).__name__,
            delay,
            extra=_extra(request, attempt, outcome, delay),
        )
        if self._on_retry is not None:
            retried = Retried(request=request, attempt=attempt, delay=delay, status=status, error=error)
            call(self._on_retry, retried, "on_retry")

    def _delay(self, request: Request, attempt: int, outcome: policy.Outcome) -> float | None:
        """Seconds to wait before the next attempt; None where there is none, for whatever reason."""
        retry, left = request.retry, None
        if request.deadline is not None:
            left = request.deadline.at - (self._clock or asyncio.get_running_loop().time)()
        delay = policy.delay(request, attempt, outcome, draw=self._random(), left=left, now=self._now)
        if delay is None or retry is None or self._budget.take(retry):
            return delay
        if self._budget.exhaust():
            log.warning(
                "too many retries for the calls that are made: none until more calls were (%s)",
                request,
                extra=_extra(request, attempt, outcome, None),
            )
        return None

    async def aclose(self) -> None:
        """Close what is below."""
        await self._inner.aclose()


class _Course:
    """One call that has failed at least once."""

    __slots__ = ("_outcome", "again", "attempt", "delay", "request")

    def __init__(self, request: Request, outcome: policy.Outcome, delay: float) -> None:
        self.request = request
        self.attempt = 1  # the last that was begun
        self.ended(outcome, delay)

    def ended(self, outcome: policy.Outcome, delay: float | None) -> None:
        """The last attempt came to this. None: there is no other."""
        self._outcome: policy.Outcome | None = outcome
        self.again = delay is not None
        self.delay = delay or 0.0  # seconds until the next attempt

    def take(self) -> policy.Outcome:
        """What the last attempt came to, once: an error that is held by what it is about is freed late."""
        outcome, self._outcome = self._outcome, None
        assert outcome is not None
        return outcome

    def result(self) -> Response:
        """The answer that stands, or the error raised."""
        outcome = self.take()
        try:
            if isinstance(outcome, MistralError):
                raise _after(outcome, self.attempt)
            return _Attempted(outcome, self.attempt)
        finally:
            del outcome  # or the error's traceback would hold the error


class _Attempted(Wrapped):
    """Another response, which took more than one attempt."""

    __slots__ = ()

    def __init__(self, inner: Response, attempts: int) -> None:
        super().__init__(inner)
        self.attempts = attempts


def _extra(request: Request, attempt: int, outcome: policy.Outcome, delay: float | None) -> dict[str, object]:
    """What a log record says besides its text; ``delay`` None: this attempt was the last."""
    return {
        "method": request.method,
        "path": request.path,
        "attempt": attempt,
        "delay": delay,
        "status": None if isinstance(outcome, MistralError) else outcome.status,
        "error": type(outcome).__name__ if isinstance(outcome, MistralError) else None,
    }


def _after(error: MistralError, attempt: int) -> MistralError:
    """The error that ends a call, saying how often the request was sent: an attempt at an open circuit sends nothing.

    One of the caller's own says what it did before: it may be about another call.
    """
    if error.of_caller:
        return error
    return error.after(attempt - 1 if isinstance(error, CircuitOpenError) else attempt)


def _goes_on(course: _Course) -> bool:
    return course.again


def _repeating(step: F) -> F:
    """The step, repeated for as long as its course goes on. Neither waits nor logs: the step does."""
    import backoff  # by those who send something again: an answer at the first attempt does not wait for it

    decorate = backoff.on_predicate(backoff.constant, _goes_on, interval=0, jitter=None, logger=None)
    if sys.version_info < (3, 14):
        return decorate(step)
    with warnings.catch_warnings():  # backoff 2.2 asks asyncio.iscoroutinefunction, which Python 3.14 deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        return decorate(step)
