"""The server's SETTINGS, at the beginning and in the middle of everything."""

from __future__ import annotations

import pytest
from hyperframe.frame import DataFrame

from tests.http2.frames_of import POST, Conversation, number, parsed, raw, settings, window
from tests.http2.numbers import ACK, INITIAL_WINDOW, MAX_FIELDS, MAX_FRAME, MAX_STREAMS, PUSH, SETTINGS, TABLE_SIZE


def test_settings_are_acknowledged_each_time() -> None:
    talk = Conversation()

    talk.says(settings(), settings({MAX_STREAMS: 7}))

    assert talk.heard() == ["SETTINGS ACK", "SETTINGS ACK"]


def test_an_acknowledgement_of_ours_is_not_answered() -> None:
    talk = Conversation()

    talk.says(raw(SETTINGS, ACK, 0))

    assert talk.heard() == []


def test_settings_that_nobody_knows_are_ignored() -> None:
    talk = Conversation()

    talk.says(settings({MAX_FIELDS: 1, 0x4242: 2**32 - 1, 0: 5}))

    assert talk.heard() == ["SETTINGS ACK"]
    assert talk.lives()


def test_a_raised_window_lets_waiting_streams_go_on() -> None:
    talk = Conversation({INITIAL_WINDOW: 10})
    stream = talk.opens(POST, end=False)
    assert talk.session.send(stream, bytes(30), end=True) == 10
    assert (stream.room, talk.notes[1]) == (0, 0)

    talk.says(settings({INITIAL_WINDOW: 25}))

    assert (stream.room, talk.notes[1]) == (15, 1)
    talk.session.take()
    assert talk.session.send(stream, bytes(20), end=True) == 15
    assert talk.opens(POST, end=False).room == 25


def test_a_window_shrunk_below_zero_must_grow_past_it() -> None:
    talk = Conversation({INITIAL_WINDOW: 100})
    stream = talk.opens(POST, end=False)
    talk.session.send(stream, bytes(80), end=False)

    talk.says(settings({INITIAL_WINDOW: 30}))  # 50 bytes too many are on their way
    assert (stream.room, talk.session.send(stream, b"x", end=False)) == (0, 0)
    talk.says(window(1, 50))
    assert (stream.room, talk.notes[1]) == (0, 0)
    talk.says(window(1, 1))

    assert (stream.room, talk.notes[1]) == (1, 1)
    assert talk.session.send(stream, b"xy", end=True) == 1
    assert talk.session.failure is None


def test_the_window_of_the_connection_is_not_touched_by_settings() -> None:
    talk = Conversation({INITIAL_WINDOW: 2**31 - 1})
    stream = talk.opens(POST, end=False)

    assert stream.room == 65535
    talk.says(settings({INITIAL_WINDOW: 0}))
    assert stream.room == 0
    talk.says(settings({INITIAL_WINDOW: 100_000}))
    assert stream.room == 65535


def test_only_the_last_of_several_values_counts() -> None:
    talk = Conversation()
    stream = talk.opens(POST, end=False)

    talk.says(raw(SETTINGS, 0, 0, b"\0\x04" + number(0) + b"\0\x04" + number(7)))

    assert stream.room == 7


def test_no_streams_at_all_and_then_some_again() -> None:
    talk = Conversation({MAX_STREAMS: 2})
    stream = talk.opens()

    talk.says(settings({MAX_STREAMS: 0}))
    assert (talk.session.free, talk.session.draining, talk.changes) == (0, False, 0)
    talk.answered(stream)  # what is open goes on
    assert talk.session.free == 0
    talk.says(settings({MAX_STREAMS: 1}))

    assert (talk.session.free, talk.changes) == (1, 2)
    assert talk.lives()


def test_fewer_streams_than_are_open_are_not_negative() -> None:
    talk = Conversation({MAX_STREAMS: 3})
    streams = [talk.opens() for _ in range(3)]

    talk.says(settings({MAX_STREAMS: 1}))

    frees: list[int] = []
    for stream in streams:
        frees.append(talk.session.free)
        talk.answered(stream)
    assert [*frees, talk.session.free] == [0, 0, 0, 1]


def test_a_larger_frame_is_used_once_it_is_allowed() -> None:
    talk = Conversation()
    stream = talk.opens(POST, end=False)

    talk.says(settings({MAX_FRAME: 30_000}))
    talk.session.take()
    talk.session.send(stream, bytes(30_001), end=False)
    assert [len(frame.data) for frame in parsed(talk.session.take()) if isinstance(frame, DataFrame)] == [30_000, 1]
    talk.says(settings({MAX_FRAME: 16_384}))
    talk.session.take()
    talk.session.send(stream, bytes(16_385), end=False)

    assert [len(frame.data) for frame in parsed(talk.session.take()) if isinstance(frame, DataFrame)] == [16_384, 1]


def test_the_size_of_the_servers_table_may_change_at_any_time() -> None:
    talk = Conversation()

    for size in (0, 1, 4096, 2**32 - 1, 0):
        talk.says(settings({TABLE_SIZE: size}))
        assert talk.heard() == ["SETTINGS ACK"]
        assert talk.lives()


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({PUSH: 1}, "PROTOCOL_ERROR"),
        ({PUSH: 2}, "PROTOCOL_ERROR"),
        ({INITIAL_WINDOW: 2**31}, "FLOW_CONTROL_ERROR"),
        ({INITIAL_WINDOW: 2**32 - 1}, "FLOW_CONTROL_ERROR"),
        ({MAX_FRAME: 2**14 - 1}, "PROTOCOL_ERROR"),
        ({MAX_FRAME: 2**24}, "PROTOCOL_ERROR"),
    ],
)
def test_values_that_are_not_allowed_end_the_connection(values: dict[int, int], code: str) -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(b"".join(raw(SETTINGS, 0, 0, key.to_bytes(2) + number(value)) for key, value in values.items()))

    talk.ended_with(code)
    assert stream.failure is not None
    assert talk.notes[1] == 1


def test_push_may_be_disabled_by_the_server_too() -> None:
    assert Conversation({PUSH: 0}).lives()


def test_a_stream_window_that_settings_make_too_large_ends_the_connection() -> None:
    talk = Conversation({INITIAL_WINDOW: 0})
    talk.opens(POST, end=False)

    talk.says(window(1, 2**31 - 1))
    assert talk.session.failure is None
    talk.says(settings({INITIAL_WINDOW: 1}))

    talk.ended_with("FLOW_CONTROL_ERROR")
