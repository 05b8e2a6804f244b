"""How streams and connections end: GOAWAY, RST_STREAM, a reset of ours, a lost connection."""

from __future__ import annotations

import gc
import weakref
from typing import Literal

import pytest

from mistral_async.wire.http2.session import Session
from mistral_async.wire.http2.stream import Failure, Stream
from tests.http2.frames_of import POST, Conversation, data, goaway, parsed, ping, raw, rst, settings, window
from tests.http2.numbers import MAX_STREAMS, name_of


def test_a_goaway_in_two_steps_loses_no_answer() -> None:
    talk = Conversation()
    first, second, third = talk.opens(), talk.opens(), talk.opens()

    talk.says(goaway(2**31 - 1))
    assert (talk.session.draining, talk.session.free, talk.session.finished, talk.changes) == (True, 0, False, 1)
    assert [stream.failure for stream in (first, second, third)] == [None] * 3
    talk.says(goaway(3))

    assert third.failure is not None
    assert (third.failure.kind, talk.notes[5]) == ("refused", 1)
    talk.answered(second)
    assert not talk.session.finished
    talk.answered(first)
    assert (talk.session.finished, talk.session.failure, talk.heard()) == (True, None, [])


def test_an_idle_connection_is_finished_by_goaway() -> None:
    talk = Conversation()

    talk.says(goaway(0))

    assert (talk.session.finished, talk.session.failure) == (True, None)


def test_streams_above_the_last_one_were_refused_whatever_the_error() -> None:
    talk = Conversation()
    first, second = talk.opens(), talk.opens()

    talk.says(goaway(1, 11))

    assert second.failure == Failure("refused", "is going away with ENHANCE_YOUR_CALM")
    assert first.failure is None
    talk.answered(first)
    assert talk.session.finished


def test_a_second_goaway_cannot_take_back_the_first() -> None:
    talk = Conversation()
    first = talk.opens()

    talk.says(goaway(1), goaway(2**31 - 1))
    talk.answered(first)

    assert talk.session.finished


def test_an_answer_that_had_begun_was_not_refused() -> None:
    talk = Conversation()
    answered, informed, silent = talk.opens(), talk.opens(), talk.opens()
    talk.says(talk.head(1), talk.head(3, 103))

    talk.says(goaway(0))

    kinds = [stream.failure and stream.failure.kind for stream in (answered, informed, silent)]
    assert kinds == ["reset", "reset", "refused"]


def test_a_connection_lost_while_draining_says_what_it_was_told_before() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(goaway(1, 11))
    talk.session.lost("closed the connection")

    assert stream.failure == Failure("lost", "closed the connection after GOAWAY with ENHANCE_YOUR_CALM")


def test_an_unknown_error_code_is_a_number() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(rst(1, 0xFEED))

    assert stream.failure == Failure("reset", "reset the stream with error 0xfeed")


@pytest.mark.parametrize(("code", "kind"), [(0, "reset"), (2, "reset"), (7, "refused"), (8, "reset"), (13, "reset")])
def test_a_stream_reset_by_the_server_ends_alone(code: int, kind: Literal["reset", "refused"]) -> None:
    talk = Conversation()
    stream, other = talk.opens(), talk.opens()

    talk.says(rst(1, code))

    assert stream.failure is not None
    assert stream.failure == Failure(kind, f"reset the stream with {name_of(code)}")
    assert (talk.notes[1], talk.notes[3]) == (1, 0)
    assert (talk.heard(), stream.room, talk.changes) == ([], 0, 1)
    talk.answered(other)


@pytest.mark.parametrize("status", [103, 200])
def test_a_refusal_after_an_answer_began_is_not_believed(status: int) -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1, status), rst(1, 7))

    assert stream.failure is not None
    assert stream.failure.kind == "reset"


def test_what_came_before_a_reset_can_still_be_taken() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.says(talk.head(1), data(1, b"partial"), rst(1, 2))

    assert (stream.status, stream.take(), stream.ended) == (200, b"partial", False)


def test_a_reset_after_the_end_changes_nothing() -> None:
    talk = Conversation()
    stream = talk.opens(POST, end=False)

    talk.says(talk.head(1), data(1, b"done", end=True), rst(1, 0))

    assert (stream.ended, stream.failure, stream.take()) == (True, None, b"done")
    assert talk.lives()


def test_a_stream_given_up_harms_no_other() -> None:
    talk = Conversation({MAX_STREAMS: 2})
    stream, other = talk.opens(POST, end=False), talk.opens()

    talk.session.reset(stream)

    assert talk.heard() == ["RST_STREAM 1 CANCEL"]
    assert (talk.session.free, talk.changes, talk.notes[1]) == (1, 1, 0)
    assert (stream.room, talk.session.send(stream, b"x", end=True)) == (0, 0)
    assert talk.session.send(stream, b"", end=True) == 0
    assert talk.heard() == []
    talk.session.reset(stream)  # once is enough
    # What was on its way, all of it, with an entry for the table of fields that later blocks refer to.
    talk.says(talk.head(1, 200, (b"x-new", b"value")), data(1, b"late"), window(1, 5), rst(1, 8), rst(1, 8))
    talk.says(talk.head(3, 200, (b"x-new", b"value"), end=True))

    assert (other.ended, other.fields) == (True, ((b"x-new", b"value"),))
    assert (stream.status, stream.chunks, talk.notes[1]) == (None, [], 0)
    assert talk.lives()


def test_a_stream_may_be_given_up_for_a_reason() -> None:
    talk = Conversation()

    talk.session.reset(talk.opens(POST, end=False), 2)

    assert talk.heard() == ["RST_STREAM 1 INTERNAL_ERROR"]


def test_a_stream_that_has_ended_is_not_reset() -> None:
    talk = Conversation()
    stream = talk.opens()
    talk.answered(stream)

    talk.session.reset(stream)

    assert (talk.heard(), stream.failure) == ([], None)


def test_a_lost_connection_fails_each_of_a_hundred_streams() -> None:
    talk = Conversation()
    streams = [talk.opens() for _ in range(100)]
    talk.says(talk.head(1), data(1, b"part"), talk.head(3, end=True), rst(5, 7), goaway(151))

    talk.session.lost("closed the connection")

    kinds = [stream.failure and stream.failure.kind for stream in streams]
    assert kinds == ["lost", None, "refused", *["lost"] * 73, *["refused"] * 24]
    assert all(talk.notes[stream.id] == (2 if stream.id == 1 else 1) for stream in streams)
    assert (talk.session.finished, talk.session.pending) == (True, False)
    assert talk.session.failure == Failure("lost", "closed the connection")
    assert streams[0].take() == b"part"


def test_nothing_happens_after_a_connection_is_lost() -> None:
    talk = Conversation()
    stream = talk.opens(POST, end=False)
    talk.session.lost("first")

    talk.session.lost("second")
    talk.says(talk.head(1), b"\xff" * 100, settings())
    talk.session.reset(stream)
    talk.session.close()

    talk.session.send(stream, b"", end=True)

    assert (stream.failure, talk.heard(), talk.session.free) == (Failure("lost", "first"), [], 0)
    assert talk.session.send(stream, b"x", end=True) == 0
    with pytest.raises(RuntimeError):
        talk.opens()


def test_an_error_that_is_already_there_is_kept_when_the_connection_goes() -> None:
    talk = Conversation()
    stream = talk.opens()
    talk.says(raw(6, 0, 0, b"short"))

    talk.session.lost("closed the connection")

    assert stream.failure is not None
    assert stream.failure.kind == "protocol"
    assert talk.session.pending  # the GOAWAY can still be written


def test_closing_says_goodbye_and_lets_streams_finish() -> None:
    talk = Conversation()
    stream = talk.opens()

    talk.session.close()

    assert talk.heard() == ["GOAWAY 0 NO_ERROR"]
    assert (talk.session.free, talk.session.draining, talk.session.finished) == (0, True, False)
    talk.answered(stream)
    assert talk.session.finished


def test_pings_are_answered_with_what_they_said() -> None:
    talk = Conversation()

    talk.says(ping(b"\0\1\2\3\4\5\6\7"))

    assert talk.session.take() == ping(b"\0\1\2\3\4\5\6\7", ack=True)


def test_answers_to_pings_are_read_over_whether_we_asked_or_not() -> None:
    talk = Conversation()
    talk.session.ping()
    (asked,) = parsed(talk.session.take())

    talk.says(ping(vars(asked)["opaque_data"], ack=True), ping(b"\xff" * 8, ack=True))

    assert talk.heard() == []
    assert talk.lives()


def test_whoever_is_notified_may_call_back() -> None:
    talk = Conversation({MAX_STREAMS: 2})
    first, second = talk.opens(), talk.opens()
    opened: list[int] = []

    def open_another() -> None:
        if talk.session.free and not opened:
            opened.append(talk.session.open(POST, end=False, notify=lambda: None).id)

    def give_up_the_other() -> None:
        talk.session.reset(second)
        first.take()

    first.notify = give_up_the_other
    talk.when_changed = open_another
    talk.says(talk.head(1), talk.head(3), data(1, b"x"), data(3, b"y"))

    assert (opened, talk.changes) == ([5], 1)
    assert talk.heard() == ["RST_STREAM 3 CANCEL", "HEADERS 5 END_HEADERS"]
    assert talk.session.failure is None


@pytest.mark.parametrize("ending", ["answered", "refused", "given up", "lost"])
def test_a_stream_that_is_over_keeps_nobody_alive_who_waited_for_it(ending: str) -> None:
    class Waiter:
        def wake(self) -> None: ...

    talk, waiter = Conversation(), Waiter()
    stream = talk.session.open(POST, end=True, notify=waiter.wake)
    gone = weakref.ref(waiter)
    del waiter

    match ending:
        case "answered":
            talk.says(talk.head(1, end=True))
        case "refused":
            talk.says(rst(1, 7))
        case "given up":
            talk.session.reset(stream)
        case _:
            talk.session.lost("closed the connection")

    assert stream.room == 0
    assert gone() is None


@pytest.mark.parametrize("ending", ["answered", "reset", "lost", "broken", "left open"])
def test_a_session_is_gone_with_its_last_user_without_a_collector(ending: str) -> None:
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(each, Session | Stream) for each in gc.get_objects())
        session = Session()
        session.receive(settings())
        stream = session.open(POST, end=False, notify=lambda: None)
        match ending:
            case "answered":
                session.receive(raw(1, 5, 1, b"\x88"))
            case "reset":
                session.reset(stream)
            case "lost":
                session.lost("closed the connection")
            case "broken":
                session.receive(raw(6, 0, 0, b"short"))
            case _:
                pass
        del session, stream
        assert sum(isinstance(each, Session | Stream) for each in gc.get_objects()) == before
    finally:
        gc.enable()
