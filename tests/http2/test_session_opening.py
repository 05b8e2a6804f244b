"""What a session writes: preface, requests, bodies, all of it read back by other people's code."""

from __future__ import annotations

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded
from hpack import Decoder
from hyperframe.frame import ContinuationFrame, DataFrame, HeadersFrame, SettingsFrame
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.wire.http2.session import Session
from tests.http2.frames_of import GET, POST, Conversation, parsed, settings
from tests.http2.numbers import MAX_FRAME, MAX_STREAMS, PREFACE, TABLE_SIZE


def nobody() -> None:
    pass


def test_it_begins_with_preface_settings_and_a_wider_window() -> None:
    written = Session().take()

    assert written.startswith(PREFACE)
    first, second = parsed(written)
    assert isinstance(first, SettingsFrame)
    assert first.settings == {2: 0, 4: 1024 * 1024, 5: 64 * 1024, 6: 64 * 1024}
    assert (second.stream_id, vars(second)["window_increment"]) == (0, 16 * 1024 * 1024 - 65535)


def test_pending_says_whether_there_is_something_to_write() -> None:
    session = Session()

    assert session.pending
    session.take()
    assert not session.pending
    assert session.take() == b""


def test_requests_may_be_written_before_the_server_has_said_anything() -> None:
    session = Session()
    session.take()

    session.open(GET, end=True, notify=nobody)

    (frame,) = parsed(session.take())
    assert isinstance(frame, HeadersFrame)
    assert {str(flag) for flag in frame.flags} == {"END_STREAM", "END_HEADERS"}
    assert tuple(Decoder().decode(frame.data, raw=True)) == GET


def test_a_server_of_the_h2_package_reads_requests_with_bodies() -> None:
    session = Session()
    server = H2Connection(H2Configuration(client_side=False, header_encoding=None))
    server.initiate_connection()
    server.receive_data(session.take())
    session.receive(server.data_to_send())

    for body in (b"", b"x", b"y" * 40_000):
        stream = session.open(POST, end=False, notify=nobody)
        assert session.send(stream, body, end=True) == len(body)
        events = server.receive_data(session.take())
        (request,) = [event for event in events if isinstance(event, RequestReceived)]
        assert tuple(request.headers) == POST
        assert b"".join(event.data for event in events if isinstance(event, DataReceived)) == body
        assert any(isinstance(event, StreamEnded) for event in events)
        server.increment_flow_control_window(max(1, len(body)))
        server.send_headers(stream.id, [(":status", "200")], end_stream=True)
        session.receive(server.data_to_send())
        assert stream.ended


def test_the_end_goes_with_the_last_byte() -> None:
    talk = Conversation()
    stream = talk.opens(POST, end=False)

    assert talk.session.send(stream, b"one", end=False) == 3
    assert talk.session.send(stream, b"two", end=True) == 3

    assert talk.heard() == [f"DATA {stream.id} 3", f"DATA {stream.id} 3 END_STREAM"]
    assert stream.room == 0


def test_an_empty_end_is_a_frame_of_its_own() -> None:
    talk = Conversation()
    stream = talk.opens(POST, end=False)

    assert talk.session.send(stream, b"", end=False) == 0
    assert talk.heard() == []
    assert talk.session.send(stream, b"", end=True) == 0
    assert talk.heard() == [f"DATA {stream.id} 0 END_STREAM"]
    assert talk.session.send(stream, b"more", end=True) == 0
    assert talk.heard() == []


def test_an_empty_end_needs_no_window() -> None:
    talk = Conversation()
    stream = talk.opens(POST, end=False)
    talk.session.send(stream, bytes(65535), end=False)
    talk.session.take()

    assert stream.room == 0
    talk.session.send(stream, b"", end=True)

    assert talk.heard() == [f"DATA {stream.id} 0 END_STREAM"]


def test_the_end_waits_for_the_bytes_that_had_no_room() -> None:
    talk = Conversation()
    stream = talk.opens(POST, end=False)

    assert talk.session.send(stream, bytes(65536), end=True) == 65535

    assert not any("END_STREAM" in said for said in talk.heard())


@pytest.mark.parametrize("size", [16384, 20000, 2**24 - 1])
def test_no_data_frame_is_larger_than_the_server_takes(size: int) -> None:
    talk = Conversation({MAX_FRAME: size})
    stream = talk.opens(POST, end=False)

    talk.session.send(stream, bytes(range(256)) * 200, end=True)

    found = [frame for frame in parsed(talk.session.take()) if isinstance(frame, DataFrame)]
    assert max(len(frame.data) for frame in found) == min(size, 51200)
    assert b"".join(frame.data for frame in found) == bytes(range(256)) * 200
    assert ["END_STREAM" in frame.flags for frame in found] == [*[False] * (len(found) - 1), True]


def test_a_part_of_a_larger_buffer_can_be_sent() -> None:
    talk = Conversation()
    stream = talk.opens(POST, end=False)

    talk.session.send(stream, memoryview(b"abcdef")[2:4], end=True)

    (frame,) = parsed(talk.session.take())
    assert isinstance(frame, DataFrame)
    assert frame.data == b"cd"


def test_large_fields_go_on_in_continuation() -> None:
    talk = Conversation()
    fields = (*GET, (b"x-long", b"v" * 40_000))

    talk.session.open(fields, end=True, notify=nobody)

    first, *others = parsed(talk.session.take())
    assert isinstance(first, HeadersFrame)
    assert {str(flag) for flag in first.flags} == {"END_STREAM"}
    assert len(first.data) == 16384
    block = first.data
    for frame in others:
        assert isinstance(frame, ContinuationFrame)
        block += frame.data
    assert ["END_HEADERS" in frame.flags for frame in others] == [False, True]
    assert tuple(Decoder().decode(block, raw=True)) == fields


def test_fields_that_just_fit_need_no_continuation() -> None:
    talk = Conversation()
    sizes: list[list[int]] = []

    for length in (16377, 16378, 16379):
        talk.session.open(((b":method", b"GET"), (b"x", b"v" * length)), end=True, notify=nobody)
        sizes.append([len(vars(frame)["data"]) for frame in parsed(talk.session.take())])

    assert sizes == [[16384], [16384, 1], [16384, 2]]


def test_secrets_are_marked_so_that_nobody_on_the_way_remembers_them() -> None:
    talk = Conversation()

    talk.session.open(POST, end=True, notify=nobody)

    (frame,) = parsed(talk.session.take())
    assert isinstance(frame, HeadersFrame)
    fields = {bytes(field[0]): field.indexable for field in Decoder().decode(frame.data, raw=True)}
    assert fields == {b":method": True, b":scheme": True, b":authority": True, b":path": True, b"authorization": False}


def test_the_same_request_is_the_same_bytes_each_time() -> None:
    talk = Conversation()
    blocks: set[bytes] = set()

    for _ in range(3):
        talk.session.open(POST, end=True, notify=nobody)
        (frame,) = parsed(talk.session.take())
        blocks.add(vars(frame)["data"])

    assert len(blocks) == 1


def test_endless_different_fields_are_not_all_remembered() -> None:
    talk = Conversation()
    decoder = Decoder()

    for number in range(2000):
        fields = ((b":method", b"GET"), (b":path", b"/v1/models/%d" % number))
        stream = talk.session.open(fields, end=True, notify=nobody)
        (frame,) = parsed(talk.session.take())
        assert tuple(decoder.decode(vars(frame)["data"], raw=True)) == fields
        talk.session.reset(stream)
        talk.session.take()


@pytest.mark.parametrize("limit", [0, 100, 4096, 65536])
def test_a_limit_of_the_servers_table_is_answered_in_the_next_block(limit: int) -> None:
    talk = Conversation({TABLE_SIZE: limit})
    decoder = Decoder()
    decoder.max_allowed_table_size = limit
    indexes: list[bytes] = []

    for _ in range(2):
        talk.session.open(GET, end=True, notify=nobody)
        (frame,) = parsed(talk.session.take())
        assert tuple(decoder.decode(vars(frame)["data"], raw=True)) == GET
        indexes.append(vars(frame)["data"][:1])

    assert decoder.header_table_size == 0
    assert indexes == [b"\x20", b"\x82"]


@pytest.mark.parametrize(
    "field",
    [
        (b"Upper", b"case"),
        (b"", b"no name"),
        (b"a b", b"blank"),
        (b"x:y", b"colon"),
        (b"caf\xc3\xa9", b"not ASCII"),
        (b"x", b"two\r\nlines"),
        (b"x", b"two\nlines"),
        (b"x", b"nul\0"),
    ],
)
def test_a_field_that_could_smuggle_another_is_not_sent(field: tuple[bytes, bytes]) -> None:
    talk = Conversation()

    with pytest.raises(ValueError, match="must not be sent") as caught:
        talk.session.open((*GET, field), end=True, notify=nobody)

    assert repr(field[1]) not in str(caught.value)
    assert talk.heard() == []
    assert talk.session.free == 1000
    assert talk.lives()


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z0-9!#$%&'*+.^_`|~-]{1,200}", fullmatch=True).map(str.encode),
            st.binary(max_size=300).map(lambda value: bytes(byte for byte in value if byte not in b"\0\r\n")),
        ),
        max_size=20,
    )
)
def test_whatever_may_be_sent_is_read_the_same_by_the_hpack_package(fields: list[tuple[bytes, bytes]]) -> None:
    talk = Conversation()

    for _ in range(2):  # built, and remembered
        talk.session.open(fields, end=True, notify=nobody)
        (frame,) = parsed(talk.session.take())
        assert list(Decoder().decode(vars(frame)["data"], raw=True)) == fields


def test_as_many_streams_are_free_as_the_server_allows() -> None:
    talk = Conversation({MAX_STREAMS: 2})

    streams = [talk.opens(), talk.opens()]
    assert talk.session.free == 0
    with pytest.raises(RuntimeError):
        talk.session.open(GET, end=True, notify=nobody)
    talk.answered(streams[0])

    assert (talk.session.free, talk.changes) == (1, 1)


def test_one_stream_is_free_until_the_server_says_how_many() -> None:
    talk = Conversation(greeted=False)

    assert talk.session.free == 1
    talk.says(settings({MAX_STREAMS: 3}))
    assert talk.session.free == 3


def test_a_server_without_a_limit_gets_one_of_ours() -> None:
    assert Conversation({}).session.free == 1000
    assert Conversation({MAX_STREAMS: 2**32 - 1}).session.free == 1000


def test_the_last_stream_id_is_used_and_then_no_more() -> None:
    talk = Conversation(first_id=2**31 - 3)

    first = talk.opens()
    assert not talk.session.draining
    last = talk.opens()

    assert (first.id, last.id) == (2**31 - 3, 2**31 - 1)
    assert (talk.session.draining, talk.session.free, talk.session.finished, talk.changes) == (True, 0, False, 1)
    talk.answered(first)
    talk.answered(last)
    assert talk.session.finished
    assert talk.session.failure is None
