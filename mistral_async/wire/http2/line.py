"""Requests that wait for a stream, in their order."""

from __future__ import annotations

import asyncio
import bisect
from collections import deque
from collections.abc import Callable, Iterator

from mistral_async.http import Request
from mistral_async.wire.http2.connection import Http2Connection


class Waiter:
    """A request in the line. ``again``: it had a stream before, that came to nothing."""

    __slots__ = ("_expire", "_timer", "again", "request", "served", "turn")

    def __init__(self, request: Request, expire: Callable[[Waiter], None], *, again: bool) -> None:
        self.request = request
        self.again = again
        self.turn: asyncio.Future[Http2Connection] = asyncio.get_running_loop().create_future()
        self.served: Http2Connection | None = None
        self._expire = expire
        self._timer: asyncio.TimerHandle | None = None

    def start_limit(self) -> None:
        """There is no connection of use: the limit ``connect`` counts from now."""
        limit = self.request.timeout.connect
        if limit is not None and self._timer is None:
            self._timer = self.turn.get_loop().call_later(limit, self._expire, self)

    def stop_limit(self) -> None:
        """There is a connection, however full: the limit counts no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def serve(self, connection: Http2Connection) -> None:
        """It is its turn."""
        if not self.turn.done():
            self.served = connection
            connection.promise()
            self.turn.set_result(connection)

    def fail(self, error: Exception) -> None:
        """It waits for nothing."""
        if not self.turn.done():
            self.turn.set_exception(error)
            self.turn.exception()  # looked at: its caller may be cancelled before it sees it


class Line:
    """Who comes again stands before who comes anew."""

    __slots__ = ("_limited", "_waiters")

    def __init__(self) -> None:
        self._waiters: deque[Waiter] = deque()
        self._limited = False  # the limit ``connect`` counts

    def __len__(self) -> int:
        return len(self._waiters)

    def __iter__(self) -> Iterator[Waiter]:
        return iter(self._waiters)

    def join(self, waiter: Waiter) -> None:
        if waiter.again:
            bisect.insort(self._waiters, waiter, key=_anew)
        else:
            self._waiters.append(waiter)
        if self._limited:
            waiter.start_limit()

    def leave(self, waiter: Waiter) -> bool:
        """Whether it was there."""
        there = waiter in self._waiters
        if there:
            self._waiters.remove(waiter)
        return there

    def next(self) -> Waiter:
        return self._waiters.popleft()

    def limit(self, limited: bool) -> None:
        """Whether waiting is limited: for a connection it is, for those before in the line it is not."""
        if limited is not self._limited:
            self._limited = limited
            for waiter in self._waiters:
                if limited:
                    waiter.start_limit()
                else:
                    waiter.stop_limit()

    def patience(self) -> float | None:
        """Seconds that the most patient one waits for a connection; None where one waits without a limit."""
        longest = 0.0
        for waiter in self._waiters:
            limit = waiter.request.timeout.connect
            if limit is None:
                return None
            longest = max(longest, limit)
        return longest


def _anew(waiter: Waiter) -> bool:
    return not waiter.again
