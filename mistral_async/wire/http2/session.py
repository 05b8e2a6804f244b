"""The client's side of an HTTP/2 connection: bytes in, bytes out, and what became of each stream.

No sockets, no waiting. Source: RFC 9113.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from mistral_async.wire.http2 import frames, limits
from mistral_async.wire.http2.compression import LARGEST_LIST
from mistral_async.wire.http2.frames import LARGEST_NUMBER, Broken, Code
from mistral_async.wire.http2.receiver import Receiver
from mistral_async.wire.http2.state import CONNECTION_WINDOW, State, nothing
from mistral_async.wire.http2.stream import WINDOW, Failure, Stream

CANCEL = Code.CANCEL
LATE = 100  # frames that may still come for a stream that was given up, without anybody being to blame


class Session:
    """What is received never raises: what breaks the rules ends its stream, or sets ``failure`` and ends them all."""

    __slots__ = ("_frames", "_receiver", "_state")

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, first_id: int = 1) -> None:
        self._state = State(clock, first_id)
        self._receiver = Receiver(self._state)
        self._frames = self._state.outgoing.frames
        ours = {
            limits.ENABLE_PUSH: 0,
            limits.INITIAL_WINDOW_SIZE: WINDOW,
            limits.MAX_HEADER_LIST_SIZE: LARGEST_LIST,
        }
        self._frames += (
            frames.PREFACE,
            frames.settings(ours),
            frames.window_update(0, CONNECTION_WINDOW - 65535),
        )

    @property
    def pending(self) -> bool:
        """Whether ``take`` has something."""
        return bool(self._frames)

    @property
    def free(self) -> int:
        """How many streams may be opened now."""
        state = self._state
        if state.draining or state.failure is not None:
            return 0
        return max(0, state.limits.streams - len(state.streams))

    @property
    def open_streams(self) -> int:
        return len(self._state.streams)

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

    @property
    def acknowledged(self) -> int:
        """How many of our PINGs were answered."""
        return self._state.acknowledged

    @property
    def on_change(self) -> Callable[[], None]:
        """Called when more streams may be free, or no more will be."""
        return self._state.on_change

    @on_change.setter
    def on_change(self, call: Callable[[], None]) -> None:
        self._state.on_change = call

    def take(self) -> bytes:
        """All that is to be written now."""
        data = b"".join(self._frames)
        self._frames.clear()
        state = self._state
        state.replies = 0
        state.receivable += state.granted
        state.granted = 0
        return data

    def receive(self, data: bytes) -> None:
        """Bytes of the peer, cut anywhere. Never raises, whatever they are."""
        state = self._state
        if state.failure is not None:
            return
        try:
            self._receiver.receive(data)
        except Broken as broken:
            self._frames.append(frames.goaway(broken.code, broken.what))
            state.over(Failure("protocol", broken.what, broken.code))
        state.tell()

    def open(self, fields: Sequence[tuple[bytes, bytes]], *, end: bool, notify: Callable[[], None]) -> Stream:
        """Begin a request, pseudo-fields first. ``notify`` is called after each change somebody may wait for.

        Raises ``ValueError`` for a field that must not be sent.
        """
        if not self.free:
            raise RuntimeError("no stream is free")
        state = self._state
        block = state.encoder.encode(fields)
        number = state.next_id
        bodyless = (b":method", b"HEAD") in fields[:4]
        stream = Stream(number, state.outgoing, state.limits.window, notify, bodyless=bodyless)
        state.streams[number] = stream
        if end:
            stream.sent = True
        else:
            state.unfinished[number] = stream
        state.patience.left += 4
        self._frames += frames.field_block(number, block, state.limits.frame, end=end)
        state.next_id = number + 2
        if state.next_id > LARGEST_NUMBER:  # section 5.1.1
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
        number, limit, out = stream.id, state.limits.frame, self._frames
        end = end and taken == size
        stream.window -= taken
        state.outgoing.window -= taken
        view = data if taken == size <= limit else memoryview(data)
        for start in range(0, taken, limit):
            part = view[start : min(start + limit, taken)]
            last = end and start + limit >= taken
            out += (frames.head(len(part), frames.DATA, frames.END_STREAM if last else 0, number), part)
            # What the peer says to this is its due: credit for the bytes, a PING to measure the way.
            state.patience.left += 4 + (len(part) >> 10)
        if end and not size:
            out.append(frames.head(0, frames.DATA, frames.END_STREAM, number))
        del state.unfinished[number]
        if end:
            stream.sent = True
        else:
            state.unfinished[number] = stream  # at the end: the others are next
        return taken

    def reset(self, stream: Stream, code: int = CANCEL) -> None:
        """Give one stream up. Frames of it that are still on their way are ignored (section 5.1, closed)."""
        state = self._state
        if stream.id not in state.streams:
            return
        self._frames.append(frames.reset(stream.id, code))
        state.patience.left += LATE  # for what is on its way
        stream.notify = nothing
        state.end(stream, Failure("reset", "given up", code))
        stream.chunks = []
        stream.size = 0
        state.tell()

    def ping(self) -> None:
        """Ask for a sign of life; ``acknowledged`` grows when it comes."""
        self._state.pings += 1
        self._frames.append(frames.ping(self._state.pings.to_bytes(8)))

    def close(self) -> None:
        """Tell the peer that no stream will be opened any more."""
        state = self._state
        if state.failure is None:
            self._frames.append(frames.goaway(Code.NO_ERROR))
            state.drain()
            state.tell()

    def lost(self, what: str) -> None:
        """The connection ended; ``what`` says how, on one line."""
        state = self._state
        if state.failure is None:
            if state.parting is not None:
                what = f"{what} after GOAWAY with {frames.name_of(state.parting)}"
            self._frames.clear()
            state.over(Failure("lost", what, state.parting))
            state.tell()
