"""What the peer's SETTINGS allow us."""

from __future__ import annotations

import struct
from enum import IntEnum

from mistral_async.wire.http2.frames import (
    FIRST_WINDOW,
    MAX_WINDOW,
    SMALLEST_MAX_FRAME_SIZE,
    ConnectionFault,
    ErrorCode,
)

# Until the peer says. More are allowed (RFC 9113 section 6.5.2), but a server that takes few would refuse the rest of a
# burst; and what it takes is usually on its way already.
STREAMS_AT_FIRST = 1
STREAMS_AT_MOST = 1000  # whatever the peer allows, or when it sets no limit

_entries = struct.Struct(">HI").iter_unpack


class Setting(IntEnum):
    """What a peer may say of itself. Source: RFC 9113 section 6.5.2."""

    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6


class Limits:
    """The peer's settings, as they stand."""

    __slots__ = ("frame", "streams", "table_set", "told", "window")

    def __init__(self) -> None:
        self.streams = STREAMS_AT_FIRST
        self.window = FIRST_WINDOW  # bytes a new stream may send
        self.frame = SMALLEST_MAX_FRAME_SIZE  # bytes of payload
        self.table_set = False  # the header table's size was among the last ones
        self.told = False  # the peer has said what it allows

    def update(self, payload: bytes) -> None:
        """Take over the payload of a SETTINGS frame. Raises ``ConnectionFault``.

        Source: RFC 9113 section 6.5.2.
        """
        if len(payload) % 6:
            raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS of a wrong length")
        if not self.told:
            self.told = True
            self.streams = STREAMS_AT_MOST
        self.table_set = False
        for key, value in _entries(payload):
            match key:
                case Setting.HEADER_TABLE_SIZE:
                    self.table_set = True
                case Setting.ENABLE_PUSH:
                    if value:
                        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "ENABLE_PUSH from a server")
                case Setting.MAX_CONCURRENT_STREAMS:
                    self.streams = min(value, STREAMS_AT_MOST)
                case Setting.INITIAL_WINDOW_SIZE:
                    if value > MAX_WINDOW:
                        raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "an INITIAL_WINDOW_SIZE that is too large")
                    self.window = value
                case Setting.MAX_FRAME_SIZE:
                    if not SMALLEST_MAX_FRAME_SIZE <= value < 2**24:
                        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a MAX_FRAME_SIZE that is not allowed")
                    self.frame = value
                case _:  # MAX_HEADER_LIST_SIZE is advice, others are to be ignored
                    pass
