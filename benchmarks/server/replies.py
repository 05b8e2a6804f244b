"""Answers over HTTP/2, as far as the client's windows allow.

Source: RFC 9113 section 6.9.
"""

from __future__ import annotations

import time
from collections import deque

from benchmarks.server import frames
from benchmarks.server.answers import AT_ONCE, LATER, PACED, Answer, uploaded
from benchmarks.server.connection import Connection
from benchmarks.server.encoder import Encoder
from benchmarks.server.frames import ACK, DATA, END_STREAM, SETTINGS, header
from benchmarks.server.live import Live
from benchmarks.server.multipart import Upload
from benchmarks.server.routes import Route
from benchmarks.server.state import HOLD, Shared
from benchmarks.server.stream import Stream

_FRAME = 16 * 1024  # bytes of DATA in a frame: what every client takes ...
_LONG = 64 * 1024  # ... and at most, where the client takes more: a frame is not broken off for another stream
_TURN = 1024 * 1024  # bytes written before others have their turn


class Replies:
    """Of one connection. What is in ``out`` leaves with the next ``flush``."""

    def __init__(self, connection: Connection, shared: Shared) -> None:
        self.streams: dict[int, Stream] = {}
        self.out: list[bytes | memoryview] = []
        self._connection = connection
        self._shared = shared
        self._encoder = Encoder()
        self._window = self._first_window = 65_535  # bytes; of the connection, and of a new stream
        self._frame = _FRAME
        self._sending: deque[Stream] = deque()  # with something unsent

    def open(self, stream_id: int, place: Route) -> Stream:
        stream = self.streams[stream_id] = Stream(stream_id, place, self._first_window)
        return stream

    def drop(self, stream: Stream) -> None:
        """It is over, for us or for the client."""
        del self.streams[stream.id]
        if stream.live is not None:
            stream.live.stopped = True
        if stream.held:
            stream.held = False
            self._shared.held.end(stream)
        if stream.unsent:
            stream.unsent = 0
            if stream in self._sending:
                self._sending.remove(stream)

    def lost(self) -> None:
        for stream in list(self.streams.values()):
            self.drop(stream)

    def answer_at_once(self, stream_id: int, place: Route, body: bytes) -> None:
        """A request came in full: where nothing is in the way, it needs no stream."""
        said = place.answer(body)
        size = said.size
        if said.how is not AT_ONCE or size > _FRAME or size > self._window or size > self._first_window:
            self._give(self.open(stream_id, place), said)
            return
        shared = self._shared
        shared.requests += 1
        self._window -= size
        number = stream_id.to_bytes(4, "big")
        head, start, middle = self._encoder.parts(said, shared.heads.date)
        correlation, ray = shared.numbers.coded()
        self.out += (
            head,
            number,
            start,
            correlation,
            middle,
            ray,
            header(size, DATA, END_STREAM, stream_id),
            said.body,
        )

    def answer(self, stream: Stream, body: bytes) -> None:
        """The rest of a request came."""
        self._give(stream, stream.route.answer(body))

    def _give(self, stream: Stream, said: Answer) -> None:
        self._shared.requests += 1
        if said.how is AT_ONCE:
            self._whole(stream, said)
        elif said.how is LATER:
            stream.held = True
            self._shared.held.begin(stream)
            self._shared.timers.at(time.monotonic() + HOLD, lambda: self._release(stream, said))
        elif said.how is PACED:
            self.out.append(self._head(stream, said))
            stream.live = Live(
                self._shared.timers, self._shared.phase(), len(said.events), lambda at: self._event(stream, said, at)
            )
        else:
            self.out.append(self._head(stream, said))
            stream.begin(said)
            self._sending.append(stream)

    def answer_upload(self, stream: Stream, upload: Upload) -> None:
        self._shared.requests += 1
        self._whole(stream, uploaded(upload.size))

    def widen(self, stream_id: int, size: int) -> None:
        """The client takes more."""
        if stream_id == 0:
            self._window += size
        elif stream_id in self.streams:
            self.streams[stream_id].window += size

    def configure(self, payload: bytes) -> None:
        """The client's SETTINGS."""
        for key, value in frames.entries_of(payload):
            if key == frames.INITIAL_WINDOW_SIZE:
                for stream in self.streams.values():
                    stream.window += value - self._first_window
                self._first_window = value
            elif key == frames.HEADER_TABLE_SIZE:
                self._encoder.limit(value)
            elif key == frames.MAX_FRAME_SIZE:
                self._frame = min(value, _LONG)
        self.out.append(frames.frame(SETTINGS, ACK, 0, b""))

    def flush(self) -> None:
        """Write what is to be written, unless the client has not taken what was."""
        if self._sending and not self._connection.blocked:
            self._fill()
            if self._can_send():
                self._connection.want_more()
        if self.out:
            data = b"".join(self.out)
            self.out.clear()
            self._connection.write(data)

    def more(self) -> bool:
        self.flush()
        return self._can_send()

    def _can_send(self) -> bool:
        return self._window > 0 and any(stream.window > 0 for stream in self._sending)

    def _fill(self) -> None:
        """Frames of all bodies in turn, as many as the windows and one turn allow."""
        out, sending, left = self.out, self._sending, _TURN
        waiting: list[Stream] = []
        while sending and left > 0 and self._window > 0:
            stream = sending.popleft()
            if stream.window <= 0:
                waiting.append(stream)
                continue
            part = stream.take(min(self._frame, stream.window, self._window))
            size = len(part)
            out += (header(size, DATA, 0 if stream.unsent else END_STREAM, stream.id), part)
            stream.window -= size
            self._window -= size
            left -= size
            if stream.unsent:
                sending.append(stream)
            else:
                self.drop(stream)
        sending.extend(waiting)

    def _head(self, stream: Stream, said: Answer) -> bytes:
        shared = self._shared
        head, start, middle = self._encoder.parts(said, shared.heads.date)
        correlation, ray = shared.numbers.coded()
        return b"".join((head, stream.id.to_bytes(4, "big"), start, correlation, middle, ray))

    def _whole(self, stream: Stream, said: Answer) -> None:
        size = said.size
        self.out.append(self._head(stream, said))
        if size <= _FRAME and size <= self._window and size <= stream.window:
            self._window -= size
            self.out += (header(size, DATA, END_STREAM, stream.id), said.body)
            del self.streams[stream.id]
        else:
            stream.begin(said)
            self._sending.append(stream)

    def _release(self, stream: Stream, said: Answer) -> None:
        if stream.held:
            stream.held = False
            self._shared.held.end(stream)
            self._whole(stream, said)
            self._shared.soon(self.flush)

    def _event(self, stream: Stream, said: Answer, at: int) -> bool:
        data = said.events[at]
        if len(data) > min(stream.window, self._window) or self._connection.blocked:
            return False
        stream.window -= len(data)
        self._window -= len(data)
        last = at + 1 == len(said.events)
        self._connection.write(frames.frame(DATA, END_STREAM if last else 0, stream.id, data))
        if last:
            self.drop(stream)
        return True
