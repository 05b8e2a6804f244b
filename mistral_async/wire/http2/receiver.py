"""Bytes of the peer: cut into frames, and each frame acted on.

Source: RFC 9113; sections are named where a rule comes from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from mistral_async.wire.http2 import frames
from mistral_async.wire.http2.compression import LARGEST_BLOCK, Decoder
from mistral_async.wire.http2.fields import Malformed
from mistral_async.wire.http2.frames import HEAD_SIZE, LARGEST_NUMBER, SMALLEST_LIMIT, Broken, Code
from mistral_async.wire.http2.state import CONNECTION_WINDOW, State
from mistral_async.wire.http2.stream import Failure, Stream

CRUMB = 1024  # bytes; a smaller frame costs us more than the server
MOST_REPLIES = 1000  # queued for a peer that asks but does not read


class Receiver:
    """What breaks the rules raises ``Broken`` where the connection ends with it, else it ends its stream."""

    __slots__ = ("_block", "_decoder", "_frames", "_greeted", "_rest", "_state", "_uncredited")

    def __init__(self, state: State) -> None:
        self._state = state
        self._frames = state.outgoing.frames
        self._decoder = Decoder()
        self._greeted = False
        self._rest = b""  # the beginning of a frame
        self._block: _Block | None = None  # header fields that go on in the next frame
        self._uncredited = 0  # bytes received, of whatever stream

    def receive(self, data: bytes) -> None:
        """Bytes, cut anywhere. Raises ``Broken``."""
        if self._rest:
            data = self._rest + data
            self._rest = b""
        at, size = 0, len(data)
        if not self._greeted and size >= HEAD_SIZE:
            _greet(data)
        while size - at >= HEAD_SIZE:
            kind, flags, number = frames.unpack_head(data, at)
            length = kind >> 8
            kind &= 0xFF
            if length > SMALLEST_LIMIT:
                raise Broken(Code.FRAME_SIZE_ERROR, "a frame longer than allowed")
            if self._block is not None and kind != frames.CONTINUATION:
                raise Broken(Code.PROTOCOL_ERROR, "header fields broken off by another frame")
            end = at + HEAD_SIZE + length
            if end > size:
                break
            payload = data[at + HEAD_SIZE : end]
            at = end
            if kind < len(self._BY_TYPE):
                self._BY_TYPE[kind](self, flags, number & LARGEST_NUMBER, payload)
            else:
                self._spend(1)  # section 4.1: unknown types are ignored
        self._rest = data[at:]

    def _data(self, flags: int, number: int, payload: bytes) -> None:
        size = len(payload)
        state = self._state
        state.receivable -= size
        if state.receivable < 0:
            raise Broken(Code.FLOW_CONTROL_ERROR, "more than the connection's window")
        self._uncredited += size
        if self._uncredited >= CONNECTION_WINDOW // 2:
            self._frames.append(frames.window_update(0, self._uncredited))
            state.granted += self._uncredited
            self._uncredited = 0
        padded = flags & frames.PADDED
        if padded:
            payload = frames.unpadded(payload)
        stream = state.streams.get(number)
        if stream is None:
            # What was on its way when the stream was given up: much of it, maybe, but not in crumbs.
            self._ignore(number, "DATA", cost=1 if size < CRUMB else 0)
            return
        try:
            if stream.overrun(size):
                state.refuse(stream, "more than the stream's window", Code.FLOW_CONTROL_ERROR)
                return
            if stream.status is None:
                raise Malformed("a body before its head")
            if payload:
                stream.receive_data(payload)
                state.patience.left += 1
            elif not flags & frames.END_STREAM:
                self._spend(1)
            if flags & frames.END_STREAM:
                self._end(stream)
            elif padded:
                stream.credit()
            state.note(stream)
        except Malformed as malformed:
            state.refuse(stream, str(malformed))

    def _headers(self, flags: int, number: int, payload: bytes) -> None:
        if flags & frames.PADDED:
            payload = frames.unpadded(payload)
        if flags & frames.PRIORITIZED:
            if len(payload) < 5:
                raise Broken(Code.FRAME_SIZE_ERROR, "HEADERS without room for its priority")
            payload = payload[5:]
        self._known(number, "HEADERS")
        end = bool(flags & frames.END_STREAM)
        if flags & frames.END_HEADERS:
            self._fields(number, payload, end=end)
        else:
            self._block = _Block(number, payload, end=end)

    def _continuation(self, flags: int, number: int, payload: bytes) -> None:
        block = self._block
        if block is None or block.number != number:
            raise Broken(Code.PROTOCOL_ERROR, "CONTINUATION of nothing")
        self._spend(1)
        block.data += payload
        if len(block.data) > LARGEST_BLOCK:
            raise Broken(Code.ENHANCE_YOUR_CALM, f"more than {LARGEST_BLOCK} bytes of header fields")
        if flags & frames.END_HEADERS:
            self._block = None
            self._fields(number, bytes(block.data), end=block.end)

    def _fields(self, number: int, block: bytes, *, end: bool) -> None:
        section = self._decoder.decode(block)  # also for a stream that is gone: the table has to follow
        state = self._state
        stream = state.streams.get(number)
        if stream is None:
            self._ignore(number, "HEADERS")
            return
        try:
            if stream.receive_fields(section, end=end):
                state.note(stream)
            else:
                self._spend(1)
            if end:
                self._end(stream)
        except Malformed as malformed:
            state.refuse(stream, str(malformed))

    def _end(self, stream: Stream) -> None:
        stream.receive_end()
        if not stream.sent:
            # Section 8.1: the answer is complete; the rest of the request is not wanted.
            self._frames.append(frames.reset(stream.id, Code.NO_ERROR))
        self._state.forget(stream)

    def _priority(self, _flags: int, number: int, payload: bytes) -> None:
        if not number:
            raise Broken(Code.PROTOCOL_ERROR, "PRIORITY of the connection")
        if len(payload) != 5:
            stream = self._state.streams.get(number)
            if stream is None:
                raise Broken(Code.FRAME_SIZE_ERROR, "PRIORITY of a wrong length")
            self._state.refuse(stream, "PRIORITY of a wrong length", Code.FRAME_SIZE_ERROR)
        self._spend(1)  # otherwise ignored: section 5.3.2

    def _reset(self, _flags: int, number: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise Broken(Code.FRAME_SIZE_ERROR, "RST_STREAM of a wrong length")
        stream = self._state.streams.get(number)
        if stream is None:
            self._ignore(number, "RST_STREAM")
            return
        code = int.from_bytes(payload)
        what = f"reset the stream with {frames.name_of(code)}"
        # Section 8.7. A stream that has had part of an answer was processed, whatever it is told now.
        refused = code == Code.REFUSED_STREAM and not stream.begun
        self._state.end(stream, Failure("refused" if refused else "reset", what, code))

    def _settings(self, flags: int, number: int, payload: bytes) -> None:
        if number:
            raise Broken(Code.PROTOCOL_ERROR, "SETTINGS of a stream")
        self._spend(4)  # each may touch every stream
        if flags & frames.ACK:
            if payload:
                raise Broken(Code.FRAME_SIZE_ERROR, "SETTINGS of a wrong length")
            return
        state = self._state
        limits = state.limits
        streams, window = limits.streams, limits.window
        limits.update(payload, first=not self._greeted)
        self._greeted = True
        if limits.table_set:
            state.encoder.table_limited()
        if limits.streams > streams:
            state.freed = True
        grown = limits.window - window
        if grown:
            # Section 6.9.2: every stream's window changes, and may become negative.
            for each in state.streams.values():
                if each.window + grown > LARGEST_NUMBER:
                    raise Broken(Code.FLOW_CONTROL_ERROR, "a window that is too large")
                self._widen(each, grown)
        self._reply(frames.settings_acknowledged())

    def _push(self, _flags: int, _number: int, _payload: bytes) -> None:
        raise Broken(Code.PROTOCOL_ERROR, "PUSH_PROMISE, which was disabled")

    def _ping(self, flags: int, number: int, payload: bytes) -> None:
        if number:
            raise Broken(Code.PROTOCOL_ERROR, "PING of a stream")
        if len(payload) != 8:
            raise Broken(Code.FRAME_SIZE_ERROR, "PING of a wrong length")
        self._spend(1)
        state = self._state
        if not flags & frames.ACK:
            self._reply(frames.ping(payload, ack=True))
        elif state.acknowledged < int.from_bytes(payload) <= state.pings:
            state.acknowledged += 1

    def _goaway(self, _flags: int, number: int, payload: bytes) -> None:
        if number:
            raise Broken(Code.PROTOCOL_ERROR, "GOAWAY of a stream")
        if len(payload) < 8:
            raise Broken(Code.FRAME_SIZE_ERROR, "GOAWAY of a wrong length")
        self._spend(4)
        # Section 6.8: a second one may name an earlier stream. What the first one named is gone already.
        last = int.from_bytes(payload[:4]) & LARGEST_NUMBER
        code = int.from_bytes(payload[4:8])
        state = self._state
        if code != Code.NO_ERROR:
            state.parting = code
        state.drain()
        what = f"is going away with {frames.name_of(code)}"
        for stream in [stream for stream in state.streams.values() if stream.id > last]:
            state.end(stream, Failure("reset" if stream.begun else "refused", what, code))

    def _window_update(self, _flags: int, number: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise Broken(Code.FRAME_SIZE_ERROR, "WINDOW_UPDATE of a wrong length")
        self._spend(1)
        grown = int.from_bytes(payload) & LARGEST_NUMBER
        state = self._state
        if not number:
            self._widen_connection(grown)
            return
        stream = state.streams.get(number)
        if stream is None:
            self._ignore(number, "WINDOW_UPDATE")
        elif not grown:
            state.refuse(stream, "a window that grows by nothing")
        elif stream.window + grown > LARGEST_NUMBER:
            state.refuse(stream, "a window that is too large", Code.FLOW_CONTROL_ERROR)
        else:
            self._widen(stream, grown)

    # In the order of their numbers.
    _BY_TYPE: ClassVar[tuple[Callable[..., None], ...]] = (
        _data,
        _headers,
        _priority,
        _reset,
        _settings,
        _push,
        _ping,
        _goaway,
        _window_update,
        _continuation,
    )

    def _widen(self, stream: Stream, grown: int) -> None:
        shut = stream.window <= 0
        stream.window += grown
        if shut and stream.window > 0 and not stream.sent:
            self._state.note(stream)

    def _widen_connection(self, grown: int) -> None:
        outgoing = self._state.outgoing
        if not grown:
            raise Broken(Code.PROTOCOL_ERROR, "a window that grows by nothing")
        shut = not outgoing.window
        outgoing.window += grown
        if outgoing.window > LARGEST_NUMBER:
            raise Broken(Code.FLOW_CONTROL_ERROR, "a window that is too large")
        if shut:
            for stream in self._state.unfinished.values():
                self._state.note(stream)

    def _known(self, number: int, what: str) -> None:
        """Section 5.1: nothing is received on a stream that we did not open, and the peer opens none."""
        if not number & 1 or number >= self._state.next_id:
            raise Broken(Code.PROTOCOL_ERROR, f"{what} on a stream that was never opened")

    def _ignore(self, number: int, what: str, *, cost: int = 1) -> None:
        """A frame of a stream that is gone is read over."""
        self._known(number, what)
        self._spend(cost)

    def _spend(self, cost: int) -> None:
        if not self._state.patience.spend(cost):
            raise Broken(Code.ENHANCE_YOUR_CALM, "a flood of frames")

    def _reply(self, frame: bytes) -> None:
        self._state.replies += 1
        if self._state.replies > MOST_REPLIES:
            raise Broken(Code.ENHANCE_YOUR_CALM, "questions without reading the answers")
        self._frames.append(frame)


class _Block:
    """Header fields that came without their end."""

    __slots__ = ("data", "end", "number")

    def __init__(self, number: int, data: bytes, *, end: bool) -> None:
        self.number = number
        self.data = bytearray(data)
        self.end = end


def _greet(data: bytes) -> None:
    """Section 3.4: the first frame is SETTINGS."""
    if data[3] != frames.SETTINGS or data[4] & frames.ACK:
        what = "HTTP/1.1" if data.startswith(b"HTTP/") else "something else"
        raise Broken(Code.PROTOCOL_ERROR, f"{what} where HTTP/2 should begin")
