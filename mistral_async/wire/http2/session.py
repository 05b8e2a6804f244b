"""The client's side of an HTTP/2 connection: bytes in, bytes out, and what became of each stream.

No sockets, no waiting. Source: RFC 9113.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from mistral_async.wire.http2 import frames
from mistral_async.wire.http2.frames import FIRST_WINDOW, MAX_STREAM_ID, ConnectionFault, ErrorCode
from mistral_async.wire.http2.hpack_decoder import MAX_HEADER_LIST_SIZE
from mistral_async.wire.http2.limits import Setting
from mistral_async.wire.http2.patience import GIVEN_UP, REQUEST, UPLOADED, UPLOADED_KIB
from mistral_async.wire.http2.reader import Reader
from mistral_async.wire.http2.receiver import Receiver
from mistral_async.wire.http2.state import CONNECTION_WINDOW, ConnectionState
from mistral_async.wire.http2.stream import WINDOW, Failure, Stream, nothing

# Parts of frames, four to a small request. A thousand requests at once would else be copied as a whole, three times
# over on their way through TLS.
MOST_WAITING = 512


class Session:
    """A connection without its socket: opens streams, and keeps both sides to the rules.

    What is received never raises: what breaks the rules ends its stream, or sets ``failure`` and ends them all.
    """

    __slots__ = ("_frames", "_reader", "_state")

    def __init__(
        self,
        *,
        on_change: Callable[[], None] = nothing,
        clock: Callable[[], float] = time.monotonic,
        first_id: int = 1,
    ) -> None:
        """``on_change`` is called when more streams may be free, or no more will be."""
        self._state = ConnectionState(on_change, clock, first_id)
        self._reader = Reader(Receiver(self._state))
        self._frames = self._state.outgoing.frames
        ours: dict[int, int] = {
            Setting.ENABLE_PUSH: 0,
            Setting.INITIAL_WINDOW_SIZE: WINDOW,
            Setting.MAX_FRAME_SIZE: frames.LARGEST_FRAME_SIZE,
            Setting.MAX_HEADER_LIST_SIZE: MAX_HEADER_LIST_SIZE,
        }
        self._frames += (
            frames.PREFACE,
            frames.settings(ours),
            frames.window_update(0, CONNECTION_WINDOW - FIRST_WINDOW),
        )

    @property
    def pending(self) -> bool:
        """Whether ``take`` has something."""
        return bool(self._frames)

    @property
    def heaped(self) -> bool:
        """``take`` has so much that it should not wait for more."""
        return len(self._frames) > MOST_WAITING

    @property
    def free(self) -> int:
        """How many streams may be opened now."""
        state = self._state
        if state.draining or state.failure is not None:
            return 0
        return max(0, state.limits.streams - len(state.streams))

    @property
    def greeted(self) -> bool:
        """The peer has said what it allows."""
        return self._state.limits.told

    @property
    def room(self) -> int:
        """How many body bytes the peer takes now, on all streams together."""
        return self._state.outgoing.window

    @property
    def draining(self) -> bool:
        """No stream may be opened any more; live ones go on."""
        return self._state.draining

    @property
    def failure(self) -> Failure | None:
        """The connection is over: write what ``take`` gives, then close it."""
        return self._state.failure

    @property
    def finished(self) -> bool:
        """Nothing more will happen here."""
        state = self._state
        return state.failure is not None or (state.draining and not state.streams)

    def take(self) -> bytes:
        """All that is to be written now."""
        data = b"".join(self._frames)
        self._frames.clear()
        state = self._state
        state.replies = 0
        state.receivable += state.granted
        state.granted = 0
        return data

    def receive(self, data: bytes, now: float = 0.0) -> bool:
        """Bytes of the peer, cut anywhere; ``now`` is noted on the streams they are for. Never raises.

        Whether there is something to do about the connection now: to write what ``take`` gives, or to close it.
        """
        state = self._state
        if state.failure is not None:
            return True
        state.now = now
        try:
            self._reader.read(data)
        except ConnectionFault as fault:
            self._frames.append(frames.goaway(fault.code, fault.what))
            state.over(Failure("protocol", fault.what))
        state.tell()
        return bool(self._frames) or (state.draining and not state.streams) or state.failure is not None

    def open(self, fields: Sequence[tuple[bytes, bytes]], *, end: bool, notify: Callable[[], None]) -> Stream:
        """Begin a request, pseudo-fields first. ``notify`` is called after each change somebody may wait for.

        Raises ``ValueError`` for a field that must not be sent.
        """
        if not self.free:
            raise RuntimeError("no stream is free")
        state = self._state
        block = state.encoder.encode(fields)
        stream_id = state.next_id
        bodyless = (b":method", b"HEAD") in fields[:4]
        stream = Stream(stream_id, state.outgoing, state.limits.window, notify, bodyless=bodyless)
        state.streams[stream_id] = stream
        if end:
            stream.sent = True
        else:
            state.unfinished[stream_id] = stream
        state.patience.earn(REQUEST)
        self._frames += frames.field_block(stream_id, block, state.limits.frame, end=end)
        state.next_id = stream_id + 2
        if state.next_id > MAX_STREAM_ID:  # section 5.1.1
            state.drain()
            state.tell()
        return stream

    def send(self, stream: Stream, data: memoryview | bytes, *, end: bool) -> int:
        """How many bytes were taken; they must not change until the next ``take``. The end goes with the last one."""
        state = self._state
        size = len(data)
        taken = min(size, stream.room)
        if stream.id not in state.unfinished or (size and not taken):
            return 0
        stream_id, limit, out = stream.id, state.limits.frame, self._frames
        end = end and taken == size
        stream.window -= taken
        state.outgoing.window -= taken
        view = data if taken == size <= limit else memoryview(data)
        for start in range(0, taken, limit):
            part = view[start : min(start + limit, taken)]
            last = end and start + limit >= taken
            out += (frames.header(len(part), frames.DATA, frames.END_STREAM if last else 0, stream_id), part)
            state.patience.earn(UPLOADED + UPLOADED_KIB * (len(part) >> 10))
        if end and not size:
            out.append(frames.header(0, frames.DATA, frames.END_STREAM, stream_id))
        del state.unfinished[stream_id]
        if end:
            stream.sent = True
        else:
            state.unfinished[stream_id] = stream  # at the end: the others are next
        return taken

    def reset(self, stream: Stream, code: int = ErrorCode.CANCEL) -> None:
        """Give one stream up. Frames of it that are still on their way are ignored (section 5.1, closed)."""
        state = self._state
        if stream.id not in state.streams:
            return
        self._frames.append(frames.reset(stream.id, code))
        state.patience.earn(GIVEN_UP)
        stream.drop()
        state.give_up(stream, Failure("reset", "given up"))
        state.tell()

    def ping(self) -> None:
        """Ask for a sign of life."""
        self._frames.append(frames.ping(bytes(8)))

    def close(self) -> None:
        """Tell the peer that no stream will be opened any more."""
        state = self._state
        if state.failure is None:
            self._frames.append(frames.goaway(ErrorCode.NO_ERROR))
            state.drain()
            state.tell()

    def lost(self, what: str) -> None:
        """The connection ended; ``what`` says how, on one line."""
        state = self._state
        if state.failure is None:
            if state.goaway_code is not None:
                what = f"{what} after GOAWAY with {frames.name_of(state.goaway_code)}"
            self._frames.clear()
            state.over(Failure("lost", what))
            state.tell()
