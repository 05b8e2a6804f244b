"""Request bodies of ``multipart/form-data``, produced while they are sent.

Source: RFC 7578; the escapes of names are those of WHATWG HTML, "Multipart form data".
"""

from __future__ import annotations

import asyncio
import mimetypes
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from pathlib import Path
from typing import BinaryIO, TypeAlias

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
        name, content, media_type = _parts(file)
        self.content = content
        self.length, self.replayable = _measure(field, content)
        tell = getattr(content, "tell", None)
        self._start: int = tell() if tell is not None and self.replayable else 0
        file_name = name or _name_of(content)
        media_type = media_type or mimetypes.guess_type(file_name)[0] or "application/octet-stream"
        self.head = (
            f'Content-Disposition: form-data; name="{_escape(field)}"; filename="{_escape(file_name)}"\r\n'
            f"Content-Type: {_one_line(media_type)}\r\n\r\n"
        ).encode()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The content. Files are read in a thread, so that a slow disk delays nobody else."""
        content = self.content
        if isinstance(content, bytes | bytearray | memoryview):
            view = memoryview(content).cast("B")
            for start in range(0, len(view), READ_SIZE):
                yield bytes(view[start : start + READ_SIZE])
        elif isinstance(content, AsyncIterable):
            async for chunk in content:
                yield chunk
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


def _parts(file: FileInput) -> tuple[str | None, FileContent, str | None]:
    """File name, content and media type, as far as they were given."""
    if not isinstance(file, tuple):
        return None, file, None
    if len(file) == 2:
        return file[0], file[1], None
    return file


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
        raise TypeError(
            f"{field}: a file is a path, bytes, a file opened in binary mode, an async iterator of bytes, or a tuple "
            f"(filename, content) or (filename, content, media type), not {type(content).__name__}"
        )
    if isinstance(read(0), str):
        raise TypeError(f"{field}: the file was opened in text mode; open it with mode 'rb'")
    if not content.seekable():
        return None, False
    start = content.tell()
    end = content.seek(0, os.SEEK_END)
    content.seek(start)
    return end - start, True


def _name_of(content: FileContent) -> str:
    path = content if isinstance(content, str | os.PathLike) else getattr(content, "name", None)
    return os.path.basename(path) if isinstance(path, str | os.PathLike) and os.path.basename(path) else DEFAULT_NAME


async def _read(opened: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(opened.read, READ_SIZE):
        yield chunk


def _escape(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _one_line(text: str) -> str:
    if "\r" in text or "\n" in text:
        raise ValueError(f"a media type is one line, not {text!r}")
    return text
