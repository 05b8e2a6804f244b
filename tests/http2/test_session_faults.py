"""What no connection survives: wrong lengths, frames out of place, floods and bombs. Each ends in one GOAWAY."""

from __future__ import annotations

import pytest

from mistral_async.wire.http2.stream import Failure
from tests.http2.frames_of import POST, Clock, Conversation, data, number, ping, raw, rst, settings, window
from tests.http2.numbers import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PADDED,
    PING,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
)

WRONG = {
    "DATA too long": (raw(DATA, 0, 1, bytes(65537)), "FRAME_SIZE_ERROR"),
    "HEADERS too long": (raw(HEADERS, END_HEADERS, 1, bytes(65537)), "FRAME_SIZE_ERROR"),
    "unknown type too long": (raw(77, 0, 0, bytes(65537)), "FRAME_SIZE_ERROR"),
    "RST_STREAM of 3": (raw(RST_STREAM, 0, 1, bytes(3)), "FRAME_SIZE_ERROR"),
    "RST_STREAM of 5": (raw(RST_STREAM, 0, 1, bytes(5)), "FRAME_SIZE_ERROR"),
    "RST_STREAM of nothing": (raw(RST_STREAM, 0, 1), "FRAME_SIZE_ERROR"),
    "SETTINGS of 5": (raw(SETTINGS, 0, 0, bytes(5)), "FRAME_SIZE_ERROR"),
    "SETTINGS of 7": (raw(SETTINGS, 0, 0, b"\0\x09" + bytes(5)), "FRAME_SIZE_ERROR"),
    "SETTINGS acknowledged with more": (raw(SETTINGS, ACK, 0, bytes(6)), "FRAME_SIZE_ERROR"),
    "PING of 7": (raw(PING, 0, 0, bytes(7)), "FRAME_SIZE_ERROR"),
    "PING of 9": (raw(PING, ACK, 0, bytes(9)), "FRAME_SIZE_ERROR"),
    "GOAWAY of 7": (raw(GOAWAY, 0, 0, bytes(7)), "FRAME_SIZE_ERROR"),
    "WINDOW_UPDATE of 3": (raw(WINDOW_UPDATE, 0, 0, bytes(3)), "FRAME_SIZE_ERROR"),
    "WINDOW_UPDATE of 5": (raw(WINDOW_UPDATE, 0, 1, bytes(5)), "FRAME_SIZE_ERROR"),
    "PRIORITY of 4 on no stream of ours": (raw(PRIORITY, 0, 99, bytes(4)), "FRAME_SIZE_ERROR"),
    "padded DATA of nothing": (raw(DATA, PADDED, 1), "FRAME_SIZE_ERROR"),
    "padded HEADERS of nothing": (raw(HEADERS, PADDED | END_HEADERS, 1), "FRAME_SIZE_ERROR"),
    "HEADERS with half a priority": (raw(HEADERS, 0x20 | END_HEADERS, 1, bytes(4)), "FRAME_SIZE_ERROR"),
    "more padding than DATA": (raw(DATA, PADDED, 1, b"\x05abcd"), "PROTOCOL_ERROR"),
    "more padding than HEADERS": (raw(HEADERS, PADDED | END_HEADERS, 1, b"\x05\x88"), "PROTOCOL_ERROR"),
    "DATA of the connection": (raw(DATA, 0, 0, b"x"), "PROTOCOL_ERROR"),
    "HEADERS of the connection": (raw(HEADERS, END_HEADERS, 0, b"\x88"), "PROTOCOL_ERROR"),
    "PRIORITY of the connection": (raw(PRIORITY, 0, 0, bytes(5)), "PROTOCOL_ERROR"),
    "RST_STREAM of the connection": (raw(RST_STREAM, 0, 0, bytes(4)), "PROTOCOL_ERROR"),
    "SETTINGS of a stream": (raw(SETTINGS, 0, 1), "PROTOCOL_ERROR"),
    "PING of a stream": (raw(PING, 0, 1, bytes(8)), "PROTOCOL_ERROR"),
    "GOAWAY of a stream": (raw(GOAWAY, 0, 1, bytes(8)), "PROTOCOL_ERROR"),
    "DATA on an idle stream": (raw(DATA, 0, 5, b"x"), "PROTOCOL_ERROR"),
    "HEADERS on an idle stream": (raw(HEADERS, END_HEADERS, 5, b"\x88"), "PROTOCOL_ERROR"),
    "HEADERS without end on an idle stream": (raw(HEADERS, 0, 5, b"\x88"), "PROTOCOL_ERROR"),
    "RST_STREAM on an idle stream": (raw(RST_STREAM, 0, 5, bytes(4)), "PROTOCOL_ERROR"),
    "WINDOW_UPDATE on an idle stream": (raw(WINDOW_UPDATE, 0, 5, number(1)), "PROTOCOL_ERROR"),
    "DATA on a stream of the server": (raw(DATA, 0, 2, b"x"), "PROTOCOL_ERROR"),
    "HEADERS on a stream of the server": (raw(HEADERS, END_HEADERS, 2, b"\x88"), "PROTOCOL_ERROR"),
    "PUSH_PROMISE": (raw(PUSH_PROMISE, END_HEADERS, 1, number(2) + b"\x88"), "PROTOCOL_ERROR"),
    "CONTINUATION of nothing": (raw(CONTINUATION, END_HEADERS, 1, b"\x88"), "PROTOCOL_ERROR"),
    "CONTINUATION of the connection": (raw(CONTINUATION, END_HEADERS, 0), "PROTOCOL_ERROR"),
    "CONTINUATION after the end of fields": (
        raw(HEADERS, END_HEADERS, 1, b"\x88") + raw(CONTINUATION, END_HEADERS, 1),
        "PROTOCOL_ERROR",
    ),
    "CONTINUATION of another stream": (
        raw(HEADERS, 0, 1, b"\x88") + raw(CONTINUATION, END_HEADERS, 3, b""),
        "PROTOCOL_ERROR",
    ),
    "DATA among fields": (raw(HEADERS, 0, 1, b"\x88") + raw(DATA, 0, 1, b"x"), "PROTOCOL_ERROR"),
    "PING among fields": (raw(HEADERS, 0, 1, b"\x88") + ping(), "PROTOCOL_ERROR"),
    "HEADERS among fields": (raw(HEADERS, 0, 1, b"\x88") * 2, "PROTOCOL_ERROR"),
    "an unknown type among fields": (raw(HEADERS, 0, 1, b"\x88") + raw(99, 0, 0), "PROTOCOL_ERROR"),
    "an index of nothing": (raw(HEADERS, END_HEADERS, 1, b"\x80"), "COMPRESSION_ERROR"),
    "an index beyond the table": (raw(HEADERS, END_HEADERS, 1, b"\xff\x7f"), "COMPRESSION_ERROR"),
    "a field cut short": (raw(HEADERS, END_HEADERS, 1, b"\x00\x05ab"), "COMPRESSION_ERROR"),
    "a number without end": (raw(HEADERS, END_HEADERS, 1, b"\xff" * 16000), "COMPRESSION_ERROR"),
    "broken Huffman": (raw(HEADERS, END_HEADERS, 1, b"\x00\x01a\x84\xff\xff\xff\xff"), "COMPRESSION_ERROR"),
    "a table larger than ours": (raw(HEADERS, END_HEADERS, 1, b"\x3f\xff\xff\x01\x88"), "COMPRESSION_ERROR"),
    "a table size after a field": (raw(HEADERS, END_HEADERS, 1, b"\x88\x20"), "COMPRESSION_ERROR"),
    "table sizes without end": (raw(HEADERS, END_HEADERS, 1, b"\x20" * 10_000), "COMPRESSION_ERROR"),
    "a broken block on a stream that is gone": (rst(1, 8) + raw(HEADERS, END_HEADERS, 1, b"\x80"), "COMPRESSION_ERROR"),
}


@pytest.mark.parametrize(("said", "code"), WRONG.values(), ids=WRONG.keys())
def test_a_fault_ends_the_connection_and_every_stream(said: bytes, code: str) -> None:
    talk = Conversation()
    streams = [talk.opens(), talk.opens(POST, end=False)]

    talk.says(said)

    what = talk.ended_with(code)
    assert what.isascii()
    for stream in streams[1:]:
        assert stream.failure == talk.session.failure
        assert (talk.notes[stream.id], stream.room, talk.session.send(stream, b"x", end=True)) == (1, 0, 0)
    talk.says(said, settings(), ping())
    assert talk.heard() == []


def test_a_frame_that_is_too_long_is_not_waited_for() -> None:
    talk = Conversation()

    talk.says(raw(DATA, 0, 1, bytes(65537))[:9])

    talk.ended_with("FRAME_SIZE_ERROR")


def test_a_priority_of_a_wrong_length_ends_its_stream() -> None:
    talk = Conversation()
    stream, other = talk.opens(), talk.opens()

    talk.says(raw(PRIORITY, 0, 1, bytes(4)), raw(PRIORITY, 0, 3, bytes(5)), raw(PRIORITY, 0, 99, bytes(5)))

    assert stream.failure is not None
    assert talk.heard() == ["RST_STREAM 1 FRAME_SIZE_ERROR"]
    talk.answered(other)


@pytest.mark.parametrize(
    "first",
    [
        ping(),
        raw(SETTINGS, ACK, 0),
        raw(GOAWAY, 0, 0, bytes(8)),
        raw(HEADERS, END_HEADERS, 1, b"\x88"),
        raw(99, 0, 0),
        b"\0" * 9,
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
def test_a_server_that_does_not_begin_with_settings_is_no_http2_server(first: bytes) -> None:
    talk = Conversation(greeted=False)
    stream = talk.opens()

    talk.says(first)

    assert talk.ended_with("PROTOCOL_ERROR") == "something else where HTTP/2 should begin"
    assert stream.failure is not None


@pytest.mark.parametrize("cut", [1, 5, 8, 9, 20])
def test_an_answer_in_http_1_is_called_that(cut: int) -> None:
    talk = Conversation(greeted=False)
    said = b"HTTP/1.1 400 Bad Request\r\n\r\n"

    talk.says(said[:cut])
    talk.says(said[cut:])

    assert talk.ended_with("PROTOCOL_ERROR") == "HTTP/1.1 where HTTP/2 should begin"


@pytest.mark.parametrize("kind", [DATA, HEADERS, RST_STREAM, WINDOW_UPDATE])
@pytest.mark.parametrize("how", ["ended", "reset by us", "reset by the server"])
def test_frames_on_a_stream_that_is_gone_are_read_over(kind: int, how: str) -> None:
    talk = Conversation()
    stream = talk.opens()
    match how:
        case "ended":
            talk.answered(stream)
        case "reset by us":
            talk.session.reset(stream)
        case _:
            talk.says(rst(1, 8))
    talk.session.take()
    before = (stream.status, stream.failure)

    payload = {DATA: b"late", HEADERS: talk.block((b":status", b"200"), (b"x", b"y"))}.get(kind, number(1))
    talk.says(raw(kind, END_HEADERS if kind == HEADERS else 0, 1, payload))

    assert (talk.heard(), stream.take()) == ([], b"")
    assert (stream.status, stream.failure) == before
    assert talk.lives()


def a_field() -> bytes:
    """One that costs a byte on the wire and 44 in memory."""
    return b"\x88"


FLOODS = {
    "RST_STREAM": rst(1, 8),
    "PING": ping(),
    "PING answers": ping(ack=True),
    "SETTINGS": settings(),
    "SETTINGS with values": settings({4: 70000}),
    "SETTINGS answers": raw(SETTINGS, ACK, 0),
    "empty DATA": data(3),
    "empty DATA of a stream that is gone": data(1),
    "DATA of padding": raw(DATA, PADDED, 3, b"\xff" + bytes(255)),
    "PRIORITY": raw(PRIORITY, 0, 3, bytes(5)),
    "unknown types": raw(99, 0, 0),
    "WINDOW_UPDATE of the connection": window(0, 1),
    "WINDOW_UPDATE of a stream": window(3, 1),
    "WINDOW_UPDATE of a stream that is gone": window(1, 1),
    "GOAWAY": raw(GOAWAY, 0, 0, number(2**31 - 1) + bytes(4)),
    "103": raw(HEADERS, END_HEADERS, 3, b"\x08\x03103"),
    "HEADERS of a stream that is gone": raw(HEADERS, END_HEADERS, 1, b"\x88"),
}


@pytest.mark.parametrize("frame", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_ends_the_connection(frame: bytes) -> None:
    talk = Conversation()
    gone, live = talk.opens(), talk.opens()
    talk.answered(gone)
    talk.says(talk.head(3) if frame != FLOODS["103"] else b"")
    sent = 0

    while talk.session.failure is None and sent < 2000:
        talk.says(frame * 10)
        talk.heard()
        sent += 10
        assert len(talk.session.take()) == 0

    assert talk.session.failure == live.failure == Failure("protocol", "a flood of frames")


@pytest.mark.parametrize("frame", [ping(), window(0, 1), raw(99, 0, 0), data(1)])
def test_as_many_frames_as_a_patient_client_takes_are_no_flood(frame: bytes) -> None:
    clock = Clock()
    talk = Conversation(clock=clock)
    talk.says(talk.head(talk.opens().id))

    for _ in range(3000):
        clock.now += 0.02  # fifty a second
        talk.says(frame)
        talk.session.take()

    assert talk.session.failure is None


def test_a_large_upload_may_be_credited_in_small_steps() -> None:
    talk = Conversation()
    stream = talk.opens(POST, end=False)

    for _ in range(2000):
        assert talk.session.send(stream, bytes(16384), end=False) == 16384
        talk.session.take()
        talk.says(*[window(0, 4096), window(1, 4096)] * 4, ping())

    assert talk.session.failure is None


def test_a_busy_client_may_be_reset_as_often_as_it_asks() -> None:
    talk = Conversation()

    for _ in range(5000):
        talk.says(rst(talk.opens().id, 7))

    assert talk.session.failure is None
    assert talk.session.free == 1000


def test_what_useful_work_adds_up_to_is_bounded() -> None:
    talk = Conversation()
    for _ in range(20_000):
        talk.answered(talk.opens())

    talk.says(*[raw(99, 0, 0)] * 16_001)

    talk.ended_with("ENHANCE_YOUR_CALM")


def test_a_server_that_asks_without_reading_is_left() -> None:
    clock = Clock()
    talk = Conversation(clock=clock)

    for _ in range(1001):
        clock.now += 1
        talk.says(ping())  # and nothing is taken, as when the socket is full

    assert talk.ended_with("ENHANCE_YOUR_CALM") == "questions without reading the answers"


def test_continuation_without_end_is_a_flood_when_it_is_empty() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(raw(HEADERS, END_STREAM, 1, b"\x88"), *[raw(CONTINUATION, 0, 1)] * 1100)

    talk.ended_with("ENHANCE_YOUR_CALM")
    assert stream.failure is not None


def test_continuation_without_end_is_a_bomb_when_it_is_full() -> None:
    talk = Conversation()
    talk.opens()

    talk.says(raw(HEADERS, 0, 1, b"\x88"), *[raw(CONTINUATION, 0, 1, bytes(16384))] * 16)

    assert "262144 bytes of header fields" in talk.ended_with("ENHANCE_YOUR_CALM")


def test_few_bytes_that_become_many_fields_are_a_bomb() -> None:
    talk = Conversation()
    talk.opens()
    large = talk.block((b":status", b"200"), (b"x", b"v" * 4000))  # into the table ...
    again = talk.block((b"x", b"v" * 4000))  # ... to be named by one byte
    assert len(again) == 1

    talk.says(raw(HEADERS, END_HEADERS, 1, large + again * 1000))

    assert "65536 bytes of header fields" in talk.ended_with("ENHANCE_YOUR_CALM")


def test_as_many_fields_as_we_said_are_taken() -> None:
    talk = Conversation()
    stream = talk.opens()
    fields = tuple((b"x-%d" % number, b"v" * 900) for number in range(60))
    block = talk.block((b":status", b"200"), *fields)

    parts = [block[at : at + 16384] for at in range(0, len(block), 16384)]
    talk.says(raw(HEADERS, 0, 1, parts[0]), *(raw(CONTINUATION, 0, 1, part) for part in parts[1:]))
    talk.says(raw(CONTINUATION, END_HEADERS, 1))

    assert stream.fields == fields
