"""Frames as bytes: their numbers, and how each one is packed.

Source: RFC 9113 sections 4 (layout), 6 (types and flags) and 7 (error codes).
"""

from __future__ import annotations

import struct
from enum import IntEnum

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113 section 3.4

(
    DATA,
    HEADERS,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    PUSH_PROMISE,
    PING,
    GOAWAY,
    WINDOW_UPDATE,
    CONTINUATION,
) = range(10)

END_STREAM = 0x1
ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITY_FLAG = 0x20  # PRIORITY to the standard, as the frame is

FRAME_HEADER_SIZE = 9  # bytes before every payload
SMALLEST_MAX_FRAME_SIZE = 2**14  # bytes of payload that everybody accepts
# Bytes of payload that we accept (RFC 9113 section 6.5.2). Each frame costs the same whatever its size, and a download
# with frames of 64 KiB a tenth less; a longer one would hold up the streams beside it, and wait here until it is whole.
LARGEST_FRAME_SIZE = 2**16
MAX_STREAM_ID = 2**31 - 1
FIRST_WINDOW = 65_535  # bytes; RFC 9113 section 6.9.2
MAX_WINDOW = 2**31 - 1  # bytes; RFC 9113 section 6.9.1


class ErrorCode(IntEnum):
    """Why a stream or a connection ends. Source: RFC 9113 section 7."""

    NO_ERROR = 0x0
    PROTOCOL_ERROR = 0x1
    INTERNAL_ERROR = 0x2
    FLOW_CONTROL_ERROR = 0x3
    SETTINGS_TIMEOUT = 0x4
    STREAM_CLOSED = 0x5
    FRAME_SIZE_ERROR = 0x6
    REFUSED_STREAM = 0x7
    CANCEL = 0x8
    COMPRESSION_ERROR = 0x9
    CONNECT_ERROR = 0xA
    ENHANCE_YOUR_CALM = 0xB
    INADEQUATE_SECURITY = 0xC
    HTTP_1_1_REQUIRED = 0xD


class ConnectionFault(Exception):
    """The peer broke the protocol in a way that no stream survives."""

    def __init__(self, code: ErrorCode, what: str) -> None:
        super().__init__(what)
        self.code = code
        self.what = what


def name_of(code: int) -> str:
    """An error code as the standard spells it; a number where it knows none."""
    try:
        return ErrorCode(code).name
    except ValueError:
        return f"error {code:#x}"


_pack_header = struct.Struct(">IBI").pack  # length and type share four bytes
_pack_integer = struct.Struct(">I").pack
unpack_header = struct.Struct(">IBI").unpack_from


def header(size: int, frame_type: int, flags: int, stream_id: int) -> bytes:
    return _pack_header(size << 8 | frame_type, flags, stream_id)


def settings(values: dict[int, int]) -> bytes:
    payload = b"".join([struct.pack(">HI", key, value) for key, value in values.items()])
    return header(len(payload), SETTINGS, 0, 0) + payload


def settings_acknowledged() -> bytes:
    return header(0, SETTINGS, ACK, 0)


def ping(payload: bytes, *, ack: bool = False) -> bytes:
    return header(8, PING, ACK if ack else 0, 0) + payload


def goaway(code: int, why: str = "") -> bytes:
    """We accept no streams of the peer's, so the last one is always 0."""
    debug = why.encode("ascii", "replace")
    return header(8 + len(debug), GOAWAY, 0, 0) + struct.pack(">II", 0, code) + debug


def reset(stream_id: int, code: int) -> bytes:
    return header(4, RST_STREAM, 0, stream_id) + _pack_integer(code)


def window_update(stream_id: int, size: int) -> bytes:
    return header(4, WINDOW_UPDATE, 0, stream_id) + _pack_integer(size)


def field_block(stream_id: int, block: bytes, limit: int, *, end: bool) -> list[bytes]:
    """HEADERS, and as many CONTINUATION frames as the peer's limit asks for."""
    flags = END_STREAM if end else 0
    if len(block) <= limit:
        return [header(len(block), HEADERS, flags | END_HEADERS, stream_id), block]
    packed = [header(limit, HEADERS, flags, stream_id), block[:limit]]
    for start in range(limit, len(block), limit):
        part = block[start : start + limit]
        last = END_HEADERS if start + limit >= len(block) else 0
        packed += (header(len(part), CONTINUATION, last, stream_id), part)
    return packed
