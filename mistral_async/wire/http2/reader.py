"""Bytes of the peer, cut anywhere, to whole frames: without padding, and each header block in one piece.

Source: RFC 9113; sections are named where a rule comes from.
"""

from __future__ import annotations

from mistral_async.wire.http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_HEADER_SIZE,
    HEADERS,
    LARGEST_FRAME_SIZE,
    MAX_STREAM_ID,
    PADDED,
    PRIORITY_FLAG,
    SETTINGS,
    ConnectionFault,
    ErrorCode,
    unpack_header,
)
from mistral_async.wire.http2.hpack_decoder import MAX_HEADER_BLOCK_SIZE
from mistral_async.wire.http2.receiver import Receiver


class Reader:
    """The beginning of a frame, or of a header block, until its end comes. Whole ones go to the receiver."""

    __slots__ = ("_block", "_greeted", "_receiver", "_rest")

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._greeted = False
        self._rest = b""  # the beginning of a frame
        self._block: _Block | None = None  # header fields that go on in the next frame

    def read(self, data: bytes, at: int = 0) -> None:
        """Bytes from there on, cut anywhere. Raises ``ConnectionFault``."""
        size, receiver = len(data), self._receiver
        while self._rest and at < size:
            # The frame that had begun is completed alone: to put it before all of the data would copy that.
            before, at = at, at + _missing(self._rest)
            data_of_frame, self._rest = self._rest + data[before:at], b""
            self.read(data_of_frame)
        if at >= size:
            return
        if not self._greeted and size >= FRAME_HEADER_SIZE:
            _greet(data)
            self._greeted = True
        while size - at >= FRAME_HEADER_SIZE:
            frame_type, flags, stream_id = unpack_header(data, at)
            length = frame_type >> 8
            frame_type &= 0xFF
            if length > LARGEST_FRAME_SIZE:
                raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "a frame longer than allowed")
            if self._block is not None and frame_type != CONTINUATION:
                raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "header fields broken off by another frame")
            end = at + FRAME_HEADER_SIZE + length
            if end > size:
                if stream_id:
                    receiver.hear(stream_id & MAX_STREAM_ID)
                break
            payload = data[at + FRAME_HEADER_SIZE : end]
            at = end
            stream_id &= MAX_STREAM_ID
            if frame_type == DATA:
                if flags & PADDED:
                    payload = _unpadded(payload)
                receiver.data(stream_id, payload, length, end=flags & END_STREAM != 0)
            elif frame_type == HEADERS:
                self._headers(flags, stream_id, payload)
            elif frame_type == CONTINUATION:
                self._continuation(flags, stream_id, payload)
            else:
                receiver.control(frame_type, flags, stream_id, payload)
        self._rest = data[at:] if at < size else b""

    def _headers(self, flags: int, stream_id: int, payload: bytes) -> None:
        if flags & PADDED:
            payload = _unpadded(payload)
        if flags & PRIORITY_FLAG:
            if len(payload) < 5:
                raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "HEADERS without room for its priority")
            payload = payload[5:]
        self._receiver.check_opened(stream_id, "HEADERS")
        if flags & END_HEADERS:
            self._receiver.fields(stream_id, payload, end=flags & END_STREAM != 0)
        else:
            self._block = _Block(stream_id, payload, end=flags & END_STREAM != 0)
            self._receiver.hear(stream_id)

    def _continuation(self, flags: int, stream_id: int, payload: bytes) -> None:
        block = self._block
        if block is None or block.stream_id != stream_id:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "CONTINUATION of nothing")
        self._receiver.spend(1)
        self._receiver.hear(stream_id)
        block.data += payload
        if len(block.data) > MAX_HEADER_BLOCK_SIZE:
            what = f"more than {MAX_HEADER_BLOCK_SIZE} bytes of header fields"
            raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, what)
        if flags & END_HEADERS:
            self._block = None
            self._receiver.fields(stream_id, bytes(block.data), end=block.end)


def _missing(rest: bytes) -> int:
    """How many bytes there are to come until the frame is whole, or the header that says how long it is."""
    size = len(rest)
    if size < FRAME_HEADER_SIZE:
        return FRAME_HEADER_SIZE - size
    return FRAME_HEADER_SIZE + int.from_bytes(rest[:3]) - size


class _Block:
    """Header fields that came without their end."""

    __slots__ = ("data", "end", "stream_id")

    def __init__(self, stream_id: int, data: bytes, *, end: bool) -> None:
        self.stream_id = stream_id
        self.data = bytearray(data)
        self.end = end


def _greet(data: bytes) -> None:
    """Section 3.4: the first frame is SETTINGS."""
    if data[3] != SETTINGS or data[4] & ACK:
        what = "HTTP/1.1" if data.startswith(b"HTTP/") else "something else"
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, f"{what} where HTTP/2 should begin")


def _unpadded(payload: bytes) -> bytes:
    """What a padded payload holds. Source: RFC 9113 section 6.1."""
    if not payload:
        raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "a padded frame without room for its padding")
    padding = payload[0]
    if padding >= len(payload):
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "more padding than frame")
    return payload[1 : len(payload) - padding]
