"""The parts of the benchmark server that need no sockets."""

from __future__ import annotations

import random

import pytest
from hpack import Decoder
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.server import answers
from benchmarks.server.encoder import Encoder
from benchmarks.server.fields import Numbers, date_of, huffman
from benchmarks.server.held import most_at_once
from benchmarks.server.live import Live
from benchmarks.server.multipart import Upload
from benchmarks.server.requests import Broken, Chunked, Sized, head_of
from benchmarks.server.routes import CHAT, FILE_CONTENT, NOWHERE, UPLOAD, route
from benchmarks.server.timers import Timers
from tests.openapi_check import check_answer

JSON = "application/json"
NUMBERS = Numbers(random.Random(1))  # takes long to make


@pytest.mark.parametrize(
    ("method", "path", "media_type", "body"),
    [
        ("POST", "/v1/chat/completions", JSON, answers.SMALL.body),
        ("POST", "/v1/chat/completions", JSON, answers.HELD.body),
        ("POST", "/v1/chat/completions", "text/event-stream", answers.BULK.body),
        ("POST", "/v1/chat/completions", "text/event-stream", b"".join(answers.LIVE.events)),
        ("POST", "/v1/embeddings", JSON, answers.FLOATS.body),
        ("GET", "/v1/models", JSON, answers.MODELS.body),
        ("POST", "/v1/files", JSON, answers.uploaded(7).body),
    ],
)
def test_an_answer_fits_the_specification(method: str, path: str, media_type: str, body: bytes) -> None:
    check_answer(method, path, media_type, body)


def _cut(data: bytes, sizes: list[int]) -> list[bytes]:
    parts: list[bytes] = []
    for size in sizes:
        parts.append(data[:size])
        data = data[size:]
    return [*parts, data]


@given(st.binary(max_size=100), st.lists(st.integers(0, 30), max_size=20), st.integers(1, 20), st.binary(max_size=9))
def test_chunks_give_the_same_content_however_they_are_cut(
    content: bytes, sizes: list[int], step: int, after: bytes
) -> None:
    parts = [content[at : at + step] for at in range(0, len(content), step)]
    wire = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n" + after
    got = bytearray()
    body = Chunked(got.extend)
    used = 0
    for part in _cut(wire, sizes):
        used += body.feed(memoryview(part))

    assert body.done
    assert got == content
    assert wire[used:] == after


@given(st.binary(max_size=50), st.integers(0, 50), st.lists(st.integers(0, 9), max_size=9))
def test_a_sized_body_takes_no_more_than_its_size(data: bytes, length: int, sizes: list[int]) -> None:
    got = bytearray()
    body = Sized(length, got.extend)
    used = sum(body.feed(memoryview(part)) for part in _cut(data, sizes))

    assert used == min(length, len(data))
    assert bytes(got) == data[:length]
    assert body.done == (len(data) >= length)


@given(
    st.one_of(st.binary(max_size=40), st.integers(7_900, 8_400).map(bytes), st.integers(16_200, 16_500).map(bytes)),
    st.booleans(),
    st.booleans(),
    st.lists(st.integers(1, 9000), max_size=9),
)
def test_the_size_of_a_file_in_a_form_is_found_however_it_is_cut(
    content: bytes, before: bool, after: bool, sizes: list[int]
) -> None:
    field = b'--bound\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
    form = (
        field * before
        + b'--bound\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: a/b\r\n\r\n'
        + content
        + b"\r\n"
        + field * after
        + b"--bound--\r\n"
    )
    upload = Upload()
    for part in _cut(form, sizes):
        upload.feed(part)

    assert upload.size == len(content)
    assert upload.received == len(form)


def test_a_form_without_a_file_has_a_file_of_no_size() -> None:
    upload = Upload()
    upload.feed(b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b--\r\n')
    assert upload.size == 0


@given(
    st.sampled_from([0, 50, 300, 1000, 4096, 9000]),
    st.lists(
        st.tuples(st.sampled_from([answers.SMALL, answers.BULK, answers.NOT_FOUND]), st.integers(0, 1)), max_size=80
    ),
    st.sampled_from([None, 0, 100, 4096]),
)
def test_blocks_give_the_fields_whatever_came_before_them(
    size: int, asked: list[tuple[answers.Answer, int]], later: int | None
) -> None:
    encoder, decoder = Encoder(), Decoder()
    decoder.max_allowed_table_size = 65536
    encoder.limit(size)
    second, date = 0, date_of(0)
    for at, (answer, step) in enumerate(asked):
        if at == 40 and later is not None:
            encoder.limit(later)
        if step:
            second += step
            date = date_of(second)
        head, start, middle = encoder.parts(answer, date)
        correlation, ray = NUMBERS.coded()
        block = b"".join((start, correlation, middle, ray))
        fields = decoder.decode(block, raw=True)

        told = dict(fields)
        assert int.from_bytes(head[:3], "big") == len(block)
        assert told[b":status"] == b"%d" % answer.status
        assert told[b"date"] == date
        assert told[b"content-type"] == answer.media_type
        assert told.get(b"content-length", b"%d" % answer.size) == b"%d" % answer.size
        assert huffman(told[b"mistral-correlation-id"]) == correlation
        assert huffman(told[b"cf-ray"]) == ray
        assert len(told) == 11
    assert decoder.header_table_size <= 4096


def test_no_two_answers_have_the_same_numbers() -> None:
    numbers = Numbers(random.Random(2))
    seen = [numbers.plain() for _ in range(5000)]

    assert len({correlation for correlation, _ in seen}) == len({ray for _, ray in seen}) == 5000
    assert {(len(correlation), len(ray)) for correlation, ray in seen} == {(36, 20)}


def test_requests_are_told_apart_by_method_path_and_model() -> None:
    assert route(b"GET", b"/v1/files/a-b/content") is FILE_CONTENT
    assert route(b"POST", b"/v1/files/a-b/content") is NOWHERE
    assert route(b"POST", b"/v1/files?x=y") is UPLOAD
    assert CHAT.answer(b'{"model":"bulk","stream":true}') is answers.BULK
    assert CHAT.answer(b'{"model":"bulk"}') is answers.NOT_FOUND
    assert CHAT.answer(b"no JSON") is answers.NOT_FOUND


@pytest.mark.parametrize(
    "head", [b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"A / H\r\ncontent-length: x\r\n\r\n"]
)
def test_a_head_that_is_none_is_refused(head: bytes) -> None:
    with pytest.raises(Broken):
        head_of(head)


def test_a_chunk_without_a_size_is_refused() -> None:
    with pytest.raises(Broken):
        Chunked(bytearray().extend).feed(memoryview(b"no size\r\n"))


def test_the_most_at_once_are_those_that_overlap() -> None:
    assert most_at_once([]) == 0
    assert most_at_once([(0, 2), (2, 4), (4, 5)]) == 1
    assert most_at_once([(0, 3), (1, float("inf")), (2, 3), (3, 4)]) == 3


def test_what_is_due_is_called_in_order() -> None:
    timers = Timers()
    called: list[int] = []
    timers.at(2.0, lambda: called.append(2))
    timers.at(1.0, lambda: called.append(1))
    assert timers.run() is None  # long ago
    assert called == [1, 2]


def test_a_live_stream_asks_again_for_what_could_not_be_written() -> None:
    timers = Timers()
    asked: list[int] = []

    def write(at: int) -> bool:
        asked.append(at)
        return len(asked) != 2

    Live(timers, 0.5, 3, write)
    while timers.run() is not None:
        pass

    assert asked == [0, 1, 1, 2]
