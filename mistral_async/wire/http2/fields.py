"""What a received field section must be: names, values, and the pseudo-field that goes first.

Source: RFC 9113 sections 8.1 to 8.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

Fields: TypeAlias = tuple[tuple[bytes, bytes], ...]

# Section 8.2.1: visible ASCII, no upper case, no colon.
_NAME_BYTES = bytes(byte for byte in range(0x21, 0x7F) if not 0x41 <= byte <= 0x5A and byte != 0x3A)
# Section 8.2.2: these say how a connection of HTTP/1.1 is used.
_CONNECTION_FIELDS = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"))


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
    section = section[1:]
    names = [name for name, _ in section]
    fields = _checked(section, names)
    return int(status), fields, _length(fields) if b"content-length" in names else None


def check_trailers(section: Sequence[tuple[bytes, bytes]]) -> None:
    """A section after a body, which is read over: no API of ours says anything there."""
    _checked(section, [name for name, _ in section])


def _checked(section: Sequence[tuple[bytes, bytes]], names: list[bytes]) -> Fields:
    # All of them at once: a check per field would cost more than the rest of a small answer.
    if b"" in names or b"".join(names).translate(None, _NAME_BYTES):
        raise Malformed("a field name that is not allowed")
    if not _CONNECTION_FIELDS.isdisjoint(names):
        raise Malformed("a field that belongs to HTTP/1.1")
    values = b"\n%b\n" % b"\n".join([value for _, value in section])
    if b"\0" in values or b"\r" in values or values.count(b"\n") > max(len(section), 1) + 1:
        raise Malformed("a field value that is not allowed")
    if b" \n" in values or b"\n " in values or b"\t" in values:
        # Section 8.2.1 forbids blanks at the ends. Servers send them all the same, and they mean nothing
        # (RFC 9110 section 5.5): taking them off harms nobody, while refusing the answer would.
        return tuple((name, value.strip(b" \t")) for name, value in section)
    return tuple(section)


def _length(fields: Fields) -> int:
    """Source: RFC 9110 section 8.6 (the same number may stand there more than once)."""
    stated = {part.strip() for name, value in fields if name == b"content-length" for part in value.split(b",")}
    if len(stated) > 1:
        raise Malformed("more than one content-length")
    (length,) = stated
    if not length.isdigit() or len(length) > 18:
        raise Malformed("a content-length that is no number")
    return int(length)
