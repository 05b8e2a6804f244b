"""Strings in the Huffman code of header fields, read a byte at a time.

Source: RFC 7541 section 5.2 and appendix B.
"""

from __future__ import annotations

from typing import TypeAlias

# The symbols by the length of their codes in bits. The code is canonical: of two symbols, the one that stands before
# the other here has the smaller code. The last code of all, which is not here, is that of the end of a string.
_SYMBOLS = {
    5: b"012aceiost",
    6: b" %-./3456789=A_bdfghlmnpru",
    7: b":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz",
    8: b"&*,;XZ",
    10: b'!"()?',
    11: b"'+|",
    12: b"#>",
    13: b"\0$@[]~",
    14: b"^}",
    15: b"<`{",
    19: b"\\\xc3\xd0",
    20: b"\x80\x82\x83\xa2\xb8\xc2\xe0\xe2",
    21: b"\x99\xa1\xa7\xac\xb0\xb1\xb3\xd1\xd8\xd9\xe3\xe5\xe6",
    22: b"\x81\x84\x85\x86\x88\x92\x9a\x9c\xa0\xa3\xa4\xa9\xaa\xad\xb2\xb5\xb9\xba\xbb\xbd\xbe\xc4\xc6\xe4\xe8\xe9",
    23: b"\x01\x87\x89\x8a\x8b\x8c\x8d\x8f\x93\x95\x96\x97\x98\x9b\x9d\x9e\xa5\xa6\xa8\xae\xaf\xb4\xb6\xb7\xbc\xbf\xc5"
    b"\xe7\xef",
    24: b"\t\x8e\x90\x91\x94\x9f\xab\xce\xd7\xe1\xec\xed",
    25: b"\xc7\xcf\xea\xeb",
    26: b"\xc0\xc1\xc8\xc9\xca\xcd\xd2\xd5\xda\xdb\xee\xf0\xf2\xf3\xff",
    27: b"\xcb\xcc\xd3\xd4\xd6\xdd\xde\xdf\xf1\xf4\xf5\xf6\xf7\xf8\xfa\xfb\xfc\xfd\xfe",
    28: b"\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f"
    b"\xdc\xf9",
    30: b"\n\r\x16",
}

# Bits are kept as a number with a 1 before them, which tells 0 from 00.
_NO_BITS = 1
_END = (1 << 31) - 1  # thirty ones
# Section 5.2: what is left after the last symbol is the beginning of that code, and less than a byte.
_PADDING = frozenset((1 << size + 1) - 1 for size in range(8))

# What a byte leads to: the steps that may follow, the symbols that it ends, and the bits that are left of it, which are
# 0 where nobody has found out. A row holds the steps of all 256 bytes after the same bits.
# Filled as bytes come: strings of text use 50 of 256 rows, and of these the lesser part. All of them take 6 MB.
_Row: TypeAlias = "list[_Step]"
_Step: TypeAlias = "tuple[_Row, bytes, int]"


class NotHuffman(ValueError):
    """These bytes are no string in this code."""


def decode(encoded: bytes) -> bytes:
    """The string. Raises ``NotHuffman``."""
    row, left, parts = _START, _NO_BITS, list[bytes]()
    append = parts.append
    for byte in encoded:
        row, symbols, left = row[byte]
        append(symbols)
    if left in _PADDING:
        return b"".join(parts)
    if left:
        raise NotHuffman("a string that ends within a symbol")
    _learn(encoded)
    return decode(encoded)


def _learn(encoded: bytes) -> None:
    """Find out what every byte of this string leads to, after those before it."""
    bits = _NO_BITS
    for byte in encoded:
        row = _ROWS[bits]
        if not row[byte][2]:
            row[byte] = _step(bits, byte)
        bits = row[byte][2]


def _step(bits: int, byte: int) -> _Step:
    symbols = b""
    for at in range(7, -1, -1):
        bits = bits << 1 | byte >> at & 1
        symbol = _CODES.get(bits)
        if symbol is not None:
            symbols += symbol
            bits = _NO_BITS
        elif bits == _END:
            raise NotHuffman("a string that goes on after its end")
    return _ROWS.setdefault(bits, [_UNKNOWN] * 256), symbols, bits


def _codes() -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    code, before = 0, 0
    for length, symbols in _SYMBOLS.items():
        code <<= length - before
        before = length
        for symbol in symbols:
            found[1 << length | code] = bytes((symbol,))
            code += 1
    return found


_CODES = _codes()
_NOWHERE: _Row = []
_UNKNOWN: _Step = (_NOWHERE, b"", 0)
_NOWHERE.extend([_UNKNOWN] * 256)  # what follows is not known either
_START: _Row = [_UNKNOWN] * 256
_ROWS = {_NO_BITS: _START}
