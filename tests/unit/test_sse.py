"""Server-sent events, however the bytes are cut."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mistral_async.codec.sse import EventParser, ServerEvent


def parse(*chunks: bytes) -> list[ServerEvent]:
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def reference(stream: bytes) -> list[ServerEvent]:
    """The standard's algorithm, line by line over the whole of the stream.

    Source: WHATWG HTML, section 9.2.6 "Interpreting an event stream".
    """
    events: list[ServerEvent] = []
    data: list[bytes] = []
    name = identifier = retry = None
    lines = re.split(rb"\r\n|\n|\r", stream.removeprefix(b"\xef\xbb\xbf"))
    for line in lines[:-1]:  # what follows the last line end is no line
        if not line:
            if data:
                events.append(ServerEvent(b"\n".join(data), name, identifier, retry))
            data, name, identifier, retry = [], None, None, None
            continue
        field, colon, value = line.partition(b":")
        if colon and value[:1] == b" ":
            value = value[1:]
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace") or None
        elif field == b"id" and 0 not in value:
            identifier = value.decode("utf-8", "replace")
        elif field == b"retry" and re.fullmatch(rb"[0-9]{1,18}", value):
            retry = int(value)
    return events


LINE_ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
VALUES = st.one_of(
    st.binary(max_size=8),
    st.sampled_from([b"", b" ", b"  x", b"[DONE]", b"caf\xc3\xa9", b"a\0b", b"3000", b"-1", b"\xff", b": :"]),
)
NAMES = st.sampled_from([b"data", b"data", b"event", b"id", b"retry", b"other", b"", b"Data", b"\xef\xbb\xbfdata"])
FIELDS = st.tuples(NAMES, st.sampled_from([b":", b": ", b""]), VALUES, LINE_ENDS).map(b"".join)
BEGINNINGS = st.sampled_from([b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf", b"\xef\xbb", b"\n", b"\r\n\r\n"])
STREAMS = st.tuples(BEGINNINGS, st.lists(st.one_of(LINE_ENDS, FIELDS, FIELDS), max_size=12).map(b"".join), VALUES).map(
    b"".join
)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({0, len(stream), *(place for place in places if place < len(stream))})
    return [stream[start:end] for start, end in pairwise(marks)]


@given(STREAMS, st.lists(st.integers(0, 150), max_size=20))
@example(b"data: a\r\n\r\ndata: b\r\n\r\n", [8, 9, 10])
@example(b"\xef\xbb\xbf\ndata: a\n\n\n\ndata: b\n\n", [1, 2, 3, 4])
def test_however_a_stream_is_cut_its_events_are_the_same(stream: bytes, places: list[int]) -> None:
    assert parse(*cut(stream, places)) == parse(stream) == reference(stream)


@given(STREAMS, st.integers(0, 40))
@example(b"data: a\n\n\ndata: b\n\ndata: c\r\n\r\ndata: d\n\n", 40)
def test_a_stream_that_comes_event_by_event_gives_the_same_events(stream: bytes, limit: int) -> None:
    chunks = re.findall(rb"(?s).*?\n\n|.+$", stream)  # as most servers send: nothing is begun in a chunk and not ended
    cut, whole = EventParser(limit), EventParser(limit)

    assert parse(*chunks) == reference(stream)
    assert [event for chunk in chunks for event in cut.feed(chunk)] == whole.feed(stream)
    assert cut.too_large == whole.too_large


@given(STREAMS)
def test_a_stream_that_comes_byte_by_byte_gives_the_same_events(stream: bytes) -> None:
    assert parse(*(bytes([byte]) for byte in stream)) == reference(stream)


def test_an_empty_chunk_changes_nothing() -> None:
    assert parse(b"", b"data: a\r", b"", b"\n\r\n", b"") == [ServerEvent(b"a")]


def test_an_event_is_given_as_soon_as_its_blank_line_is_there() -> None:
    parser = EventParser()

    assert parser.feed(b"data: a\n") == []
    assert parser.feed(b"\nda") == [ServerEvent(b"a")]
    assert parser.feed(b"ta: b\r\r") == [ServerEvent(b"b")]


def test_an_event_that_was_not_ended_is_not_given() -> None:
    assert parse(b"data: a\n\ndata: b\n") == [ServerEvent(b"a")]


def test_an_event_has_all_that_its_lines_say() -> None:
    stream = b": a comment\nevent: delta\nid: 7\nretry: 1500\ndata: one\ndata:two\ndata\n\n"

    assert parse(stream) == [ServerEvent(b"one\ntwo\n", "delta", "7", 1500)]


@pytest.mark.parametrize(
    "block",
    [b": only a comment\n\n", b"event: ping\n\n", b"id: 1\n\n", b"retry: 5\n\n", b"unknown: x\n\n", b"\n\n\n\n"],
)
def test_a_block_without_data_is_no_event(block: bytes) -> None:
    assert parse(block + b"data: x\n\n") == [ServerEvent(b"x")]


def test_an_id_with_a_nul_in_it_is_ignored() -> None:
    assert parse(b"id: a\0b\ndata: x\n\n") == [ServerEvent(b"x")]


@pytest.mark.parametrize("retry", [b"-1", b"1.5", b"", b"soon", b"\xd9\xa1", b"9" * 5000])
def test_a_retry_that_is_no_reasonable_number_is_ignored(retry: bytes) -> None:
    assert parse(b"retry: " + retry + b"\ndata: x\n\n") == [ServerEvent(b"x")]


def test_an_event_with_an_empty_name_has_none() -> None:
    assert parse(b"event:\ndata: x\n\n") == [ServerEvent(b"x")]


def test_a_byte_order_mark_is_dropped_at_the_beginning_only() -> None:
    mark = b"\xef\xbb\xbf"

    assert parse(mark + b"data: a\n\n" + mark + b"data: b\n\ndata: c\n\n") == [ServerEvent(b"a"), ServerEvent(b"c")]


def test_one_event_cut_into_very_many_chunks_takes_no_more_than_linear_time() -> None:
    parser = EventParser()
    chunk = b"x" * 1000

    parser.feed(b"data: ")
    for _ in range(20_000):  # 20 MB: searching all of it again with each chunk would take minutes
        assert parser.feed(chunk) == []
    (event,) = parser.feed(b"\n\n")

    assert len(event.data) == 20_000_000


@given(
    st.lists(st.sampled_from([b"data: x", b"y" * 9, b"\n", b"\n\n", b"\r\n", b"\r", b": c\n\n"]), max_size=12),
    st.data(),
)
def test_an_event_that_is_too_large_ends_it_however_the_stream_is_cut(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts) + b"\n\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    cut, whole = EventParser(16), EventParser(16)

    assert [event for chunk in chunks for event in cut.feed(chunk)] == whole.feed(stream)
    assert cut.too_large == whole.too_large


def test_what_came_before_an_event_that_is_too_large_is_given() -> None:
    parser = EventParser(16)

    assert [event.data for event in parser.feed(b"data: 1\n\ndata: 2\n\ndata: " + b"x" * 10)] == [b"1", b"2"]
    assert not parser.too_large
    assert (parser.feed(b"x"), parser.too_large) == ([], True)
    assert parser.feed(b"\n\ndata: 3\n\n") == []
