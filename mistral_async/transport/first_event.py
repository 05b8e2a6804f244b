"""Find out when a stream of events has given its first one."""

from __future__ import annotations

_BOM = b"\xef\xbb\xbf"
_SEEN = len(_BOM) + len(b"data:")  # bytes of a line that tell what it is


class FirstEvent:
    """Takes the chunks of a stream and says when an event is complete: a line ``data``, and after it a blank one.

    Source: WHATWG HTML, section 9.2.6 "Interpreting an event stream": lines end in LF, CRLF or CR.
    """

    __slots__ = ("_after_cr", "_begin", "_data", "_line")

    def __init__(self) -> None:
        self._line = b""  # the beginning of the line that has not ended
        self._begin = True  # that line is the first
        self._data = False  # a line `data` has come
        self._after_cr = False

    def completed_by(self, chunk: bytes) -> bool:
        """Whether the event is complete with this chunk. To be asked until it says so."""
        if self._begin and not self._line and chunk.startswith(b"data:") and b"\n\n" in chunk:
            return True  # as most streams begin: not all of the chunk, which may be large, is split into lines
        if self._after_cr:
            chunk = chunk.removeprefix(b"\n")  # the second half of a CRLF that was cut
        self._after_cr = chunk.endswith(b"\r")
        lines = (self._line + chunk).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._line = lines.pop()[:_SEEN]
        for line in lines:
            if self._begin:
                self._begin, line = False, line.removeprefix(_BOM)
            if line == b"data" or line.startswith(b"data:"):
                self._data = True
            elif not line and self._data:
                return True
        return False
