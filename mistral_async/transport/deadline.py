"""Keep a call, all its attempts and waits, and the body of its answer within one time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import msgspec

from mistral_async.errors import TimeoutError
from mistral_async.http import Request, Response, TimeLimit, Transport, Wrapped

T = TypeVar("T")


class Deadline:
    """Enforces ``timeout.total`` over everything below, and lets it know by ``request.deadline``.

    An answer that is wanted whole is read below, within ``send``; one that is read later is limited here, too.
    """

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    async def send(self, request: Request, /) -> Response:
        """Send it. Raises ``TimeoutError`` of the limit ``"total"``."""
        total = request.timeout.total
        if total is None:
            return await self._inner.send(request)
        limit = TimeLimit(asyncio.get_running_loop().time() + total)
        request = msgspec.structs.replace(request, deadline=limit)
        response = await _by(limit, self._inner.send(request), request)
        return response if request.answer == "whole" else _Limited(response, request, limit)

    async def aclose(self) -> None:
        """Close what is below."""
        await self._inner.aclose()


class _Limited(Wrapped):
    """Another response, whose body must have come by the deadline; after that it is closed."""

    __slots__ = ("_limit", "_request")

    def __init__(self, inner: Response, request: Request, limit: TimeLimit) -> None:
        super().__init__(inner)
        self._request = request
        self._limit = limit

    async def read(self) -> bytes:
        """What is left of the body. Raises ``TimeoutError`` of the limit ``"total"``."""
        return await self._in_time(self._inner.read())

    async def receive(self) -> bytes:
        """The next chunk of the body, empty at the end. Raises ``TimeoutError`` of the limit ``"total"``."""
        return await self._in_time(self._inner.receive())

    async def _in_time(self, reading: Coroutine[Any, Any, bytes]) -> bytes:
        try:
            # What is there already is read without waiting, which no timer would ever interrupt.
            if asyncio.get_running_loop().time() >= self._limit.at:
                reading.close()
                raise _too_late(self._request, self.attempts)
            return await _by(self._limit, reading, self._request, self.attempts)
        except TimeoutError as exc:
            if exc.limit == "total":
                self._inner.close()
            raise


async def _by(limit: TimeLimit, doing: Coroutine[Any, Any, T], request: Request, answered: int = 0) -> T:
    """What it comes to, where that is before the deadline. A cancellation by the caller stays one.

    ``answered``: after so many attempts there was an answer.

    In benchmarks/overhead.py it costs about 4 us of CPU a call, where ``asyncio.timeout_at`` costs 6. And it takes no
    time limit of the caller's for its own.
    """
    task = asyncio.current_task()
    assert task is not None
    before = task.cancelling()
    alarm = _Alarm(task)
    timer = asyncio.get_running_loop().call_at(limit.at, alarm.ring)
    try:
        return await doing
    except asyncio.CancelledError as exc:
        # More cancellations than were pending before, besides the alarm's own: the caller asked too.
        if not alarm.rung or task.cancelling() - 1 > before:
            raise
        if answered or limit.begun:
            raise _too_late(request, answered or limit.attempts + 1) from exc
        # What came before this attempt allowed another: nothing was done that must not be done twice.
        raise _too_late(request, limit.attempts, retry_safe=True) from exc
    finally:
        timer.cancel()
        if alarm.rung:
            task.uncancel()


class _Alarm:
    """Interrupts a task when its time is up."""

    __slots__ = ("_task", "rung")

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task
        self.rung = False

    def ring(self) -> None:
        self.rung = True
        self._task.cancel()


def _too_late(request: Request, attempts: int, *, retry_safe: bool | None = None) -> TimeoutError:
    host = request.origin.partition("://")[2]
    return TimeoutError(
        f"no complete answer from {host} within {request.timeout.total} s ({request}); raise `timeout.total`",
        limit="total",
        request=request,
        retry_safe=retry_safe,
    ).after(attempts)
