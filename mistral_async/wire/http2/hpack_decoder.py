"""Header blocks to fields.

Source: RFC 7541; sections are named where a rule comes from.
"""

from __future__ import annotations

from mistral_async.wire.http2 import huffman
from mistral_async.wire.http2.frames import ConnectionFault, ErrorCode
from mistral_async.wire.http2.static_table import STATIC_TABLE

MAX_HEADER_LIST_SIZE = 64 * 1024  # bytes of fields in one section, counted as RFC 9113 section 6.5.2 says
MAX_HEADER_BLOCK_SIZE = 256 * 1024  # bytes on the wire: what such a list takes when every symbol has the longest code
MAX_TABLE_SIZE = 4096  # bytes; the peer's to begin with (RFC 9113 section 6.5.2), and we allow no more
MOST_UPDATES = 2  # section 4.2: all that one block can need
MOST_INTEGER_BYTES = 5  # after the first one: numbers beyond 2**32 have no use here
ENTRY_OVERHEAD = 32  # section 4.1: what an entry counts besides its bytes
MEMO_SIZE = 256  # Huffman strings remembered: servers that put nothing into the table send the same ones every time
MEMO_STRING = 128  # bytes; longer strings are not remembered

_FIRST = len(STATIC_TABLE) + 1  # section 2.3.3: the index of the newest entry
_FIELDS = [(b"", b""), *STATIC_TABLE]  # nothing has the index 0
_SIZES = [len(name) + len(value) + ENTRY_OVERHEAD for name, value in _FIELDS]


class HeaderDecoder:
    """The reader of a connection's header blocks: all of them and in order, since each may change the table."""

    __slots__ = ("_fields", "_limit", "_memo", "_size", "_sizes")

    def __init__(self) -> None:
        # Both tables, static and dynamic, each entry at its index.
        self._fields = _FIELDS.copy()
        self._sizes = _SIZES.copy()
        self._size = 0  # bytes of the dynamic one, as section 4.1 counts
        self._limit = MAX_TABLE_SIZE  # ... and how many the peer wants it to have
        self._memo: dict[bytes, bytes] = {}

    def decode(self, block: bytes) -> list[tuple[bytes, bytes]]:
        """Raises ``ConnectionFault``: what comes after a block that was not understood cannot be understood either."""
        try:
            return self._decode(block)
        except IndexError:  # of the table, or of the block
            raise _bad("that ends early, or names a field that is not in the table") from None
        except huffman.NotHuffman as exc:
            raise _bad(f"with {exc}") from None

    def _decode(self, block: bytes) -> list[tuple[bytes, bytes]]:
        table, sizes, string = self._fields, self._sizes, self._string
        found: list[tuple[bytes, bytes]] = []
        at, end, left, updates = 0, len(block), MAX_HEADER_LIST_SIZE, 0
        while at < end:
            first = block[at]
            at += 1
            if first > 0x80:  # section 6.1: indexed
                index = first & 0x7F
                if index == 0x7F:
                    index, at = _integer(block, at, 0x7F)
                found.append(table[index])
                left -= sizes[index]
            elif 0x20 <= first < 0x40:  # section 6.3: a table size
                updates += 1
                if found or updates > MOST_UPDATES:
                    raise _bad("with a table size out of place")
                limit = first & 0x1F
                if limit == 0x1F:
                    limit, at = _integer(block, at, 0x1F)
                self._resize(limit)
            else:  # section 6.2: a literal
                keep = first >= 0x40
                most = 0x3F if keep else 0x0F  # never indexed means nothing to whoever sends no answers on
                index = first & most
                if index:
                    if index == most:
                        index, at = _integer(block, at, most)
                    name = table[index][0]
                elif first == 0x80:
                    raise _bad("with the index 0")
                else:
                    name, at = string(block, at)
                value, at = string(block, at)
                field = (name, value)
                size = len(name) + len(value) + ENTRY_OVERHEAD
                found.append(field)
                left -= size
                if keep:
                    self._add(field, size)
            if left < 0:
                what = f"more than {MAX_HEADER_LIST_SIZE} bytes of header fields"
                raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, what)
        return found

    def _string(self, block: bytes, at: int) -> tuple[bytes, int]:
        """A string, and where it ends. Source: section 5.2."""
        first = block[at]
        at += 1
        length = first & 0x7F
        if length == 0x7F:
            length, at = _integer(block, at, 0x7F)
        end = at + length
        if end > len(block):
            raise IndexError
        string = block[at:end]
        if first < 0x80:
            return string, end
        decoded = self._memo.get(string)
        if decoded is None:
            decoded = huffman.decode(string)
            if length <= MEMO_STRING:
                if len(self._memo) >= MEMO_SIZE:
                    self._memo.clear()
                self._memo[string] = decoded
        return decoded, end

    def _add(self, field: tuple[bytes, bytes], size: int) -> None:
        """Put an entry into the table. Source: section 4.4 (one that is too large empties it)."""
        self._evict(self._limit - size)
        if size <= self._limit:
            self._fields.insert(_FIRST, field)
            self._sizes.insert(_FIRST, size)
            self._size += size

    def _resize(self, limit: int) -> None:
        if limit > MAX_TABLE_SIZE:
            raise _bad("with a table size that is not allowed")
        self._limit = limit
        self._evict(limit)

    def _evict(self, size: int) -> None:
        """Keep so many bytes at most; the oldest entries go. Source: section 4.3."""
        while self._size > size and len(self._sizes) > _FIRST:
            self._fields.pop()
            self._size -= self._sizes.pop()


def _integer(block: bytes, at: int, number: int) -> tuple[int, int]:
    """The rest of a number whose first byte was full, and where it ends. Source: section 5.1."""
    for shift in range(0, 7 * MOST_INTEGER_BYTES, 7):
        byte = block[at]
        at += 1
        number += (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise _bad("with a number that is too long")


def _bad(what: str) -> ConnectionFault:
    return ConnectionFault(ErrorCode.COMPRESSION_ERROR, f"a header block {what}")
