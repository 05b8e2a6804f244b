"""What the peer's SETTINGS allow us."""

from __future__ import annotations

import struct

from mistral_async.wire.http2.frames import LARGEST_NUMBER, SMALLEST_LIMIT, Broken, Code

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = (
    range(1, 7)
)

STREAMS_AT_FIRST = 100  # until the peer says; what RFC 9113 section 6.5.2 calls the least a peer should allow
STREAMS_AT_MOST = 1000  # whatever the peer allows, or when it sets no limit

_entries = struct.Struct(">HI").iter_unpack


class Limits:
    """The peer's settings, as they stand."""

    __slots__ = ("frame", "streams", "table_set", "window")

    def __init__(self) -> None:
        self.streams = STREAMS_AT_FIRST
        self.window = 65535  # bytes a new stream may send; RFC 9113 section 6.5.2
        self.frame = SMALLEST_LIMIT  # bytes of payload
        self.table_set = False  # the header table's size was among the last ones

    def update(self, payload: bytes, *, first: bool) -> None:
        """Take over the payload of a SETTINGS frame. Raises ``Broken``.

        Source: RFC 9113 section 6.5.2.
        """
        if len(payload) % 6:
            raise Broken(Code.FRAME_SIZE_ERROR, "SETTINGS of a wrong length")
        if first:
            self.streams = STREAMS_AT_MOST
        self.table_set = False
        for key, value in _entries(payload):
            match key:
                case 1:  # HEADER_TABLE_SIZE
                    self.table_set = True
                case 2:  # ENABLE_PUSH
                    if value:
                        raise Broken(Code.PROTOCOL_ERROR, "ENABLE_PUSH from a server")
                case 3:  # MAX_CONCURRENT_STREAMS
                    self.streams = min(value, STREAMS_AT_MOST)
                case 4:  # INITIAL_WINDOW_SIZE
                    if value > LARGEST_NUMBER:
                        raise Broken(Code.FLOW_CONTROL_ERROR, "an INITIAL_WINDOW_SIZE that is too large")
                    self.window = value
                case 5:  # MAX_FRAME_SIZE
                    if not SMALLEST_LIMIT <= value < 2**24:
                        raise Broken(Code.PROTOCOL_ERROR, "a MAX_FRAME_SIZE that is not allowed")
                    self.frame = value
                case _:  # MAX_HEADER_LIST_SIZE is advice, others are to be ignored
                    pass
