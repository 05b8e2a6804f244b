"""The calls that are under way, for whoever closes the wire to end them."""

from __future__ import annotations

import asyncio
import weakref
from typing import Protocol


class Unfinished(Protocol):
    """A response whose body is still on its way."""

    def close(self) -> None: ...

    def lost(self, transport: asyncio.Transport) -> None: ...


class UnderWay:
    """Who waits for the head of a response, and the responses whose bodies are still on their way."""

    def __init__(self) -> None:
        self.closed = False
        self.waiting: set[asyncio.Task[object]] = set()
        # Weak, since a response that somebody drops gives its connection back by that.
        self._responses: weakref.WeakSet[Unfinished] = weakref.WeakSet()
        self._ended: set[asyncio.Task[object]] = set()

    def keep(self, response: Unfinished) -> None:
        """Close the response with the rest, where somebody still has it then."""
        self._responses.add(response)

    def close(self) -> None:
        """End them all. Who waits for a head is cancelled, which ``ended`` tells from other cancellations."""
        self.closed = True
        for task in self.waiting - self._ended:  # once, though whoever closes may be cancelled and begin again
            self._ended.add(task)
            task.cancel()
        for response in list(self._responses):
            response.close()

    def lost(self, transport: asyncio.Transport) -> None:
        """A connection has ended, whoever uses it."""
        for response in list(self._responses):
            response.lost(transport)

    def ended(self, task: asyncio.Task[object], cancelling: int) -> bool:
        """Whether the task's CancelledError is ours alone; ``cancelling`` is what it was before."""
        if task not in self._ended:
            return False
        self._ended.discard(task)
        return task.uncancel() <= cancelling
