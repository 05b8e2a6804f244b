"""Keep a call, all its attempts and waits, and the body of its answer within one time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from mistral_async.errors import TimeoutError
from mistral_async.http import Reading, Request, Response, Sending, TimeLimit, Transport, Wrapped

T = TypeVar("T")


class Deadline:
    """Enforces ``timeout.total`` over everything below, and lets it know by ``request.deadline``.

    An answer that is wanted whole is read below, within ``send``; one that is read later is limited here, too.
    """

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def send(self, request: Request, /) -> Sending:
        """Send it. Raises ``TimeoutError`` of the limit ``"total"``."""
        total = request.timeout.total
        return self._inner.send(request) if total is None else self._limited(request, total)

    async def _limited(self, request: Request, total: float) -> Response:
        limit = TimeLimit(asyncio.get_running_loop().time() + total)
        request = msgspec.structs.replace(request, deadline=limit)
        alarm = _Alarm(limit.at)
        try:
            response = await _by(alarm, self._inner.send(request), request)
        except BaseException:
            alarm.stop()
            raise
        if request.answer != "whole":
            return _Limited(response, request, alarm)
        alarm.stop()
        return response

    async def aclose(self) -> None:
        """Close what is below."""
        await self._inner.aclose()


class _Limited(Wrapped):
    """Another response, whose body must have come by the deadline; after that it is closed."""

    __slots__ = ("_alarm", "_request")

    def __init__(self, inner: Response, request: Request, alarm: _Alarm) -> None:
        super().__init__(inner)
        self._request = request
        self._alarm = alarm  # one for all of the body: to set one for each chunk costs more than all else here

    async def read(self) -> bytes:
        """What is left of the body. Raises ``TimeoutError`` of the limit ``"total"``."""
        body = await self._in_time(self._inner.read)
        self._alarm.stop()
        return body

    async def receive(self) -> bytes:
        """The next chunk of the body, empty at the end. Raises ``TimeoutError`` of the limit ``"total"``."""
        chunk = await self._in_time(self._inner.receive)
        if not chunk:
            self._alarm.stop()
        return chunk

    def close(self) -> None:
        """Give up what has not been read."""
        self._alarm.stop()
        self._inner.close()

    async def _in_time(self, read: Callable[[], Reading]) -> bytes:
        try:
            # What is there already is read without waiting, which no alarm would ever interrupt.
            if self._alarm.due:
                raise _too_late(self._request, self.attempts)
            return await _by(self._alarm, read(), self._request, self.attempts)
        except TimeoutError as exc:
            if exc.limit == "total":
                self._inner.close()
            raise


async def _by(alarm: _Alarm, doing: Coroutine[Any, Any, T], request: Request, answered: int = 0) -> T:
    """What it comes to, where that is before the alarm. A cancellation by the caller stays one.

    ``answered``: after so many attempts there was an answer.

    In benchmarks/overhead.py it costs about 4 us of CPU a call, where ``asyncio.timeout_at`` costs 6. And it takes no
    time limit of the caller's for its own.
    """
    task = asyncio.current_task()
    limit = request.deadline
    assert task is not None
    assert limit is not None
    before = task.cancelling()
    other, alarm.task = alarm.task, task  # another task that reads the same answer keeps its limit
    try:
        return await doing
    except asyncio.CancelledError as exc:
        # More cancellations than were pending before, besides the alarm's own: the caller asked too.
        if alarm.rung is not task or task.cancelling() - 1 > before:
            raise
        if answered or limit.begun:
            raise _too_late(request, answered or limit.attempts + 1) from exc
        # What came before this attempt allowed another: nothing was done that must not be done twice.
        raise _too_late(request, limit.attempts, retry_safe=True) from exc
    finally:
        alarm.task = other
        if alarm.rung is task:
            task.uncancel()


class _Alarm:
    """Interrupts a task when its time is up, where one is to be interrupted then."""

    __slots__ = ("_at", "_loop", "_timer", "rung", "task")

    def __init__(self, at: float) -> None:
        """The loop's time at which it rings, unless it is stopped before."""
        self.task: asyncio.Task[Any] | None = None
        self.rung: asyncio.Task[Any] | bool = False  # the task that it has interrupted, where there was one
        self._at = at
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_at(at, self._ring)

    @property
    def due(self) -> bool:
        """Whether its time is up: it rings a moment later, maybe, or rang a moment before, by the loop's clock."""
        return self.rung is not False or self._loop.time() >= self._at

    def stop(self) -> None:
        """It is needed no more."""
        self._timer.cancel()

    def _ring(self) -> None:
        self.rung = self.task or True
        if self.task is not None:
            self.task.cancel()


def _too_late(request: Request, attempts: int, *, retry_safe: bool | None = None) -> TimeoutError:
    host = request.origin.partition("://")[2]
    return TimeoutError(
        f"no complete answer from {host} within {request.timeout.total} s ({request}); raise `timeout.total`",
        limit="total",
        request=request,
        retry_safe=retry_safe,
    ).after(attempts)
