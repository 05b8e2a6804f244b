"""Numbers as header blocks hold them, in more bytes than they need where that is wanted."""

from __future__ import annotations


def integer(number: int, bits: int, first: int, padding: int = 0) -> bytes:
    """A number that begins in the low ``bits`` of its first byte. Source: RFC 7541 section 5.1."""
    most = (1 << bits) - 1
    if number < most:
        return bytes((first | number,))
    packed = bytearray((first | most,))
    number -= most
    while number >= 128 or padding:
        padding -= number < 128
        packed.append(number & 127 | 128)
        number >>= 7
    return bytes(packed) + bytes((number,))
