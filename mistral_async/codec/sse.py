"""Server-sent events, from bytes however they are cut.

Source: WHATWG HTML, section 9.2 "Server-sent events".
"""

from __future__ import annotations

import sys

import msgspec

_BOM = b"\xef\xbb\xbf"
_PLAIN = b"data: "  # how nearly every event begins
# As numbers: `in` takes any other bytes for a number first, and to find that they are none takes ten times as long.
_LF, _CR = b"\n\r"


class ServerEvent(msgspec.Struct, frozen=True, gc=False):
    """One event as it stood in the stream."""

    data: bytes
    event: str | None = None  # its name, where it has one
    id: str | None = None
    retry: int | None = None  # milliseconds to wait before connecting again


class EventParser:
    """Takes bytes, gives the events that they complete. It reads nothing and waits for nothing.

    ``too_large``: there came an event of more than ``limit`` bytes. What came before it was given, nothing else is.
    """

    def __init__(self, limit: int = sys.maxsize) -> None:
        self.too_large = False
        self._limit = limit
        self._pending = bytearray()
        self._searched = 0  # how far into the pending bytes no blank line is
        self._after_cr = False
        self._at_start = True
        self._between = False  # two events: nothing is kept of what came

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """The events that end in this chunk, in order."""
        if self._between and chunk.endswith(b"\n\n") and len(chunk) <= self._limit and _CR not in chunk:
            return _events(chunk[:-2])  # whole events and nothing else, as most chunks are: nothing is kept of them
        if self.too_large:
            return []
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")  # the second half of a CRLF that was cut
        if _CR in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        pending = self._pending
        pending += chunk
        if self._at_start:
            if len(pending) < len(_BOM) and _BOM.startswith(pending):
                return []
            self._at_start = False
            if pending.startswith(_BOM):
                del pending[: len(_BOM)]
            if pending.startswith(b"\n"):  # a blank line before the first event ends nothing
                pending[:0] = b":\n"
        end = pending.rfind(b"\n\n", self._searched)
        if end < 0:
            self._searched = max(0, len(pending) - 1)
            if len(pending) > self._limit:
                self._measure(b"")
            self._between = False
            return []
        large = len(pending) > self._limit  # as it hardly ever is
        blocks = bytes(pending[:end])
        del pending[: end + 2]
        self._searched = 0
        if large:
            blocks = self._measure(blocks)
        self._between = not pending and not self._after_cr and not self.too_large
        return _events(blocks)

    def _measure(self, blocks: bytes) -> bytes:
        """The blocks up to the first that is too large, which may be the one that has not ended."""
        # Line ends around it may be of blank lines: of which, depends on how the stream was cut.
        for index, block in enumerate([*(ended := blocks.split(b"\n\n")), bytes(self._pending)]):
            if len(block.strip(b"\n")) > self._limit:
                self.too_large = True
                self._pending.clear()
                return b"\n\n".join(ended[:index])
        return blocks

    def unfinished(self) -> ServerEvent | None:
        """The event that has no end yet. By the standard it is none; some servers end their last one so."""
        return _event(bytes(self._pending).rstrip(b"\n"))


def _events(blocks: bytes) -> list[ServerEvent]:
    """The events in blocks of lines that are parted by blank ones."""
    if blocks.startswith(_PLAIN):
        if _LF not in blocks:
            return [ServerEvent(blocks[len(_PLAIN) :])]
        data = blocks[len(_PLAIN) :].split(b"\n\n" + _PLAIN)
        if blocks.count(b"\n") == 2 * len(data) - 2:  # each of them is one line, as in nearly every stream
            return list(map(ServerEvent, data))
    return [event for block in blocks.split(b"\n\n") if (event := _event(block)) is not None]


def _event(block: bytes) -> ServerEvent | None:
    """One block of lines; None where it holds no data."""
    if block.startswith(_PLAIN) and _LF not in block:
        return ServerEvent(block[len(_PLAIN) :])
    data: list[bytes] = []
    name = identifier = retry = None
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match field:
            case b"data":
                data.append(value)
            case b"event":
                name = value.decode("utf-8", "replace") or None
            case b"id" if b"\0" not in value:
                identifier = value.decode("utf-8", "replace")
            case b"retry" if value.isdigit() and len(value) < 19:  # as much as 64 bits hold; int() refuses thousands
                retry = int(value)
            case _:
                pass  # a comment, or a field that the standard tells to ignore
    return ServerEvent(b"\n".join(data), name, identifier, retry) if data else None
