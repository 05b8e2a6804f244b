"""Request bodies of ``multipart/form-data``, produced while they are sent.

Source: RFC 7578; the escapes of names are those of WHATWG HTML, "Multipart form data".
"""

from __future__ import annotations

import asyncio
import inspect
import mimetypes
import os
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

FileContent: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | AsyncIterable[bytes]
"""A path (text or ``Path``), the bytes themselves, a file opened in binary mode, or an async iterator of bytes."""

FileInput: TypeAlias = FileContent | tuple[str, FileContent] | tuple[str, FileContent, str]
"""What a file parameter takes: the content alone, or with a file name, or with a file name and a media type."""

READ_SIZE = 256 * 1024  # bytes; as much of a file as is ever held at once
DEFAULT_NAME = "upload"  # a part without a file name would be a field, not a file


class FilePart:
    """One file of a form.

    Raises ``TypeError`` for content of another type, ``OSError`` for a path that cannot be read.
    """

    def __init__(self, field: str, file: FileInput) -> None:
        name, content, media_type = _parts(field, file)
        self.content = content
        self.length, self.replayable = _measure(field, content)
        tell = getattr(content, "tell", None)
        self._start: int = tell() if tell is not None and self.replayable else 0
        file_name = name or _name_of(content)
        media_type = media_type or mimetypes.guess_type(file_name)[0] or "application/octet-stream"
        self.head = (
            f'Content-Disposition: form-data; name="{_escape(field)}"; filename="{_escape(file_name)}"\r\n'
            f"Content-Type: {_header_value(media_type)}\r\n\r\n"
        ).encode()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The content. Files are read in a thread, so that a slow disk delays nobody else."""
        content = self.content
        if isinstance(content, bytes | bytearray | memoryview):
            view = memoryview(content)
            view = view.cast("B") if view.c_contiguous else memoryview(view.tobytes())
            for start in range(0, len(view), READ_SIZE):
                yield bytes(view[start : start + READ_SIZE])
        elif isinstance(content, AsyncIterable):
            async for chunk in content:
                yield _bytes(chunk)
        elif isinstance(content, str | os.PathLike):
            with await asyncio.to_thread(open, content, "rb") as opened:
                async for chunk in _read(opened):
                    yield chunk
        else:
            if self.replayable:
                content.seek(self._start)
            async for chunk in _read(content):
                yield chunk


class MultipartBody:
    """A form of fields and files. Nothing of a file is held beyond the chunk on its way."""

    def __init__(self, fields: Iterable[tuple[str, str]], files: Iterable[FilePart]) -> None:
        # 128 random bits: no content can hold the boundary but by being made for it.
        self.boundary = f"mistral-async-{os.urandom(16).hex()}"
        self._delimiter = f"--{self.boundary}\r\n".encode()
        self._end = f"--{self.boundary}--\r\n".encode()
        self._fields = b"".join(
            self._delimiter + f'Content-Disposition: form-data; name="{_escape(name)}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields
        )
        self._files = tuple(files)

    @property
    def content_type(self) -> str:
        """The media type, with its boundary."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def length(self) -> int | None:
        """Size in bytes, or None where a file's is not known."""
        size = len(self._fields) + len(self._end)
        for part in self._files:
            if part.length is None:
                return None
            size += len(self._delimiter) + len(part.head) + part.length + 2
        return size

    @property
    def replayable(self) -> bool:
        """Whether every file can be read a second time."""
        return all(part.replayable for part in self._files)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._fields:
            yield self._fields
        for part in self._files:
            yield self._delimiter + part.head
            sent = 0
            async for chunk in part.chunks():
                sent += len(chunk)
                if part.length is not None and sent > part.length:
                    break
                yield chunk
            if part.length is not None and sent != part.length:
                # The length was promised in the head: going on would leave the server waiting, or confused.
                raise ValueError(f"a file changed while it was sent: it had {part.length} bytes, and now has others")
            yield b"\r\n"
        yield self._end


def _parts(field: str, file: FileInput) -> tuple[str | None, FileContent, str | None]:
    """File name, content and media type, as far as they were given."""
    if not isinstance(file, tuple):
        return None, file, None
    given: tuple[Any, ...] = file
    if len(given) not in (2, 3) or not all(isinstance(text, str) for text in given[:1] + given[2:]):
        raise _no_file(field, "another tuple")
    return given[0], given[1], given[2] if len(given) == 3 else None


def _measure(field: str, content: FileContent) -> tuple[int | None, bool]:
    """Size in bytes where it can be known, and whether the content can be read a second time."""
    if isinstance(content, bytes | bytearray | memoryview):
        return memoryview(content).nbytes, True
    if isinstance(content, str | os.PathLike):
        path = Path(content)
        if path.is_dir():
            raise IsADirectoryError(f"{field}: {str(path)!r} is a directory")
        status = path.stat()
        return (status.st_size, True) if path.is_file() else (None, False)  # a pipe has no size
    if isinstance(content, AsyncIterable):
        return None, not hasattr(content, "__anext__")
    read = getattr(content, "read", None)
    if read is None:
        raise _no_file(field, type(content).__name__)
    if inspect.iscoroutinefunction(read):
        raise TypeError(f"{field}: {type(content).__name__} reads asynchronously; pass the file below it (`.file`)")
    if isinstance(read(0), str):
        raise TypeError(f"{field}: the file was opened in text mode; open it with mode 'rb'")
    seekable = getattr(content, "seekable", None)
    if seekable is None or not seekable():
        return None, False
    start = content.tell()
    end = content.seek(0, os.SEEK_END)
    content.seek(start)
    return max(0, end - start), True


def _name_of(content: FileContent) -> str:
    path = content if isinstance(content, str | os.PathLike) else getattr(content, "name", None)
    return os.path.basename(path) if isinstance(path, str | os.PathLike) and os.path.basename(path) else DEFAULT_NAME


async def _read(opened: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(opened.read, READ_SIZE):
        yield chunk


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


def _escape(text: str) -> str:
    # Other control characters than CR and LF are escaped too: no header may hold them (RFC 9110 section 5.5).
    escaped = re.sub(r'["\x00-\x1f\x7f]', lambda match: f"%{ord(match[0]):02X}", text)
    return escaped.encode("utf-8", "replace").decode()  # a file name need not be UTF-8, and comes with surrogates then


def _header_value(text: str) -> str:
    if not re.fullmatch(r"[\t\x20-\x7e]+", text):
        raise ValueError(f"a media type is visible ASCII on one line, not {text!r}")
    return text
