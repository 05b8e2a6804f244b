"""Request bodies of ``multipart/form-data``, produced while they are sent.

Source: RFC 7578; the escapes of names are those of WHATWG HTML, "Multipart form data".
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import AsyncGenerator, Iterable

from mistral_async.codec.file_input import FilePart

_LINE_END = b"\r\n"


def _new_boundary() -> str:
    # 128 random bits: no content can hold the boundary but by being made for it.
    return f"mistral-async-{os.urandom(16).hex()}"


class MultipartBody:
    """A form of fields and files. Nothing of a file is held beyond the chunk on its way."""

    def __init__(
        self, fields: Iterable[tuple[str, str]], files: Iterable[FilePart], *, boundary: str | None = None
    ) -> None:
        self.boundary = boundary or _new_boundary()
        self._delimiter = f"--{self.boundary}\r\n".encode()
        self._end = f"--{self.boundary}--\r\n".encode()
        self._fields = b"".join(
            self._delimiter + f'Content-Disposition: form-data; name="{_escape(name)}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields
        )
        self._files = [(self._delimiter + _head(part), part) for part in files]

    @property
    def content_type(self) -> str:
        """The media type, with its boundary."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def length(self) -> int | None:
        """Size in bytes, or None where a file's is not known."""
        size = len(self._fields) + len(self._end)
        for head, part in self._files:
            if part.length is None:
                return None
            size += len(head) + part.length + len(_LINE_END)
        return size

    @property
    def replayable(self) -> bool:
        """Whether iterating it (again) gives all of it: false once a file that can be read only once was begun."""
        return all(part.replayable for _, part in self._files)

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        for _, part in self._files:
            part.check()  # before the first byte, not in the middle
        if self._fields:
            yield self._fields
        for head, part in self._files:
            yield head
            sent = 0
            async with contextlib.aclosing(part.chunks()) as chunks:
                async for chunk in chunks:
                    sent += len(chunk)
                    if part.length is not None and sent > part.length:
                        break
                    yield chunk
            if part.length is not None and sent != part.length:
                # The length was promised in the head: going on would leave the server waiting, or confused.
                raise ValueError(
                    f"the file {part.name!r} changed while it was sent: it had {part.length} bytes, and now has others"
                )
            yield _LINE_END
        yield self._end


def _head(part: FilePart) -> bytes:
    """The header fields of a file's part. Raises ``ValueError`` for a media type that none of them may hold."""
    return (
        f'Content-Disposition: form-data; name="{_escape(part.field)}"; filename="{_escape(part.name)}"\r\n'
        f"Content-Type: {_header_value(part.media_type)}\r\n\r\n"
    ).encode()


def _escape(text: str) -> str:
    # Other control characters than CR and LF are escaped too: no header may hold them (RFC 9110 section 5.5).
    escaped = re.sub(r'["\x00-\x1f\x7f]', lambda match: f"%{ord(match[0]):02X}", text)
    return escaped.encode("utf-8", "replace").decode()  # a file name need not be UTF-8, and comes with surrogates then


def _header_value(text: str) -> str:
    if not re.fullmatch(r"[\t\x20-\x7e]+", text):
        raise ValueError(f"a media type is visible ASCII on one line, not {text!r}")
    return text
