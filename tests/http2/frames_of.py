"""The other side of a session, byte by byte, made of the hyperframe and hpack packages: they share no code with it."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Sequence

from hpack import Encoder
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from mistral_async.wire.http2.session import Session
from mistral_async.wire.http2.stream import Stream, nothing
from tests.http2.numbers import END_HEADERS, END_STREAM, HEADERS, PREFACE, name_of

GET = ((b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"mistral.test"), (b":path", b"/v1/models"))
HEAD = ((b":method", b"HEAD"), *GET[1:])
POST = ((b":method", b"POST"), *GET[1:], (b"authorization", b"Bearer made-up"))

STREAM_WINDOW = 1024 * 1024  # bytes: what the session lets us send on a stream
CONNECTION_WINDOW = 16 * 1024 * 1024  # ... and on all of them


def raw(frame_type: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame of any type, right or wrong."""
    return len(payload).to_bytes(3) + bytes((frame_type, flags)) + stream.to_bytes(4) + payload


def settings(values: dict[int, int] | None = None) -> bytes:
    return SettingsFrame(0, settings=values or {}).serialize()


def data(stream: int, payload: bytes = b"", *, end: bool = False) -> bytes:
    return DataFrame(stream, payload, flags=["END_STREAM"] if end else []).serialize()


def goaway(last: int, code: int = 0) -> bytes:
    return GoAwayFrame(0, last, code).serialize()


def rst(stream: int, code: int) -> bytes:
    return RstStreamFrame(stream, code).serialize()


def window(stream: int, size: int) -> bytes:
    return WindowUpdateFrame(stream, size).serialize()


def ping(payload: bytes = b"12345678", *, ack: bool = False) -> bytes:
    return PingFrame(0, payload, flags=["ACK"] if ack else []).serialize()


def parsed(written: bytes) -> list[Frame]:
    """What a session wrote; fails where it is not whole frames."""
    if written.startswith(PREFACE):
        written = written[len(PREFACE) :]
    found: list[Frame] = []
    view = memoryview(written)
    while view:
        frame, size = Frame.parse_frame_header(view[:9], strict=True)
        assert len(view) >= 9 + size, "a frame without its end"
        frame.parse_body(view[9 : 9 + size])
        found.append(frame)
        view = view[9 + size :]
    return found


def told(frame: Frame) -> str:
    """A frame in words: ``DATA 1 5 END_STREAM`` are five bytes of the first stream, its last ones."""
    match frame:
        case DataFrame():
            what = f"DATA {frame.stream_id} {len(frame.data)}"
        case HeadersFrame():
            what = f"HEADERS {frame.stream_id}"
        case RstStreamFrame():
            what = f"RST_STREAM {frame.stream_id} {name_of(frame.error_code)}"
        case GoAwayFrame():
            what = f"GOAWAY {frame.last_stream_id} {name_of(frame.error_code)}"
        case WindowUpdateFrame():
            what = f"WINDOW_UPDATE {frame.stream_id} {frame.window_increment}"
        case PingFrame():
            what = "PING"
        case SettingsFrame():
            what = "SETTINGS"
        case _:
            what = f"{type(frame).__name__} {frame.stream_id}"
    return " ".join((what, *sorted(str(flag) for flag in frame.flags)))


class Clock:
    """Time that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Conversation:
    """A session, and a server that says what a test wants. ``server=None``: it has not said SETTINGS yet."""

    def __init__(
        self,
        server: dict[int, int] | None = None,
        *,
        greeted: bool = True,
        clock: Callable[[], float] | None = None,
        first_id: int = 1,
    ) -> None:
        self.session = Session(on_change=self._changed, clock=clock or Clock(), first_id=first_id)
        self.encoder = Encoder()
        self.notes: Counter[int] = Counter()  # how often each stream was notified
        self.changes = 0  # how often `on_change` was called
        self._streams: list[Stream] = []  # all that were opened here
        self.when_changed: Callable[[], None] = nothing
        self._next_id = first_id
        if greeted:
            self.session.take()
            self.session.receive(settings(server))
            self.session.take()
            self.changes = 0

    def _changed(self) -> None:
        self.changes += 1
        self.when_changed()

    def says(self, *parts: bytes) -> None:
        self.session.receive(b"".join(parts))

    def heard(self) -> list[str]:
        """What the session has written since, in words."""
        return [told(frame) for frame in parsed(self.session.take())]

    def opens(self, fields: Sequence[tuple[bytes, bytes]] = GET, *, end: bool = True) -> Stream:
        """A request, already written."""
        stream_id = self._next_id
        self._next_id += 2
        stream = self.session.open(fields, end=end, notify=lambda: self.notes.update((stream_id,)))
        assert stream.id == stream_id
        self._streams.append(stream)
        self.session.take()
        return stream

    def block(self, *fields: tuple[bytes, bytes]) -> bytes:
        return self.encoder.encode(fields)

    def head(self, stream: int, status: int = 200, *fields: tuple[bytes, bytes], end: bool = False) -> bytes:
        return self.section(stream, (b":status", b"%d" % status), *fields, end=end)

    def section(self, stream: int, *fields: tuple[bytes, bytes], end: bool = False) -> bytes:
        """HEADERS with any fields at all."""
        return raw(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, self.block(*fields))

    def answered(self, stream: Stream, body: bytes = b"{}") -> None:
        """Answer it whole, and see that this works: the connection lives."""
        self.says(self.head(stream.id), data(stream.id, body, end=True))
        assert (stream.status, stream.take(), stream.ended, stream.failure) == (200, body, True, None)

    def lives(self) -> bool:
        """Whether the connection does: another request is answered."""
        self.session.take()
        self.answered(self.opens())
        return self.session.failure is None and not self.session.draining

    def ended_with(self, code: str) -> str:
        """What ended the connection: GOAWAY with this code was said, last of all, and no stream is open."""
        said = self.heard()
        assert said[-1] == f"GOAWAY 0 {code}", said
        failure = self.session.failure
        assert failure is not None
        assert failure.kind == "protocol"
        assert (self.session.free, self.session.finished) == (0, True)
        assert all(stream.ended or stream.failure is not None for stream in self._streams)
        return failure.what


def number(size: int) -> bytes:
    """Four bytes."""
    return struct.pack(">I", size)
