"""The size of the file in a multipart form, counted while it passes.

Source: RFC 2046 section 5.1.1, RFC 7578.
"""

from __future__ import annotations

import re

_KEPT = 8192  # bytes of the beginning and of the end: the other fields are small

_FILE = re.compile(rb"\r\n[^\r\n]*filename[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n", re.IGNORECASE)


class Upload:
    """A form with one file. ``received`` is how many bytes of the form came."""

    __slots__ = ("_end", "_start", "received")

    def __init__(self) -> None:
        self._start = bytearray()
        self._end = b""
        self.received = 0

    def feed(self, data: bytes | memoryview) -> None:
        size = len(data)
        self.received += size
        if len(self._start) < _KEPT:
            self._start += data[: _KEPT - len(self._start)]
        self._end = bytes(data[-_KEPT:]) if size >= _KEPT else (self._end + data)[-_KEPT:]

    @property
    def size(self) -> int:
        """Bytes of the file, or 0 where there is none."""
        start = bytes(self._start)
        delimiter = b"\r\n" + start.partition(b"\r\n")[0]
        head = _FILE.search(start)
        if head is None:
            return 0
        begin = head.end()
        # The first delimiter after the file's beginning is its end: looked for where it can be, in what was kept.
        before_end = self.received - len(self._end)
        end = start.find(delimiter, begin)
        if end < 0:
            end = self._end.find(delimiter, max(0, begin - before_end)) + before_end
        return end - begin
