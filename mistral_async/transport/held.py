"""Responses of which a part is in memory already."""

from __future__ import annotations

from mistral_async.errors import TransportError
from mistral_async.http import Reading, Response, Wrapped

ERROR_LIMIT = 64 * 1024  # bytes of an error body that are read: no message needs more


class Held(Wrapped):
    """A response whose body is in memory: there is nothing left to wait for, nor to close."""

    __slots__ = ("_left",)

    def __init__(self, inner: Response, body: bytes) -> None:
        super().__init__(inner)
        self._left = body

    async def read(self) -> bytes:
        """The whole body; empty from then on."""
        left, self._left = self._left, b""
        return left

    async def receive(self) -> bytes:
        """The whole body; empty from then on."""
        return await self.read()

    def close(self) -> None:
        """Nothing: what there was to close is closed."""


class Begun(Wrapped):
    """A response whose first chunk is in memory, and the rest still to come."""

    __slots__ = ("_first",)

    def __init__(self, inner: Response, first: bytes) -> None:
        super().__init__(inner)
        self._first = first

    async def read(self) -> bytes:
        """What is left of the body."""
        first, self._first = self._first, b""
        return first + await self._inner.read()

    def receive(self) -> Reading:
        """The next chunk of the body; empty at the end."""
        return self._take() if self._first else self._inner.receive()

    async def _take(self) -> bytes:
        first, self._first = self._first, b""
        return first

    def close(self) -> None:
        """Give up what has not been read."""
        self._first = b""
        self._inner.close()


async def beginning(response: Response, limit: int) -> bytes:
    """The first bytes of a body, as far as they come; the rest is given up, and the response closed."""
    body = bytearray()
    try:
        # One look beyond the last byte lets a response end, whose connection can then be used again.
        while len(body) < limit and (chunk := await response.receive()):
            body += chunk
    except TransportError:
        pass  # what was read is kept
    finally:
        response.close()
    return bytes(body[:limit])
