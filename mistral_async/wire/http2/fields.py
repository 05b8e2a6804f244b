"""What a received field section must be: names, values, and the pseudo-field that goes first.

Source: RFC 9113 sections 8.1 to 8.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

Fields: TypeAlias = tuple[tuple[bytes, bytes], ...]

# Section 8.2.1: visible ASCII, no upper case, no colon.
_NAME_BYTES = bytes(byte for byte in range(0x21, 0x7F) if not 0x41 <= byte <= 0x5A and byte != 0x3A)
# Anywhere in a value these mean nothing but themselves: all but line ends, NUL and the blank that is not a space.
_VALUE_BYTES = bytes(byte for byte in range(256) if byte not in b"\0\t\n\r")
# Section 8.2.2: these say how a connection of HTTP/1.1 is used.
_CONNECTION_FIELDS = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"))
_NAMES_REMEMBERED = 32  # sections, by the names in them: a server sends the same ones all the time


class Malformed(Exception):
    """This message breaks the rules; the others on the connection are unharmed."""


def head(section: Sequence[tuple[bytes, bytes]]) -> tuple[int, Fields, int | None]:
    """Status, fields and content-length of a section that begins an answer, or only informs."""
    if not section or section[0][0] != b":status":
        raise Malformed("a head that does not begin with a status")
    status = section[0][1]
    if len(status) != 3 or not status.isdigit() or status < b"100" or status == b"101":
        # Section 8.6: there is no 101 in HTTP/2.
        raise Malformed("a status that is none")
    fields, lengths = _checked(section[1:])
    return int(status), fields, _length([fields[at][1] for at in lengths]) if lengths else None


def check_trailers(section: Sequence[tuple[bytes, bytes]]) -> None:
    """A section after a body, which is read over: no API of ours says anything there."""
    _checked(section)


def _checked(section: Sequence[tuple[bytes, bytes]]) -> tuple[Fields, tuple[int, ...]]:
    """The fields as they are to be taken, and where in them the content-length is."""
    if not section:
        return (), ()
    # All of them at once: a check per field would cost more than the rest of a small answer.
    names: tuple[bytes, ...]
    values: tuple[bytes, ...]
    names, values = zip(*section, strict=True)
    lengths = _names_checked(names)
    if not b"".join(values).translate(None, _VALUE_BYTES) and tuple(map(bytes.strip, values)) == values:
        return tuple(section), lengths
    if any(b"\0" in value or b"\r" in value or b"\n" in value for value in values):
        raise Malformed("a field value that is not allowed")
    # Section 8.2.1 forbids blanks at the ends. Servers send them all the same, and they mean nothing
    # (RFC 9110 section 5.5): taking them off harms nobody, while refusing the answer would.
    return tuple((name, value.strip(b" \t")) for name, value in section), lengths


@lru_cache(maxsize=_NAMES_REMEMBERED)
def _names_checked(names: tuple[bytes, ...]) -> tuple[int, ...]:
    """Where among them content-length is. Raises ``Malformed``."""
    if b"" in names or b"".join(names).translate(None, _NAME_BYTES):
        raise Malformed("a field name that is not allowed")
    if not _CONNECTION_FIELDS.isdisjoint(names):
        raise Malformed("a field that belongs to HTTP/1.1")
    return tuple(at for at, name in enumerate(names) if name == b"content-length")


def _length(values: list[bytes]) -> int:
    """Source: RFC 9110 section 8.6 (the same number may stand there more than once)."""
    length = values[0]
    if len(values) > 1 or not length.isdigit():
        stated = {part.strip() for value in values for part in value.split(b",")}
        if len(stated) > 1:
            raise Malformed("more than one content-length")
        (length,) = stated
    if not length.isdigit() or len(length) > 18:
        raise Malformed("a content-length that is no number")
    return int(length)
