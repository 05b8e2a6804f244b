"""What each frame of the peer leads to.

Source: RFC 9113; sections are named where a rule comes from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from mistral_async.wire.http2 import frames
from mistral_async.wire.http2.fields import Malformed
from mistral_async.wire.http2.frames import MAX_STREAM_ID, MAX_WINDOW, ConnectionFault, ErrorCode
from mistral_async.wire.http2.hpack_decoder import HeaderDecoder
from mistral_async.wire.http2.patience import RECEIVED
from mistral_async.wire.http2.state import CONNECTION_WINDOW, ConnectionState
from mistral_async.wire.http2.stream import Failure, Stream

LEAST_COUNTED = 16  # bytes a late frame counts as: no end of empty ones fits a window
CRUMB = 1024  # bytes; a smaller frame costs us more than the server
MOST_REPLIES = 1000  # queued for a peer that asks but does not read


class Receiver:
    """The actions that frames of the peer lead to, each of them whole.

    What breaks the rules raises ``ConnectionFault`` where the connection ends with it, else it ends its stream.
    """

    __slots__ = ("_decoder", "_frames", "_state", "_uncredited")

    def __init__(self, state: ConnectionState) -> None:
        self._state = state
        self._frames = state.outgoing.frames
        self._decoder = HeaderDecoder()
        self._uncredited = 0  # bytes received, of whatever stream

    def data(self, stream_id: int, data: bytes, size: int, *, end: bool) -> None:
        """Part of a body; ``size`` is what counts against the windows: all of the frame, padding included."""
        state = self._state
        state.receivable -= size
        if state.receivable < 0:
            raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "more than the connection's window")
        self._uncredited += size
        if self._uncredited >= CONNECTION_WINDOW // 2:
            self._frames.append(frames.window_update(0, self._uncredited))
            state.granted += self._uncredited
            self._uncredited = 0
        stream = state.streams.get(stream_id)
        if stream is None:
            self._late_data(stream_id, size, end=end)
            return
        stream.heard = state.now
        try:
            stream.receivable -= size
            if stream.receivable < 0:
                state.refuse(stream, "more than the stream's window", ErrorCode.FLOW_CONTROL_ERROR)
                return
            if stream.status is None:
                raise Malformed("a body before its head")
            if data:
                stream.receive_data(data)
                state.patience.left += RECEIVED  # earned; not by a call, since there is one for each small event
            elif not end:
                self.spend(1)
            if end:
                self._end(stream)
            elif size > len(data):
                stream.credit()
            if not stream.noted:
                state.note(stream)
        except Malformed as malformed:
            state.refuse(stream, str(malformed))

    def fields(self, stream_id: int, block: bytes, *, end: bool) -> None:
        """A header block, whole."""
        section = self._decoder.decode(block)  # also for a stream that is gone: the table has to follow
        state = self._state
        stream = state.streams.get(stream_id)
        if stream is None:
            self._ignore(stream_id, "HEADERS")
            return
        stream.heard = state.now
        try:
            if stream.receive_fields(section, end=end):
                state.note(stream)
            else:
                self.spend(1)
            if end:
                self._end(stream)
        except Malformed as malformed:
            state.refuse(stream, str(malformed))

    def control(self, frame_type: int, flags: int, stream_id: int, payload: bytes) -> None:
        """A frame of any other type."""
        act = self._CONTROL.get(frame_type)
        if act is not None:
            act(self, flags, stream_id, payload)
        else:
            self.spend(1)  # section 4.1: unknown types are ignored

    def _end(self, stream: Stream) -> None:
        stream.receive_end()
        if not stream.sent:
            # Section 8.1: the answer is complete; the rest of the request is not wanted.
            self._frames.append(frames.reset(stream.id, ErrorCode.NO_ERROR))
        self._state.forget(stream)

    def _priority(self, _flags: int, stream_id: int, payload: bytes) -> None:
        if not stream_id:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "PRIORITY of the connection")
        if len(payload) != 5:
            stream = self._state.streams.get(stream_id)
            if stream is None:
                raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "PRIORITY of a wrong length")
            self._state.refuse(stream, "PRIORITY of a wrong length", ErrorCode.FRAME_SIZE_ERROR)
        self.spend(1)  # otherwise ignored: section 5.3.2

    def _reset(self, _flags: int, stream_id: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "RST_STREAM of a wrong length")
        stream = self._state.streams.get(stream_id)
        if stream is None:
            self._ignore(stream_id, "RST_STREAM")
            return
        code = int.from_bytes(payload)
        what = f"reset the stream with {frames.name_of(code)}"
        # Section 8.7. A stream that has had part of an answer was processed, whatever it is told now.
        refused = code == ErrorCode.REFUSED_STREAM and not stream.begun
        self._state.end(stream, Failure("refused" if refused else "reset", what))

    def _settings(self, flags: int, stream_id: int, payload: bytes) -> None:
        if stream_id:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "SETTINGS of a stream")
        self.spend(4)  # each may touch every stream
        if flags & frames.ACK:
            if payload:
                raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS of a wrong length")
            return
        state = self._state
        limits = state.limits
        streams, window, told_before = limits.streams, limits.window, limits.told
        limits.update(payload)
        if limits.table_set:
            state.encoder.table_limited()
        if limits.streams > streams or not told_before:
            state.freed = True
        grown = limits.window - window
        if grown:
            # Section 6.9.2: every stream's window changes, and may become negative.
            for each in state.streams.values():
                if each.window + grown > MAX_WINDOW:
                    raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "a window that is too large")
                self._widen(each, grown)
        self._reply(frames.settings_acknowledged())

    def _push(self, _flags: int, _stream_id: int, _payload: bytes) -> None:
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE, which was disabled")

    def _ping(self, flags: int, stream_id: int, payload: bytes) -> None:
        if stream_id:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "PING of a stream")
        if len(payload) != 8:
            raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "PING of a wrong length")
        self.spend(1)
        if not flags & frames.ACK:
            self._reply(frames.ping(payload, ack=True))

    def _goaway(self, _flags: int, stream_id: int, payload: bytes) -> None:
        if stream_id:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "GOAWAY of a stream")
        if len(payload) < 8:
            raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "GOAWAY of a wrong length")
        self.spend(4)
        # Section 6.8: a second one may name an earlier stream. What the first one named is gone already.
        last = int.from_bytes(payload[:4]) & MAX_STREAM_ID
        code = int.from_bytes(payload[4:8])
        state = self._state
        if code != ErrorCode.NO_ERROR:
            state.goaway_code = code
        state.drain()
        what = f"is going away with {frames.name_of(code)}"
        for stream in [stream for stream in state.streams.values() if stream.id > last]:
            state.end(stream, Failure("reset" if stream.begun else "refused", what))

    def _window_update(self, _flags: int, stream_id: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "WINDOW_UPDATE of a wrong length")
        self.spend(1)
        grown = int.from_bytes(payload) & MAX_WINDOW
        state = self._state
        if not stream_id:
            self._widen_connection(grown)
            return
        stream = state.streams.get(stream_id)
        if stream is None:
            self._ignore(stream_id, "WINDOW_UPDATE")
            return
        stream.heard = state.now
        if not grown:
            state.refuse(stream, "a window that grows by nothing")
        elif stream.window + grown > MAX_WINDOW:
            state.refuse(stream, "a window that is too large", ErrorCode.FLOW_CONTROL_ERROR)
        else:
            self._widen(stream, grown)

    _CONTROL: ClassVar[dict[int, Callable[[Receiver, int, int, bytes], None]]] = {
        frames.PRIORITY: _priority,
        frames.RST_STREAM: _reset,
        frames.SETTINGS: _settings,
        frames.PUSH_PROMISE: _push,
        frames.PING: _ping,
        frames.GOAWAY: _goaway,
        frames.WINDOW_UPDATE: _window_update,
    }

    def _widen(self, stream: Stream, grown: int) -> None:
        shut = stream.window <= 0
        stream.window += grown
        if shut and stream.window > 0 and not stream.sent:
            self._state.note(stream)

    def _widen_connection(self, grown: int) -> None:
        outgoing = self._state.outgoing
        if not grown:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a window that grows by nothing")
        shut = not outgoing.window
        outgoing.window += grown
        if outgoing.window > MAX_WINDOW:
            raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "a window that is too large")
        if shut:
            for stream in self._state.unfinished.values():
                self._state.note(stream)

    def hear(self, stream_id: int) -> None:
        """Part of a frame has come, or of a header block."""
        stream = self._state.streams.get(stream_id)
        if stream is not None:
            stream.heard = self._state.now

    def _late_data(self, stream_id: int, size: int, *, end: bool) -> None:
        """DATA of a stream that is gone: free as far as it was allowed before the peer knew, however small its frames.

        Source: RFC 9113 section 5.1 (closed: what was on its way has to be taken).
        """
        late = self._state.late
        left = late.get(stream_id, 0) - max(size, LEAST_COUNTED)
        if left < 0:
            late.pop(stream_id, None)
            self._ignore(stream_id, "DATA", cost=1 if size < CRUMB else 0)
        elif end:
            del late[stream_id]
        else:
            late[stream_id] = left

    def check_opened(self, stream_id: int, what: str) -> None:
        """Section 5.1: nothing is received on a stream that we did not open, and the peer opens none."""
        if not stream_id & 1 or stream_id >= self._state.next_id:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, f"{what} on a stream that was never opened")

    def _ignore(self, stream_id: int, what: str, *, cost: int = 1) -> None:
        """A frame of a stream that is gone is read over."""
        self.check_opened(stream_id, what)
        self.spend(cost)

    def spend(self, cost: int) -> None:
        """For what costs the peer little and gives us nothing."""
        if not self._state.patience.spend(cost):
            raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "a flood of frames")

    def _reply(self, frame: bytes) -> None:
        self._state.replies += 1
        if self._state.replies > MOST_REPLIES:
            raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "questions without reading the answers")
        self._frames.append(frame)
