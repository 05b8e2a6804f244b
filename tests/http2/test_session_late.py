"""Frames of streams that were given up: what was on its way is free, more of it is a flood."""

from __future__ import annotations

import pytest

from tests.http2.frames_of import STREAM_WINDOW, Conversation, data, raw


@pytest.mark.parametrize("size", [20, 40, 300, 900])
def test_a_window_full_of_small_frames_after_a_stream_was_given_up_is_no_flood(size: int) -> None:
    talk = Conversation({})
    stream = talk.opens()
    talk.says(talk.head(stream.id))

    talk.session.reset(stream)
    talk.says(data(stream.id, b"x" * size) * (STREAM_WINDOW // size))

    assert talk.lives()


def test_what_goes_beyond_the_window_of_a_stream_that_was_given_up_is_a_flood() -> None:
    talk = Conversation({})
    stream = talk.opens()
    talk.session.reset(stream)

    talk.says(data(stream.id, b"x" * 40) * (STREAM_WINDOW // 40 + 1200))

    talk.ended_with("ENHANCE_YOUR_CALM")


def test_empty_frames_of_a_stream_that_was_given_up_come_to_an_end() -> None:
    talk = Conversation({})
    stream = talk.opens()
    talk.session.reset(stream)

    talk.says(data(stream.id) * (STREAM_WINDOW // 16 + 1200))

    talk.ended_with("ENHANCE_YOUR_CALM")


def test_a_stream_that_was_refused_as_malformed_may_have_more_on_its_way() -> None:
    talk = Conversation({})
    stream = talk.opens()
    talk.says(talk.head(stream.id, 200, (b"connection", b"close")))
    assert stream.failure is not None

    talk.says(data(stream.id, b"x" * 40) * 20_000)

    assert talk.lives()


def test_any_frame_of_a_stream_and_part_of_one_counts_as_heard() -> None:
    talk = Conversation({})
    stream, other = talk.opens(), talk.opens()
    whole = data(stream.id, b"x" * 100)
    times: list[float] = []

    for now, part in enumerate(
        (talk.head(stream.id, 103), talk.head(stream.id), whole[:4], whole[4:20], whole[20:40], whole[40:]), start=1
    ):
        talk.session.receive(part, float(now))
        times.append(stream.heard)

    assert times == [1.0, 2.0, 2.0, 4.0, 5.0, 6.0]  # four bytes do not say which stream they are of
    talk.session.receive(raw(1, 0, stream.id, b""), 7.0)
    talk.session.receive(raw(9, 0, stream.id, b""), 8.0)
    assert (stream.heard, other.heard) == (8.0, 0.0)
