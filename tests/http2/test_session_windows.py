"""Flow control in both directions: nobody overruns, nobody starves, no credit is lost."""

from __future__ import annotations

import functools

import pytest
from hyperframe.frame import DataFrame, WindowUpdateFrame

from tests.http2.frames_of import (
    CONNECTION_WINDOW,
    POST,
    STREAM_WINDOW,
    Clock,
    Conversation,
    data,
    parsed,
    raw,
    rst,
    window,
)
from tests.http2.numbers import DATA, END_STREAM, PADDED

FULL = 16384  # bytes in a frame of most servers


def credit(talk: Conversation) -> dict[int, int]:
    """Window given back since, by stream; 0 is the connection."""
    given: dict[int, int] = {}
    for frame in parsed(talk.session.take()):
        assert isinstance(frame, WindowUpdateFrame)
        given[frame.stream_id] = given.get(frame.stream_id, 0) + frame.window_increment
    return given


@pytest.mark.parametrize("cut", [1, 8, 9, 10, 16_384, 65_545, 100_000])
def test_a_frame_as_long_as_we_announce_is_taken_however_it_is_cut(cut: int) -> None:
    talk = Conversation()
    stream = talk.opens()
    body = bytes(range(256)) * 256
    sent = talk.head(1) + data(1, body) + data(1, body)

    for at in range(0, len(sent), cut):
        talk.says(sent[at : at + cut])

    assert (talk.session.failure, stream.take()) == (None, body * 2)


def test_room_is_the_smaller_of_both_windows() -> None:
    talk = Conversation()
    first, second = talk.opens(POST, end=False), talk.opens(POST, end=False)

    talk.session.send(first, bytes(65000), end=False)

    assert (first.room, second.room) == (535, 535)
    talk.says(window(0, 100_000))
    assert (first.room, second.room) == (535, 65535)


def test_streams_are_told_when_the_connection_has_room_again() -> None:
    talk = Conversation()
    first, second, third = (talk.opens(POST, end=False) for _ in range(3))
    talk.session.send(third, b"all of it", end=True)
    talk.session.send(first, bytes(65526), end=False)

    assert (first.room, second.room) == (0, 0)
    talk.says(window(0, 5))

    assert (second.room, dict(talk.notes)) == (5, {1: 1, 3: 1})


def test_the_least_recently_served_stream_is_told_first() -> None:
    talk = Conversation()
    streams = [talk.opens(POST, end=False) for _ in range(3)]
    order: list[int] = []
    for stream in streams:
        stream.notify = functools.partial(order.append, stream.id)
    for stream in (streams[1], streams[0], streams[2]):
        talk.session.send(stream, bytes(FULL), end=False)
    talk.session.send(streams[1], bytes(65535), end=False)

    talk.says(window(0, 1))

    assert order == [1, 5, 3]


def test_a_stream_is_told_when_its_own_window_opens() -> None:
    talk = Conversation()
    talk.says(window(0, 1_000_000))
    stream = talk.opens(POST, end=False)
    talk.session.send(stream, bytes(65535), end=False)

    talk.says(window(1, 3))
    assert (stream.room, talk.notes[1]) == (3, 1)
    talk.says(window(1, 3))  # nobody waits for that

    assert (stream.room, talk.notes[1]) == (6, 1)


@pytest.mark.parametrize("size", [0, 2**31 - 1])
def test_a_wrong_window_update_of_a_stream_ends_that_stream(size: int) -> None:
    talk = Conversation()
    stream, other = talk.opens(POST, end=False), talk.opens()

    talk.says(raw(8, 0, 1, size.to_bytes(4)))

    assert stream.failure is not None
    assert stream.failure.kind == "protocol"
    code = "FLOW_CONTROL_ERROR" if size else "PROTOCOL_ERROR"
    assert (talk.heard(), stream.room) == ([f"RST_STREAM 1 {code}"], 0)
    talk.answered(other)


@pytest.mark.parametrize(("size", "code"), [(0, "PROTOCOL_ERROR"), (2**31 - 1, "FLOW_CONTROL_ERROR")])
def test_a_wrong_window_update_of_the_connection_ends_it(size: int, code: str) -> None:
    talk = Conversation()

    talk.says(raw(8, 0, 0, size.to_bytes(4)))

    talk.ended_with(code)


def test_the_largest_window_is_allowed() -> None:
    talk = Conversation()
    stream = talk.opens(POST, end=False)

    talk.says(window(0, 2**31 - 1 - 65535), window(1, 2**31 - 1 - 65535))

    assert stream.room == 2**31 - 1
    assert talk.session.send(stream, bytes(100), end=True) == 100


def test_credit_of_a_stream_is_given_back_as_it_is_taken() -> None:
    talk = Conversation()
    stream = talk.opens()
    talk.says(talk.head(1), *[data(1, bytes(FULL))] * 64)

    assert credit(talk) == {}  # all of its window is waiting here: 1 MiB
    assert len(stream.take()) == STREAM_WINDOW

    assert credit(talk) == {1: STREAM_WINDOW}


def test_a_little_taken_is_not_worth_a_frame() -> None:
    talk = Conversation()
    stream = talk.opens()
    talk.says(talk.head(1), *[data(1, bytes(FULL))] * 31)

    stream.take()
    assert credit(talk) == {}
    talk.says(data(1, bytes(FULL)))
    stream.take()

    assert credit(talk) == {1: 32 * FULL}


def test_credit_of_the_connection_is_given_back_as_it_arrives() -> None:
    talk = Conversation()
    for stream in [talk.opens() for _ in range(8)]:
        talk.says(talk.head(stream.id), *[data(stream.id, bytes(FULL))] * 64)

    assert credit(talk) == {0: CONNECTION_WINDOW // 2}


def test_a_slow_reader_holds_up_nobody_else() -> None:
    talk = Conversation()
    slow, fast = talk.opens(), talk.opens()
    talk.says(talk.head(1), talk.head(3), *[data(1, bytes(FULL))] * 64)
    given = {0: CONNECTION_WINDOW - STREAM_WINDOW, 3: STREAM_WINDOW}

    for _ in range(3 * CONNECTION_WINDOW // FULL):
        talk.says(data(3, bytes(FULL)))
        given[0] -= FULL
        given[3] -= FULL
        fast.take()
        for stream, size in credit(talk).items():
            given[stream] += size
        assert min(given.values()) >= 0

    talk.says(data(3, end=True))
    assert (fast.ended, slow.size, slow.failure) == (True, STREAM_WINDOW, None)


def test_padding_is_given_back_too() -> None:
    talk = Conversation()
    stream = talk.opens()
    talk.says(talk.head(1))
    given = {0: CONNECTION_WINDOW, 1: STREAM_WINDOW}
    taken = 0

    for _ in range(200_000):
        if taken > 40_000:
            break
        talk.says(raw(DATA, PADDED, 1, b"\xff" + b"x" + bytes(255)))
        taken += len(stream.take())
        given = {key: size - 257 for key, size in given.items()}
        for number, size in credit(talk).items():
            given[number] += size
        assert given[1] >= STREAM_WINDOW // 2 - 257

    assert stream.failure is None
    assert given[0] >= CONNECTION_WINDOW // 2


def test_padding_alone_does_not_eat_up_a_window() -> None:
    talk = Conversation()
    stream = talk.opens()
    talk.says(talk.head(1))
    given = STREAM_WINDOW

    for _ in range(900):
        talk.says(raw(DATA, PADDED, 1, b"\xff" + bytes(255)))
        talk.says(raw(DATA, 0, 1, bytes(FULL)))
        stream.take()
        given += credit(talk).get(1, 0) - 256 - FULL
        assert given > 0

    assert stream.failure is None


def test_padding_that_nobody_takes_does_not_stop_a_stream() -> None:
    clock = Clock()
    talk = Conversation(clock=clock)
    stream = talk.opens()
    talk.says(talk.head(1))
    given = STREAM_WINDOW

    for _ in range(10_000):
        clock.now += 0.02
        talk.says(raw(DATA, PADDED, 1, b"\xff" + bytes(255)))  # to keep the connection alive, say
        given += credit(talk).get(1, 0) - 256

    assert (stream.failure, stream.size) == (None, 0)
    assert given > STREAM_WINDOW // 4


def test_what_waits_to_be_taken_is_not_given_back_with_the_padding() -> None:
    talk = Conversation()
    stream = talk.opens()
    talk.says(talk.head(1), *[data(1, bytes(FULL))] * 60)

    talk.says(*[raw(DATA, PADDED, 1, b"\xff" + bytes(255))] * 10)

    assert credit(talk) == {}
    assert stream.size == 60 * FULL


def test_bytes_of_streams_that_are_gone_are_given_back() -> None:
    talk = Conversation()
    stream = talk.opens()
    talk.says(talk.head(1))
    talk.session.reset(stream)
    talk.session.take()

    talk.says(*[data(1, bytes(FULL))] * 512)

    assert credit(talk) == {0: CONNECTION_WINDOW // 2}
    assert (stream.take(), stream.size) == (b"", 0)


def test_nothing_is_given_back_to_a_stream_that_has_ended() -> None:
    talk = Conversation()
    ended, failed = talk.opens(), talk.opens()
    talk.says(talk.head(1), *[data(1, bytes(FULL))] * 40, data(1, end=True))
    talk.says(talk.head(3), *[data(3, bytes(FULL))] * 40, rst(3, 2))

    assert len(ended.take()) == len(failed.take()) == 40 * FULL
    assert credit(talk) == {}


def test_a_server_that_overruns_a_stream_loses_that_stream() -> None:
    talk = Conversation()
    stream, other = talk.opens(), talk.opens()

    talk.says(talk.head(1), *[data(1, bytes(FULL))] * 64)
    assert stream.failure is None
    talk.says(data(1, b"x"))

    assert stream.failure is not None
    assert (stream.failure.kind, stream.size) == ("protocol", STREAM_WINDOW)
    assert talk.heard() == ["RST_STREAM 1 FLOW_CONTROL_ERROR"]
    talk.answered(other)


def test_a_server_that_overruns_by_padding_loses_that_stream() -> None:
    talk = Conversation()
    stream = talk.opens()
    talk.says(talk.head(1), *[data(1, bytes(FULL))] * 63, data(1, bytes(FULL - 5)))

    talk.says(raw(DATA, PADDED | END_STREAM, 1, b"\5" + bytes(5)))

    assert stream.failure is not None
    assert talk.heard() == ["RST_STREAM 1 FLOW_CONTROL_ERROR"]


def test_a_server_that_overruns_the_connection_loses_it() -> None:
    talk = Conversation()
    streams = [talk.opens() for _ in range(17)]

    for stream in streams[:16]:
        talk.says(talk.head(stream.id), *[data(stream.id, bytes(FULL))] * 64)
    assert talk.session.failure is None
    talk.says(talk.head(33), data(33, b"x"))  # it cannot have heard of any credit: nothing was written

    talk.ended_with("FLOW_CONTROL_ERROR")


def test_credit_is_good_once() -> None:
    talk = Conversation()
    streams = [talk.opens() for _ in range(25)]
    for stream in streams[:8]:
        talk.says(talk.head(stream.id), *[data(stream.id, bytes(FULL))] * 64)
    assert credit(talk) == {0: CONNECTION_WINDOW // 2}
    assert credit(talk) == {}

    for stream in streams[8:24]:
        talk.says(talk.head(stream.id), *[data(stream.id, bytes(FULL))] * 64)
    assert talk.session.failure is None
    talk.says(talk.head(49), data(49, b"x"))

    talk.ended_with("FLOW_CONTROL_ERROR")


def test_streams_given_up_while_much_is_on_its_way_are_no_flood() -> None:
    talk = Conversation()
    streams = [talk.opens() for _ in range(100)]
    for stream in streams:
        talk.says(talk.head(stream.id))
        talk.session.reset(stream)

    for stream in streams:
        talk.says(*[data(stream.id, bytes(FULL))] * 64, *[data(stream.id, b"a token")] * 99)
        talk.session.take()

    assert talk.lives()


def test_every_byte_sent_comes_out_once_however_the_windows_open() -> None:
    talk = Conversation({4: 1000})
    stream = talk.opens(POST, end=False)
    body = bytes(range(256)) * 100
    left, received, steps = memoryview(body), b"", 0

    while not stream.sent:
        left = left[talk.session.send(stream, left, end=True) :]
        for frame in parsed(talk.session.take()):
            assert isinstance(frame, DataFrame)
            received += frame.data
        steps += 1
        talk.says(window(1, 1 + steps * 7), window(0, 50))

    assert received == body
