"""Frames of HTTP/2 as bytes, as far as a server writes them.

Source: RFC 9113 sections 4 and 6.
"""

from __future__ import annotations

import struct

(DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION) = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY_FLAG = 0x1, 0x1, 0x4, 0x8, 0x20
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADER_TABLE_SIZE, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = 1, 3, 4, 5

header_of = struct.Struct(">IBI").unpack_from  # length and type share four bytes
entries_of = struct.Struct(">HI").iter_unpack
_header = struct.Struct(">IBI").pack
_number = struct.Struct(">I").pack


def header(size: int, kind: int, flags: int, stream: int) -> bytes:
    return _header(size << 8 | kind, flags, stream)


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return _header(len(payload) << 8 | kind, flags, stream) + payload


def window_update(stream: int, size: int) -> bytes:
    return _header(4 << 8 | WINDOW_UPDATE, 0, stream) + _number(size)


def settings(values: dict[int, int]) -> bytes:
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *entry) for entry in values.items()))
