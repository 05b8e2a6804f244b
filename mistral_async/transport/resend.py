"""Send again after a failure that may pass."""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import time
import warnings
from collections.abc import Awaitable, Callable
from typing import TypeVar

import backoff

from mistral_async.errors import CircuitOpenError, MistralError
from mistral_async.hooks import OnRetry, Retried
from mistral_async.http import Headers, Request, Response, Transport
from mistral_async.transport import policy
from mistral_async.transport.budget import Budget
from mistral_async.transport.deadline import interrupted

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
        # A plain function, not a method of this object: a client that nobody holds is gone at once, without a cycle.
        self._repeat = _repeating(Resend._once_more)

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
                exc.after(_sent(exc, 1))
                raise
            course = _Course(request, exc, delay)
        else:
            if retry is None or response.status not in retry.statuses:
                return response
            delay = self._delay(request, 1, response)
            if delay is None:
                return response
            course = _Course(request, response, delay)
        await self._repeat(self, course)
        return course.result()

    async def _once_more(self, course: _Course) -> _Course:
        """Wait, and make the next attempt."""
        delay = self._give_up(course)
        try:
            await self._sleep(delay)
            course.attempt += 1
            course.outcome = await self._inner.send(course.request)
        except MistralError as exc:
            course.outcome = exc
        except asyncio.CancelledError as exc:
            interrupted(exc, course.attempt)
            raise
        course.delay = self._delay(course.request, course.attempt, course.outcome)
        return course

    def _give_up(self, course: _Course) -> float:
        """Let go of an attempt that is followed by another, and say so. Returns how long to wait for that."""
        outcome, delay = course.outcome, course.delay
        assert outcome is not None
        assert delay is not None
        course.outcome = course.delay = None
        if isinstance(outcome, MistralError):
            status, error, what = None, outcome, type(outcome).__name__
        else:
            outcome.close()
            status, error, what = outcome.status, None, str(outcome.status)
        request, attempt = course.request, course.attempt
        log.info(
            "attempt %d of %s failed (%s); the next one in %.3f s",
            attempt,
            request,
            what,
            delay,
            extra={
                "method": request.method,
                "path": request.path,
                "attempt": attempt,
                "delay": delay,
                **({"status": status} if error is None else {"error": what}),
            },
        )
        if self._on_retry is not None:
            try:
                self._on_retry(Retried(request=request, attempt=attempt, delay=delay, status=status, error=error))
            except Exception:
                log.exception("on_retry failed for %s", request)
        return delay

    def _delay(self, request: Request, attempt: int, outcome: policy.Outcome) -> float | None:
        """Seconds to wait before the next attempt; None where there is none, for whatever reason."""
        retry, left = request.retry, None
        if request.deadline is not None:
            left = request.deadline - (self._clock or asyncio.get_running_loop().time)()
        delay = policy.delay(request, attempt, outcome, draw=self._random(), left=left, now=self._now)
        if delay is None or retry is None or self._budget.take(retry):
            return delay
        if self._budget.exhaust():
            log.warning(
                "too many retries for the calls that are made: none until more calls were (%s)",
                request,
                extra={"method": request.method, "path": request.path, "attempt": attempt},
            )
        return None

    async def aclose(self) -> None:
        """Close what is below."""
        await self._inner.aclose()


class _Course:
    """One call that has failed at least once."""

    __slots__ = ("attempt", "delay", "outcome", "request")

    def __init__(self, request: Request, outcome: policy.Outcome, delay: float) -> None:
        self.request = request
        self.outcome: policy.Outcome | None = outcome  # of the last attempt, unless it was given up
        self.delay: float | None = delay  # seconds until the next attempt; None: the outcome stands
        self.attempt = 1  # the last that was begun

    def result(self) -> Response:
        """The answer that stands, or the error raised."""
        outcome, self.outcome = self.outcome, None
        assert outcome is not None
        try:
            if isinstance(outcome, MistralError):
                raise outcome.after(_sent(outcome, self.attempt))
            return _Attempted(outcome, self.attempt)
        finally:
            del outcome  # or the error's traceback would hold the error


class _Attempted:
    """Another response, which took more than one attempt."""

    __slots__ = ("_inner", "attempts")

    def __init__(self, inner: Response, attempts: int) -> None:
        self._inner = inner
        self.attempts = attempts

    @property
    def status(self) -> int:
        return self._inner.status

    @property
    def headers(self) -> Headers:
        return self._inner.headers

    @property
    def http_version(self) -> str:
        return self._inner.http_version

    async def read(self) -> bytes:
        """The whole body."""
        return await self._inner.read()

    async def receive(self) -> bytes:
        """The next chunk of the body; empty at the end."""
        return await self._inner.receive()

    def close(self) -> None:
        """Give up what has not been read."""
        self._inner.close()


def _sent(error: MistralError, attempt: int) -> int:
    """How often the request was sent: an attempt at an open circuit sends nothing."""
    return attempt - 1 if isinstance(error, CircuitOpenError) else attempt


def _failed(course: _Course) -> bool:
    return course.delay is not None


def _repeating(step: F) -> F:
    """The step, repeated for as long as its course goes on. Neither waits nor logs: the step does."""
    decorate = backoff.on_predicate(backoff.constant, _failed, interval=0, jitter=None, logger=None)
    if sys.version_info < (3, 14):
        return decorate(step)
    with warnings.catch_warnings():  # backoff 2.2 asks asyncio.iscoroutinefunction, which Python 3.14 deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        return decorate(step)
