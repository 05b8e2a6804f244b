"""Bytes of a file: in memory while they are few, on disk when they are many."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

KEPT_IN_MEMORY = 64 * 1024  # bytes; more goes to disk, so that a large file never grows the process
_LONGEST_LINE = 16 * 1024 * 1024  # bytes of a line held in memory
_CHUNK = 1024 * 1024  # bytes read at once where a whole file is gone through


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of one file. Exactly one of ``data`` and ``path`` is set."""

    size: int
    data: bytes | None = None
    path: Path | None = None
    line_count: int | None = None  # where it is known without reading
    owned: bool = False  # whether the file at ``path`` is the server's own, and goes when the content goes

    def open(self) -> BinaryIO:
        """A binary stream from the first byte; the caller closes it."""
        return self.path.open("rb") if self.path is not None else io.BytesIO(self.data or b"")

    def head(self, limit: int) -> bytes:
        """The first bytes, at most ``limit``."""
        with self.open() as stream:
            return stream.read(limit)

    def lines(self) -> Iterator[bytes]:
        """Line by line, with their ends, never held whole. A line that is too long comes in pieces."""
        with self.open() as stream:
            while line := stream.readline(_LONGEST_LINE):
                yield line

    def count_lines(self) -> int:
        """How many lines there are; a last one without its end counts."""
        if self.line_count is not None:
            return self.line_count
        count, last = 0, b"\n"
        with self.open() as stream:
            while chunk := stream.read(_CHUNK):
                count += chunk.count(b"\n")
                last = chunk[-1:]
        return count + (last != b"\n")

    def discard(self) -> None:
        """Delete the file on disk, if it is the server's own. A download under way goes on."""
        if self.owned and self.path is not None:
            self.path.unlink(missing_ok=True)


class Spool:
    """Takes bytes as they come and makes a :class:`Content` of them."""

    def __init__(self, directory: Callable[[], Path]) -> None:
        self._directory = directory
        self._memory: bytearray | None = bytearray()
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._line_ends = 0
        self._last: bytes | bytearray = b"\n"
        self.size = 0

    def write(self, data: bytes | bytearray) -> None:
        if not data:
            return
        self.size += len(data)
        self._line_ends += data.count(b"\n")
        self._last = data[-1:]
        if self._memory is not None:
            if self.size <= KEPT_IN_MEMORY:
                self._memory += data
                return
            handle, name = tempfile.mkstemp(dir=self._directory())
            self._path = Path(name)
            self._file = os.fdopen(handle, "wb", buffering=0)
            _write_all(self._file, self._memory)
            self._memory = None
        if self._file is not None:
            _write_all(self._file, data)

    def content(self) -> Content:
        """All that was written. Nothing can be written afterwards."""
        lines = self._line_ends + (self._last != b"\n")
        if self._memory is not None:
            return Content(self.size, data=bytes(self._memory), line_count=lines)
        if self._file is not None:
            self._file.close()
        return Content(self.size, path=self._path, line_count=lines, owned=True)

    def discard(self) -> None:
        """Forget what was written."""
        self.content().discard()


def _write_all(file: BinaryIO, data: bytes | bytearray) -> None:
    # An unbuffered file may take only a part at a time.
    view: memoryview = memoryview(data)
    while view:
        view = view[file.write(view) :]


def content_of(source: bytes | str | os.PathLike[str], spool: Spool) -> Content:
    """Content from bytes (copied) or from a path (read in place, never changed or deleted)."""
    if isinstance(source, bytes):
        spool.write(source)
        return spool.content()
    path = Path(source)
    return Content(path.stat().st_size, path=path)
