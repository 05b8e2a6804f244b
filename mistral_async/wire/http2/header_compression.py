"""Fields to header blocks, by an encoder without a table.

Source: RFC 7541.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mistral_async.http import SECRET_FIELDS
from mistral_async.wire.http2.static_table import STATIC_TABLE

MEMO_SIZE = 512  # fields remembered; a client sends few different ones, but ids in paths are endless
MEMO_VALUE = 4096  # bytes; longer values are not remembered

_INDEXES = {field: at for at, field in reversed(list(enumerate(STATIC_TABLE, start=1)))}
_NAME_INDEXES = {name: at for (name, _), at in reversed(list(_INDEXES.items()))}
# Source: RFC 7541 section 7.1.3. Whoever passes these on may not put them in a table either.
_NEVER_INDEXED = frozenset(name.encode("ascii") for name in SECRET_FIELDS)
_NAME = re.compile(rb":?[!-9;-@\[-~]+")  # RFC 9113 section 8.2.1
_EMPTY_TABLE = b"\x20"  # a table size update to 0


class HeaderEncoder:
    """A writer of header blocks without the dynamic table: the same field gives the same bytes, and is remembered.

    That costs a few hundred bytes a request and saves most of the work.
    """

    __slots__ = ("_memo", "_update")

    def __init__(self) -> None:
        self._memo: dict[tuple[bytes, bytes], bytes] = {}
        self._update = b""

    def table_limited(self) -> None:
        """The peer set the size of its table: the next block says that we use none of it.

        Source: RFC 9113 section 4.3.1 (after a smaller limit a block must begin with a size update).
        """
        self._update = _EMPTY_TABLE

    def encode(self, fields: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Raises ``ValueError`` for a field that could be taken for something else by a server further on."""
        memo = self._memo
        try:
            block = b"".join([memo[field] for field in fields])
        except KeyError:
            block = b"".join([memo.get(field) or self._remembered(field) for field in fields])
        if self._update:
            block, self._update = self._update + block, b""
        return block

    def _remembered(self, field: tuple[bytes, bytes]) -> bytes:
        name, value = field
        encoded = _encoded(name, value)
        if len(value) <= MEMO_VALUE:
            if len(self._memo) >= MEMO_SIZE:
                self._memo.clear()
            self._memo[field] = encoded
        return encoded


def _encoded(name: bytes, value: bytes) -> bytes:
    # Length-prefixed here, but a proxy may write it as a line of HTTP/1.1.
    if not _NAME.fullmatch(name) or b"\n" in value or b"\r" in value or b"\0" in value:
        raise ValueError(f"a header field that must not be sent: {name!r}")
    index = _INDEXES.get((name, value))
    if index is not None:
        return _integer(index, 7, 0x80)
    first = 0x10 if name in _NEVER_INDEXED else 0x00
    index = _NAME_INDEXES.get(name)
    if index is not None:
        return _integer(index, 4, first) + _integer(len(value), 7, 0) + value
    return bytes((first,)) + _integer(len(name), 7, 0) + name + _integer(len(value), 7, 0) + value


def _integer(number: int, bits: int, first: int) -> bytes:
    """A number that begins in the low ``bits`` of its first byte. Source: RFC 7541 section 5.1."""
    most = (1 << bits) - 1
    if number < most:
        return bytes((first | number,))
    number -= most
    packed = bytearray((first | most,))
    while number >= 128:
        packed.append(number & 127 | 128)
        number >>= 7
    packed.append(number)
    return bytes(packed)
