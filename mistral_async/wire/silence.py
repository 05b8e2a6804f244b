"""How long a server may say nothing over HTTP/1.1 while somebody waits for it."""

from __future__ import annotations

import asyncio

from aiohttp.connector import Connection

GRACE = 0.1  # of the limit, by which a wait may take longer than that
MOST_GRACE = 1.0  # seconds


class Silence:
    """Hands a wait that lasts to aiohttp's timer, which each byte that comes sets back.

    Most waits are short: to set that timer for each of them costs more than what they wait for. So this looks, once in
    a while, whether a wait is under way that is not young any more.
    """

    __slots__ = ("_connection", "_grace", "_limit", "_look", "_loop", "_since", "_timed")

    def __init__(self, connection: Connection, limit: float) -> None:
        """The limit is in seconds. Nothing is timed before ``begin``."""
        self._connection = connection
        self._limit = limit
        self._grace = min(GRACE * limit, MOST_GRACE)
        self._loop = asyncio.get_running_loop()
        self._since: float | None = None  # the loop's time since when somebody waits
        self._look: asyncio.TimerHandle | None = None
        self._timed = False  # aiohttp's timer runs

    def begin(self) -> None:
        """Somebody waits, from now on."""
        self._since = self._loop.time()
        if self._look is None and not self._timed:
            self._look = self._loop.call_later(self._grace, self._find)

    def end(self) -> None:
        """Nobody waits any more."""
        self._since = None
        if self._timed:
            self._timed = False
            set_limit(self._connection, None)

    def stop(self) -> None:
        """Nobody will wait again."""
        if self._look is not None:
            self._look.cancel()

    def _find(self) -> None:
        self._look = None
        if self._since is None:
            return
        due = self._since + self._grace
        if due > self._loop.time():
            self._look = self._loop.call_at(due, self._find)
        else:
            self._timed = True
            set_limit(self._connection, self._limit)


def set_limit(connection: Connection, seconds: float | None) -> None:
    """Set how long nothing may arrive, from now on, where the connection is in use still."""
    protocol = connection.protocol
    if protocol is not None:
        protocol.read_timeout = seconds
        protocol.start_timeout()
