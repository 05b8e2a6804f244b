"""Header blocks of HTTP/2: what is steady is in the dynamic table, what changes is a literal in Huffman's code.

Source: RFC 7541.
"""

from __future__ import annotations

from hpack.hpack import encode_integer
from hpack.table import HeaderTable

from benchmarks.server.answers import Answer
from benchmarks.server.fields import (
    CORRELATION,
    CORRELATION_CODED,
    CORRELATION_SIZE,
    RAY,
    RAY_CODED,
    RAY_SIZE,
    huffman,
    steady,
)
from benchmarks.server.frames import END_HEADERS, HEADERS, header

_TABLE_SIZE = 4096  # bytes at most, as most gateways have it
_STATUS = {200: b"\x88", 404: b"\x8d"}  # indexes of the static table


class Encoder:
    """Of one connection. A block comes in two parts, and after each of them goes one of the changing values."""

    def __init__(self) -> None:
        self._table = HeaderTable()
        self._known: dict[Answer, tuple[bytes, bytes, bytes]] = {}
        self._date = b""
        self._update = b""
        self._inserted = False

    def limit(self, size: int) -> None:
        """The peer has set the size of its table."""
        size = min(size, _TABLE_SIZE)
        if size != self._table.maxsize:
            self._table.maxsize = size
            self._update = _integer(size, 5, 0x20)
            self._known.clear()

    def parts(self, answer: Answer, date: bytes) -> tuple[bytes, bytes, bytes]:
        """What comes before a HEADERS frame's stream, and what before each value. Asked for, it must be sent."""
        if date is not self._date:
            self._date = date
            self._known.clear()
        parts = self._known.get(answer)
        if parts is None:
            self._inserted = False
            start = self._update + _STATUS[answer.status]
            start += b"".join([self._steady(*field) for field in steady(answer, date, chunked=False)])
            start += self._changing(CORRELATION, CORRELATION_SIZE, CORRELATION_CODED)
            middle = self._changing(RAY, RAY_SIZE, RAY_CODED)
            size = len(start) + CORRELATION_CODED + len(middle) + RAY_CODED
            parts = header(size, HEADERS, END_HEADERS, 0)[:5], start, middle
            if self._inserted:
                self._known.clear()  # all indexes are others now
            elif not self._update:
                self._known[answer] = parts
            self._update = b""
        return parts

    def _steady(self, name: bytes, value: bytes) -> bytes:
        found = self._table.search(name, value)
        if found is not None and found[2] is not None:
            return _integer(found[0], 7, 0x80)
        return self._name(name, value, insert=True) + _text(value)

    def _changing(self, name: bytes, size: int, coded: int) -> bytes:
        """All but the value: the name goes into the table once, with a value that does not come again."""
        found = self._table.search(name, b"")
        return self._name(name, bytes(size), insert=found is None) + _integer(coded, 7, 0x80)

    def _name(self, name: bytes, value: bytes, *, insert: bool) -> bytes:
        insert = insert and self._table.maxsize > 0
        bits, first = (6, 0x40) if insert else (4, 0x00)
        found = self._table.search(name, value)
        if insert:
            self._table.add(name, value)
            self._inserted = True
        return bytes((first,)) + _text(name) if found is None else _integer(found[0], bits, first)


def _integer(number: int, bits: int, first: int) -> bytes:
    packed = encode_integer(number, bits)
    packed[0] |= first
    return bytes(packed)


def _text(value: bytes) -> bytes:
    coded = huffman(value)
    return _integer(len(coded), 7, 0x80) + coded
