"""Refuse what is sent after the client was closed: it would open connections that nobody closes."""

from __future__ import annotations

from mistral_async.http import Request, Sending, Transport


class Gate:
    """Open until it is closed, and again after ``open``."""

    def __init__(self, inner: Transport, *, begins: bool = False) -> None:
        """``begins``: what is let through counts as begun, where the wire below does not say so itself."""
        self._inner = inner
        self._begins = begins
        self._closed = False

    def open(self) -> None:
        """Let requests through again."""
        self._closed = False

    def send(self, request: Request, /) -> Sending:
        """Send it. Raises ``RuntimeError`` where the client is closed."""
        if self._closed:
            raise RuntimeError(f"the client is closed ({request})")
        if self._begins and request.deadline is not None:
            request.deadline.begun = True
        return self._inner.send(request)

    async def aclose(self) -> None:
        """Close what is below, and let nothing through."""
        self._closed = True
        await self._inner.aclose()
