"""What a session makes of answers: heads, bodies, trailers, and those that break the rules on one stream."""

from __future__ import annotations

import pytest

from tests.http2.frames_of import GET, HEAD, POST, Conversation, data, number, raw
from tests.http2.numbers import CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PADDED


def test_an_answer_is_head_and_body() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1, 404, (b"content-type", b"text/plain"), (b"x", b"1"), (b"x", b"2")))
    assert (stream.status, stream.ended, talk.notes[1]) == (404, False, 1)
    assert stream.fields == ((b"content-type", b"text/plain"), (b"x", b"1"), (b"x", b"2"))
    talk.says(data(1, b"not "))
    assert (stream.take(), stream.size) == (b"not ", 0)
    talk.says(data(1, b"he"), data(1, b"re", end=True))

    assert (stream.chunks, stream.size, stream.ended, stream.take()) == ([b"he", b"re"], 4, True, b"here")
    assert (stream.take(), talk.session.free, talk.heard()) == (b"", 1000, [])


def test_an_answer_may_be_its_head_alone() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1, 500, end=True))

    assert (stream.status, stream.ended, stream.take(), talk.notes[1]) == (500, True, b"", 1)


def test_answers_come_in_any_order_and_mixed() -> None:
    talk = Conversation()
    first, second = talk.opens(), talk.opens()

    talk.says(talk.head(3), talk.head(1), data(3, b"se"), data(1, b"fi"), data(3, b"cond", end=True))
    talk.says(data(1, b"rst", end=True))

    assert (first.take(), second.take()) == (b"first", b"second")


def test_many_frames_in_one_read_are_one_notification_a_stream() -> None:
    talk = Conversation()
    talk.opens()
    talk.opens()

    talk.says(talk.head(1), talk.head(3), *[data(1, b"x")] * 50, data(3, b"y", end=True))

    assert (talk.notes[1], talk.notes[3]) == (1, 1)


@pytest.mark.parametrize("informs", [[103], [100], [102, 103, 100, 103]])
def test_what_comes_before_the_answer_is_passed_over(informs: list[int]) -> None:
    talk = Conversation()
    stream = talk.opens(POST, end=False)

    for status in informs:
        talk.says(talk.head(1, status, (b"link", b"</style.css>; rel=preload")))
        assert (stream.status, stream.fields, talk.notes[1]) == (None, (), 0)
    talk.session.send(stream, b"body", end=True)
    talk.answered(stream)

    assert stream.fields == ()


def test_an_informing_head_cannot_end_the_stream() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1, 103, end=True))

    assert stream.failure is not None
    assert stream.failure.kind == "protocol"
    assert talk.heard() == ["RST_STREAM 1 PROTOCOL_ERROR"]
    assert talk.lives()


def test_trailers_end_an_answer() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1), data(1, b"body"), talk.section(1, (b"x-digest", b"abc"), end=True))

    assert (stream.take(), stream.ended) == (b"body", True)
    assert stream.fields == ()


@pytest.mark.parametrize("padding", [0, 1, 255])
def test_padding_is_no_part_of_the_body(padding: int) -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1), raw(DATA, PADDED | END_STREAM, 1, bytes((padding,)) + b"body" + bytes(padding)))

    assert (stream.take(), stream.ended) == (b"body", True)


def test_a_head_may_be_padded_and_prioritised() -> None:
    talk = Conversation()
    stream = talk.opens()
    payload = b"\x03" + number(0x80000000) + b"\x10" + talk.block((b":status", b"200")) + b"\0\0\0"

    talk.says(raw(HEADERS, PADDED | 0x20 | END_HEADERS | END_STREAM, 1, payload))

    assert (stream.status, stream.ended) == (200, True)


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_a_head_may_go_on_in_continuation(size: int) -> None:
    talk = Conversation()
    stream = talk.opens()
    block = talk.block((b":status", b"200"), (b"x-long", b"value" * 20))
    parts = [block[at : at + size] for at in range(0, len(block), size)]

    talk.says(raw(HEADERS, END_STREAM, 1, parts[0]))
    talk.says(*(raw(CONTINUATION, 0, 1, part) for part in parts[1:]))
    assert not talk.notes
    talk.says(raw(CONTINUATION, END_HEADERS, 1))

    assert (stream.status, stream.fields, stream.ended) == (200, ((b"x-long", b"value" * 20),), True)


def test_the_reserved_bit_of_a_stream_id_is_ignored() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(raw(HEADERS, END_HEADERS | END_STREAM, 0x80000001, talk.block((b":status", b"200"))))

    assert stream.ended


def test_frames_of_unknown_types_are_ignored() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(raw(0x0A, 0xFF, 0, b"alt-svc"), talk.head(1), raw(0xBA, 0, 1, b"grease"), raw(0xFF, 0xFF, 2**31 - 1))
    talk.says(data(1, b"x", end=True))

    assert stream.take() == b"x"


def test_an_answer_may_come_before_the_request_has_ended() -> None:
    talk = Conversation()
    stream = talk.opens(POST, end=False)
    talk.session.send(stream, b"the beginning", end=False)
    talk.session.take()

    talk.says(talk.head(1, 413))
    assert stream.room > 0  # it may still want the rest
    talk.says(data(1, b"too large", end=True))

    assert (stream.status, stream.take(), stream.ended, stream.failure) == (413, b"too large", True, None)
    assert talk.heard() == ["RST_STREAM 1 NO_ERROR"]
    assert (stream.room, talk.session.send(stream, b"the rest", end=True), talk.heard()) == (0, 0, [])
    assert talk.lives()


@pytest.mark.parametrize(
    ("stated", "sent"), [(b"3", b"abc"), (b"0", b""), (b"3, 3", b"abc"), (b"003", b"abc")], ids=str
)
def test_a_body_as_long_as_its_content_length_is_right(stated: bytes, sent: bytes) -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1, 200, (b"content-length", stated)), data(1, sent, end=True))

    assert (stream.take(), stream.ended, stream.failure) == (sent, True, None)


@pytest.mark.parametrize(
    ("request_fields", "status"), [(HEAD, 200), (GET, 304), (GET, 204)], ids=["HEAD", "304", "204"]
)
def test_where_no_body_can_come_its_content_length_means_nothing(
    request_fields: tuple[tuple[bytes, bytes], ...], status: int
) -> None:
    talk = Conversation()
    stream = talk.opens(request_fields)

    talk.says(talk.head(1, status, (b"content-length", b"5"), end=True))

    assert (stream.ended, stream.failure) == (True, None)


def test_an_answer_to_head_has_no_body() -> None:
    talk = Conversation()
    stream = talk.opens(HEAD)

    talk.says(talk.head(1, 200, (b"content-length", b"5")), data(1, b"12345", end=True))

    assert stream.failure is not None
    assert talk.lives()


@pytest.mark.parametrize("stated", [b"2", b"0", b"4", b"2, 3", b"x", b"-3", b"+3", b"", b"3.0", b"9" * 4000, b"\xb3"])
def test_a_content_length_that_lies_is_an_error_of_its_stream(stated: bytes) -> None:
    talk = Conversation()
    stream, other = talk.opens(), talk.opens()

    talk.says(talk.head(1, 200, (b"content-length", stated)), data(1, b"abc", end=True))

    assert stream.failure is not None
    assert (stream.failure.kind, stream.ended) == ("protocol", False)
    assert talk.heard() == ["RST_STREAM 1 PROTOCOL_ERROR"]
    talk.answered(other)


def test_a_content_length_is_minded_before_the_end_too() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1, 200, (b"content-length", b"3")), data(1, b"abc"))
    assert stream.failure is None
    talk.says(data(1, b"d"))

    assert stream.failure is not None
    assert "content-length" in stream.failure.what
    assert stream.take() == b"abc"


def test_trailers_do_not_make_up_for_missing_bytes() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1, 200, (b"content-length", b"3")), data(1, b"ab"), talk.section(1, (b"x", b"y"), end=True))

    assert stream.failure is not None
    assert not stream.ended


MALFORMED: dict[str, tuple[tuple[bytes, bytes], ...]] = {
    "upper case": ((b":status", b"200"), (b"Content-Type", b"x")),
    "empty name": ((b":status", b"200"), (b"", b"x")),
    "blank in a name": ((b":status", b"200"), (b"a b", b"x")),
    "colon in a name": ((b":status", b"200"), (b"a:b", b"x")),
    "control in a name": ((b":status", b"200"), (b"a\x7f", b"x")),
    "high byte in a name": ((b":status", b"200"), (b"caf\xe9", b"x")),
    "NUL in a value": ((b":status", b"200"), (b"x", b"a\0b")),
    "CR in a value": ((b":status", b"200"), (b"x", b"a\rb")),
    "LF in a value": ((b":status", b"200"), (b"x", b"a\nb")),
    "connection": ((b":status", b"200"), (b"connection", b"close")),
    "keep-alive": ((b":status", b"200"), (b"keep-alive", b"timeout=5")),
    "proxy-connection": ((b":status", b"200"), (b"proxy-connection", b"close")),
    "transfer-encoding": ((b":status", b"200"), (b"transfer-encoding", b"chunked")),
    "upgrade": ((b":status", b"200"), (b"upgrade", b"h2c")),
    "no fields": (),
    "no status": ((b"content-type", b"x"),),
    "status twice": ((b":status", b"200"), (b":status", b"200")),
    "status not first": ((b"content-type", b"x"), (b":status", b"200")),
    "pseudo-field of a request": ((b":status", b"200"), (b":path", b"/")),
    "unknown pseudo-field": ((b":status", b"200"), (b":what", b"x")),
    "status of two digits": ((b":status", b"20"),),
    "status of four digits": ((b":status", b"2000"),),
    "status below 100": ((b":status", b"099"),),
    "negative status": ((b":status", b"-20"),),
    "status with a blank": ((b":status", b" 20"),),
    "status of other digits": ((b":status", "²00".encode()),),
    "status in words": ((b":status", b"200 OK"),),
    "empty status": ((b":status", b""),),
    "101": ((b":status", b"101"),),
}


@pytest.mark.parametrize("fields", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_head_that_breaks_the_rules_is_an_error_of_its_stream(fields: tuple[tuple[bytes, bytes], ...]) -> None:
    talk = Conversation()
    stream, other = talk.opens(), talk.opens()

    talk.says(talk.section(1, *fields))

    assert (stream.status, stream.ended, talk.notes[1]) == (None, False, 1)
    assert stream.failure is not None
    assert stream.failure.kind == "protocol"
    assert talk.heard() == ["RST_STREAM 1 PROTOCOL_ERROR"]
    talk.says(data(1, b"its body"), talk.section(1, (b"and", b"trailers"), end=True))  # on their way meanwhile
    talk.answered(other)
    assert talk.lives()


@pytest.mark.parametrize(
    "fields", [((b":status", b"200"),), ((b"Upper", b"x"),), ((b"connection", b"close"),), ((b"x", b"\0"),)], ids=str
)
def test_trailers_that_break_the_rules_are_an_error_of_their_stream(fields: tuple[tuple[bytes, bytes], ...]) -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1), data(1, b"body"), talk.section(1, *fields, end=True))

    assert stream.failure is not None
    assert (stream.failure.kind, stream.ended) == ("protocol", False)
    assert talk.lives()


def test_fields_in_the_middle_of_a_body_are_an_error_of_their_stream() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1), data(1, b"body"), talk.section(1, (b"x", b"y")))

    assert stream.failure is not None
    assert talk.lives()


@pytest.mark.parametrize("end", [False, True])
@pytest.mark.parametrize("body", [b"", b"body"])
def test_data_before_its_head_is_an_error_of_its_stream(body: bytes, end: bool) -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(data(1, body, end=end))

    assert stream.failure is not None
    assert (stream.failure.kind, talk.heard()) == ("protocol", ["RST_STREAM 1 PROTOCOL_ERROR"])
    assert talk.lives()


def test_blanks_around_a_value_are_taken_off() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1, 200, (b"x", b" a b\t"), (b"y", b"c\td"), (b"z", b""), (b"content-length", b"0 "), end=True))

    assert stream.fields == ((b"x", b"a b"), (b"y", b"c\td"), (b"z", b""), (b"content-length", b"0"))
    assert stream.ended


def test_what_is_received_in_tiny_frames_does_not_take_many_times_its_size() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1), *[data(1, b"ab")] * 5000)

    assert stream.size == 10_000
    assert len(stream.chunks) <= 1024
    assert stream.take() == b"ab" * 5000
