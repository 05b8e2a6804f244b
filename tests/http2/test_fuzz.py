"""Whatever a server says, and whatever we do meanwhile, a session keeps its laws.

HYPOTHESIS_PROFILE=long looks at twenty thousand conversations instead of a few hundred.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TypeAlias

import pytest
from hpack import Encoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mistral_async.wire.http2.session import Session
from mistral_async.wire.http2.stream import Stream
from tests.http2.frames_of import GET, POST, Clock, number, parsed, raw
from tests.http2.frames_of import settings as settings_frame
from tests.http2.numbers import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    GOAWAY,
    HEADERS,
    PING,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
)

Step: TypeAlias = tuple[str, Any]
"""What happens: ``("receive", bytes)``, or a thing that we do, with a number to choose by."""

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
FUZZ = settings(
    max_examples=20_000 if LONG else 300,
    derandomize=not LONG,  # a night may find what no other did
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
STREAMS = 8  # the server of this test allows so many


def blocks() -> list[bytes]:
    """Header blocks, right and wrong, none of which needs an entry of the table."""
    sections: list[list[tuple[bytes, bytes]]] = [
        [(b":status", b"200")],
        [(b":status", b"200"), (b"content-length", b"3")],
        [(b":status", b"204")],
        [(b":status", b"103"), (b"link", b"</x>")],
        [(b":status", b"abc")],
        [(b"x-trailer", b"y")],
        [(b":status", b"200"), (b"Upper", b"y")],
        [(b":status", b"200"), (b"connection", b"close")],
        [(b":path", b"/")],
        [],
    ]
    found: list[bytes] = []
    for section in sections:
        encoder = Encoder()
        encoder.header_table_size = 0
        found.append(encoder.encode(section))
    return [*found, b"\x40\x01a\x01b", b"\xbe", b"\x80", b"\x20", b"\x3f\xe1\x1f", b"\x00\x05ab"]


ids = st.sampled_from([0, 1, 1, 1, 3, 3, 5, 7, 2, 99, 2**31 - 1, 2**31 + 1])
sizes = st.sampled_from([0, 1, 5, 100, 16384, 65535, 65536, 65537, 2**20, 2**31 - 1, 2**31, 2**32 - 1])
flags = st.sampled_from([0, 1, 4, 5, 5, 8, 9, 0x0D, 0x20, 0x24, 0xFF])
some_bytes = st.one_of(
    st.sampled_from([b"", b"abc", b"\0", b"\x02abc\0\0", bytes(16384), bytes(65536)]), st.binary(max_size=40)
)


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """One frame, often right and sometimes nearly."""
    kind = draw(st.sampled_from([DATA, DATA, HEADERS, HEADERS, *range(10), 10, 200]))
    match kind:
        case 1 | 9:
            payload = draw(st.sampled_from(BLOCKS))
        case 4:
            key = st.integers(0, 8).map(lambda key: key.to_bytes(2))
            payload = b"".join(draw(st.lists(st.tuples(key, sizes.map(number)).map(b"".join), max_size=3)))
        case 3 | 8:
            payload = number(draw(sizes))
        case 6:
            payload = draw(st.sampled_from([bytes(8), number(0) + number(1), b"abcdefgh"]))
        case 7:
            payload = number(draw(st.sampled_from([0, 1, 3, 5, 2**31 - 1]))) + number(draw(st.integers(0, 15)))
        case 2:
            payload = bytes(5)
        case _:
            payload = draw(some_bytes)
    frame = bytearray(raw(kind, draw(flags), draw(ids), payload))
    if draw(st.integers(0, 15)) == 0:  # a wrong length, type, or anything
        frame[draw(st.integers(0, len(frame) - 1))] = draw(st.integers(0, 255))
    if draw(st.integers(0, 15)) == 0:
        frame += draw(some_bytes)
    return bytes(frame) * draw(st.sampled_from([1, 1, 1, 1, 2, 300]))


@st.composite
def right_frames(draw: st.DrawFn) -> bytes:
    """One frame that a well-behaved server could say at some time."""
    stream = draw(st.sampled_from([1, 1, 3, 5]))
    match draw(st.sampled_from([DATA, DATA, HEADERS, HEADERS, SETTINGS, WINDOW_UPDATE, RST_STREAM, PING, GOAWAY, 2])):
        case 0:
            return raw(DATA, draw(st.sampled_from([0, 0, 1])), stream, draw(some_bytes))
        case 1:
            block = draw(st.sampled_from(BLOCKS[:6]))
            end = draw(st.sampled_from([0, 0, 1]))
            if draw(st.booleans()):
                return raw(HEADERS, END_HEADERS | end, stream, block)
            return raw(HEADERS, end, stream, block[:1]) + raw(CONTINUATION, END_HEADERS, stream, block[1:])
        case 4:
            return settings_frame({4: draw(st.sampled_from([0, 10, 65535, 2**20])), 3: draw(st.integers(0, STREAMS))})
        case 8:
            return raw(WINDOW_UPDATE, 0, draw(st.sampled_from([0, 1, 3])), number(draw(st.integers(1, 70000))))
        case 3:
            return raw(RST_STREAM, 0, stream, number(draw(st.integers(0, 13))))
        case 6:
            return raw(PING, draw(st.sampled_from([0, 1])), 0, number(0) + number(1))
        case 7:
            return raw(GOAWAY, 0, 0, number(draw(st.sampled_from([1, 3, 2**31 - 1]))) + number(0))
        case _:
            return raw(PRIORITY, 0, stream, bytes(5))


BLOCKS = blocks()
LOCAL = ("open", "open", "upload", "send", "finish", "reset", "read", "take", "ping", "wait", "close", "lost")

local_steps = st.tuples(st.sampled_from(LOCAL), st.integers(0, 7))
wild_steps = st.tuples(st.just("receive"), st.one_of(frames(), right_frames(), st.binary(max_size=60)))
right_steps = st.tuples(st.just("receive"), right_frames())
greeting = st.sampled_from([settings_frame({3: STREAMS}), settings_frame({3: STREAMS, 4: 5}), b""])


def conversations(steps: st.SearchStrategy[Step]) -> st.SearchStrategy[list[Step]]:
    hello = greeting.map(lambda said: [("open", 0), ("upload", 0), ("receive", said)])
    return st.tuples(hello, st.lists(steps, max_size=40)).map(lambda both: [*both[0], *both[1]])


class Run:
    """A session that goes through a conversation, its laws checked after each step."""

    def __init__(self, cuts: Sequence[int] = ()) -> None:
        self.clock = Clock()
        self.session = Session(clock=self.clock)
        self.streams: list[Stream] = []
        self.notes: list[int] = []
        self.written = b""
        self.taken: dict[int, bytes] = {}
        self._cuts = list(cuts)

    def go(self, steps: list[Step]) -> None:
        for what, value in steps:
            getattr(self, f"do_{what}")(value)
            self.check()
        self.do_take(0)
        self.check()
        self.session.close()  # what is over is forgotten: else it would not finish
        self.check()

    def do_receive(self, data: bytes) -> None:
        while self._cuts and data:
            size = self._cuts.pop()
            self.session.receive(data[:size])
            data = data[size:]
        self.session.receive(data)

    def do_open(self, _: int, *, end: bool = True) -> None:
        if self.session.free:
            number = len(self.streams)
            fields = GET if end else POST
            self.streams.append(self.session.open(fields, end=end, notify=lambda: self.notes.append(number)))

    def do_upload(self, value: int) -> None:
        self.do_open(value, end=False)

    def do_send(self, value: int, *, end: bool = False) -> None:
        if self.streams:
            stream = self.streams[value % len(self.streams)]
            room = stream.room
            sent = self.session.send(stream, bytes(value * 20_000), end=end)
            assert 0 <= sent == min(room, value * 20_000)

    def do_finish(self, value: int) -> None:
        self.do_send(value, end=True)

    def do_reset(self, value: int) -> None:
        if self.streams:
            self.session.reset(self.streams[value % len(self.streams)])

    def do_read(self, value: int) -> None:
        if self.streams:
            stream = self.streams[value % len(self.streams)]
            size = stream.size
            data = stream.take()
            assert len(data) == size
            self.taken[stream.id] = self.taken.get(stream.id, b"") + data

    def do_take(self, _: int) -> None:
        data = self.session.take()
        assert not self.session.pending
        parsed(data)
        self.written += data

    def do_ping(self, _: int) -> None:
        self.session.ping()

    def do_wait(self, value: int) -> None:
        self.clock.now += value

    def do_close(self, value: int) -> None:
        if value == 0:
            self.session.close()

    def do_lost(self, value: int) -> None:
        if value == 0:
            self.session.lost("closed the connection")
            assert self.session.failure is not None

    def check(self) -> None:
        session = self.session
        live = [stream for stream in self.streams if not stream.ended and stream.failure is None]
        assert len(live) <= 1000
        assert session.free >= 0
        if session.failure is not None:
            assert (live, session.free, session.finished) == ([], 0, True)
        elif session.draining:
            assert (session.free, session.finished) == (0, not live)
        for at, stream in enumerate(self.streams):
            assert stream.size == sum(map(len, stream.chunks)) <= 1024 * 1024
            assert 0 <= stream.room <= 2**31 - 1
            assert not stream.ended or (stream.status is not None and stream.failure is None)
            given_up = stream.failure is not None and stream.failure.what == "given up"
            if (stream.ended or stream.failure is not None) and not given_up:
                assert at in self.notes  # whoever waits has been told
                assert stream.room == 0

    def outcome(self) -> object:
        return (
            self.written,
            self.session.failure,
            self.session.draining,
            self.session.free,
            [
                (stream.status, stream.fields, b"".join(stream.chunks), stream.ended, stream.failure)
                for stream in self.streams
            ],
            self.taken,
        )


@FUZZ
@given(conversations(st.one_of(local_steps, wild_steps)))
def test_no_server_makes_a_session_break_its_laws(steps: list[Step]) -> None:
    Run().go(steps)


@FUZZ
@given(conversations(st.one_of(local_steps, right_steps)))
def test_no_half_right_server_makes_a_session_break_its_laws(steps: list[Step]) -> None:
    Run().go(steps)


@FUZZ
@given(
    conversations(st.one_of(local_steps, right_steps, wild_steps)),
    st.lists(st.sampled_from([1, 1, 2, 3, 8, 9, 10, 13, 100, 20_000]), max_size=60),
)
def test_it_does_not_matter_how_the_bytes_are_cut(steps: list[Step], cuts: list[int]) -> None:
    whole, cut = Run(), Run(cuts)

    whole.go(steps)
    cut.go(steps)

    assert whole.outcome() == cut.outcome()


@FUZZ
@given(st.binary(max_size=300), st.booleans())
def test_noise_does_not_raise(noise: bytes, greeted: bool) -> None:
    run = Run()
    run.go([("open", 0), ("receive", settings_frame() if greeted else b""), ("receive", noise)])


@pytest.mark.parametrize("size", range(1, 30))
def test_a_whole_conversation_may_come_in_pieces_of_any_size(size: int) -> None:
    said = settings_frame() + raw(HEADERS, END_HEADERS, 1, BLOCKS[0]) + raw(DATA, 0, 1, b"first ")
    said += raw(PING, 0, 0, bytes(8)) + raw(DATA, 1, 1, b"second")
    run, whole = Run([size] * (len(said) // size)), Run()

    for each in (run, whole):
        each.go([("open", 0), ("receive", said)])

    assert run.outcome() == whole.outcome()
    assert run.streams[0].take() == b"first second"
