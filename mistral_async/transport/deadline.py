"""Keep a call, all its attempts and waits, and the body of its answer within one time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import msgspec

from mistral_async.errors import TimeoutError
from mistral_async.http import Request, Response, Transport, Wrapped

T = TypeVar("T")

_ATTEMPTS = "attempts_made"


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
        deadline = asyncio.get_running_loop().time() + total
        request = msgspec.structs.replace(request, deadline=deadline)
        response = await _by(deadline, self._inner.send(request), request)
        return response if request.answer == "whole" else _Limited(response, request, deadline)

    async def aclose(self) -> None:
        """Close what is below."""
        await self._inner.aclose()


class _Limited(Wrapped):
    """Another response, whose body must have come by the deadline; after that it is closed."""

    __slots__ = ("_deadline", "_request")

    def __init__(self, inner: Response, request: Request, deadline: float) -> None:
        super().__init__(inner)
        self._request = request
        self._deadline = deadline

    async def read(self) -> bytes:
        """What is left of the body. Raises ``TimeoutError`` of the limit ``"total"``."""
        return await self._in_time(self._inner.read())

    async def receive(self) -> bytes:
        """The next chunk of the body, empty at the end. Raises ``TimeoutError`` of the limit ``"total"``."""
        return await self._in_time(self._inner.receive())

    async def _in_time(self, reading: Coroutine[Any, Any, bytes]) -> bytes:
        try:
            # What is there already is read without waiting, which no timer would ever interrupt.
            if asyncio.get_running_loop().time() >= self._deadline:
                reading.close()
                raise _too_late(self._request).after(self.attempts)
            return await _by(self._deadline, reading, self._request, self.attempts)
        except TimeoutError as exc:
            if exc.limit == "total":
                self._inner.close()
            raise


async def _by(deadline: float, doing: Coroutine[Any, Any, T], request: Request, attempts: int = 1) -> T:
    """What it comes to, where that is before the deadline. A cancellation by the caller stays one.

    In benchmarks/overhead.py it costs about 4 us of CPU a call, where ``asyncio.timeout_at`` costs 6. And it takes no
    time limit of the caller's for its own.
    """
    task = asyncio.current_task()
    assert task is not None
    before = task.cancelling()
    alarm = _Alarm(task)
    timer = asyncio.get_running_loop().call_at(deadline, alarm.ring)
    try:
        return await doing
    except asyncio.CancelledError as exc:
        # More cancellations than were pending before, besides the alarm's own: the caller asked too.
        if not alarm.rung or task.cancelling() - 1 > before:
            raise
        raise _too_late(request).after(getattr(exc, _ATTEMPTS, attempts)) from exc
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


def interrupted(exc: asyncio.CancelledError, attempts: int) -> None:
    """Leave a note on a cancellation that passes by: how many attempts were made, should the deadline be its reason."""
    setattr(exc, _ATTEMPTS, attempts)


def _too_late(request: Request) -> TimeoutError:
    host = request.origin.partition("://")[2]
    return TimeoutError(
        f"no complete answer from {host} within {request.timeout.total} s ({request}); raise `timeout.total`",
        limit="total",
        request=request,
    )
