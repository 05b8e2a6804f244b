"""What counts as a file, and how its content is read while it is sent."""

from __future__ import annotations

import contextlib
import inspect
import mimetypes
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any, BinaryIO, TypeAlias, cast

from mistral_async.codec.file_reader import READ_SIZE, FileReader

FileContent: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | AsyncIterable[bytes]
"""A path (text or ``Path``), the bytes themselves, a file opened in binary mode, or an async iterator of bytes."""

FileInput: TypeAlias = FileContent | tuple[str, FileContent] | tuple[str, FileContent, str]
"""What a file parameter takes: the content alone, or with a file name, or with a file name and a media type."""

DEFAULT_NAME = "upload"  # a part without a file name would be a field, not a file


class FilePart:
    """One file of a form.

    Raises ``TypeError`` for content of another type, ``OSError`` for a path that cannot be read.
    """

    def __init__(self, field: str, file: FileInput) -> None:
        name, content, media_type = _parts(field, file)
        self.content = content
        self.length, self._once = _measure(field, content)
        self._begun = False
        self._reader: FileReader | None = None  # of the last pass
        tell = getattr(content, "tell", None)
        self._start: int = tell() if tell is not None and not self._once else 0
        file_name = name or _name_of(content)
        media_type = media_type or _media_type_of(file_name)
        self.field = field
        self.name = file_name
        self.media_type = media_type

    @property
    def replayable(self) -> bool:
        """Whether reading it (again) gives all of it: false once what can be read only once was begun."""
        return not (self._once and self._begun)

    def check(self) -> None:
        """Raises ``RuntimeError`` for what was read and cannot be read again."""
        if not self.replayable:
            raise RuntimeError(
                f"the file {self.name!r} can be read only once, and was begun before; pass a path, bytes or a file "
                "that can seek for it to be sent again"
            )

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The content. Files are read in threads, so that a slow disk or a pipe delays nobody else."""
        self.check()
        self._begun = True
        content = self.content
        if isinstance(content, bytes | bytearray | memoryview):
            view = memoryview(content)
            view = view.cast("B") if view.c_contiguous else memoryview(view.tobytes())
            for start in range(0, len(view), READ_SIZE):
                yield bytes(view[start : start + READ_SIZE])
        elif isinstance(content, AsyncIterable):
            async for chunk in content:
                yield _bytes(chunk)
        else:
            async with contextlib.aclosing(await self._pass()) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def _pass(self) -> AsyncGenerator[bytes, None]:
        """The pieces of a file from its beginning, once nobody reads it for the pass before."""
        last = self._reader
        ours = isinstance(self.content, str | os.PathLike)
        self._reader = FileReader(self._open, ours=ours, may_stall=self._once)
        if last is not None:
            last.leave()
            await last.over()
        return self._reader.chunks()

    def _open(self) -> BinaryIO:
        content = self.content
        if isinstance(content, str | os.PathLike):
            # Without a buffer: what a pipe has is sent, though it may have more later.
            return open(content, "rb", buffering=0)
        file = cast(BinaryIO, content)
        if not self._once:
            file.seek(self._start)
        return file


def _parts(field: str, file: FileInput) -> tuple[str | None, FileContent, str | None]:
    """File name, content and media type, as far as they were given."""
    if not isinstance(file, tuple):
        return None, file, None
    given: tuple[Any, ...] = file
    if len(given) not in (2, 3) or not all(isinstance(text, str) for text in given[:1] + given[2:]):
        raise _no_file(field, "another tuple")
    return given[0], given[1], given[2] if len(given) == 3 else None


def _measure(field: str, content: FileContent) -> tuple[int | None, bool]:
    """Size in bytes where it can be known, and whether the content can be read only once."""
    if isinstance(content, bytes | bytearray | memoryview):
        return memoryview(content).nbytes, False
    if isinstance(content, str | os.PathLike):
        status = os.stat(content)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(f"{field}: {os.fspath(content)!r} is a directory")
        return (status.st_size, False) if stat.S_ISREG(status.st_mode) else (None, True)  # a pipe has no size
    if isinstance(content, AsyncIterable):
        # An iterator, a stream that goes on from where it stands, or a call that is sent once.
        return None, any(hasattr(content, name) for name in ("__anext__", "read", "__await__"))
    read = getattr(content, "read", None)
    if read is None:
        raise _no_file(field, type(content).__name__)
    if inspect.iscoroutinefunction(read):
        raise TypeError(f"{field}: {type(content).__name__} reads asynchronously; pass the file below it (`.file`)")
    if isinstance(read(0), str):
        raise TypeError(f"{field}: the file was opened in text mode; open it with mode 'rb'")
    seekable = getattr(content, "seekable", None)
    if seekable is None or not seekable():
        return None, True
    start = content.tell()
    end = content.seek(0, os.SEEK_END)
    content.seek(start)
    return max(0, end - start), False


def _name_of(content: FileContent) -> str:
    path = content if isinstance(content, str | os.PathLike) else getattr(content, "name", None)
    return os.path.basename(path) if isinstance(path, str | os.PathLike) and os.path.basename(path) else DEFAULT_NAME


def _media_type_of(file_name: str) -> str:
    # Python's own table first: for others, `guess_type` reads the system's, which holds up the loop for 10 ms.
    known = mimetypes.types_map.get(os.path.splitext(file_name)[1].lower())
    return known or mimetypes.guess_type(file_name)[0] or "application/octet-stream"


def _no_file(field: str, given: str) -> TypeError:
    return TypeError(
        f"{field}: a file is a path, bytes, a file opened in binary mode, an async iterator of bytes, or a tuple "
        f"(filename, content) or (filename, content, media type), not {given}"
    )


def _bytes(chunk: Any) -> bytes:
    if isinstance(chunk, bytes):
        return chunk
    try:
        return bytes(memoryview(chunk))
    except TypeError:
        raise TypeError(f"an async iterator of bytes gave {type(chunk).__name__}") from None
