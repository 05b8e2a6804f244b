"""Requests of HTTP/1.1 as they come: heads, and bodies cut anywhere.

Source: RFC 9112.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from benchmarks.server.routes import Route, route


class Broken(Exception):
    """No request of HTTP/1.1."""


class Head(NamedTuple):
    route: Route
    length: int | None  # bytes of the body; None where it comes in chunks


class Body(Protocol):
    """A reader of a body, which hands its content on."""

    done: bool

    def feed(self, data: memoryview, /) -> int:
        """How many bytes of it belong to the body."""
        ...


def head_of(data: bytes) -> Head:
    """Of a head with its empty line. Raises ``Broken``."""
    lines = data[:-4].split(b"\r\n")
    try:
        method, target, _ = lines[0].split(b" ")
    except ValueError:
        raise Broken from None
    length: int | None = 0
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        name, value = name.lower(), value.strip().lower()
        if not colon:
            raise Broken
        if name == b"content-length":
            if not value.isdigit():
                raise Broken
            length = int(value)
        elif name == b"transfer-encoding":
            length = None
    return Head(route(method, target), length)


class Sized:
    """A body of a length that was said before."""

    def __init__(self, length: int, take: Callable[[memoryview], object]) -> None:
        self.done = not length
        self._left = length
        self._take = take

    def feed(self, data: memoryview, /) -> int:
        if len(data) > self._left:
            data = data[: self._left]
        self._take(data)
        self._left -= len(data)
        self.done = not self._left
        return len(data)


class Chunked:
    """A body in chunks. Source: RFC 9112 section 7.1."""

    def __init__(self, take: Callable[[memoryview], object]) -> None:
        self.done = False
        self._take = take
        self._left = 0  # bytes of the chunk, with its line end
        self._line = bytearray()
        self._trailer = False

    def feed(self, data: memoryview, /) -> int:
        at = 0
        while at < len(data) and not self.done:
            if self._left:
                part = data[at : at + self._left]
                self._take(part[: max(0, self._left - 2)])
                self._left -= len(part)
                at += len(part)
            else:
                at = self._feed_line(data, at)
        return at

    def _feed_line(self, data: memoryview, at: int) -> int:
        """A line that is no content, as far as it is there."""
        rest = bytes(data[at : at + 128])
        end = rest.find(b"\n")
        if end < 0:
            self._line += rest
            return at + len(rest)
        line = bytes(self._line + rest[: end + 1]).strip()
        self._line.clear()
        if self._trailer:
            self.done = not line
        else:
            try:
                size = int(line.partition(b";")[0], 16)
            except ValueError:
                raise Broken from None
            self._trailer = not size
            self._left = size + 2 if size else 0
        return at + end + 1
