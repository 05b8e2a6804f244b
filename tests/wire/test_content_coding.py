"""Compressed answers, however they are cut, and what is no compressed answer."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.errors import ProtocolError
from mistral_async.http import Answer, Headers, Response
from mistral_async.settings.client import Compression
from mistral_async.wire.content_coding import accept, decoded
from tests.fakes import ScriptedResponse, a_request
from tests.wire.compressing import COMPRESS, compressed, flushed, raw_deflate

CODINGS = sorted(COMPRESS)
REQUEST = a_request()
TEXT = b'{"object":"list","data":[1,2,3]}' * 200


def _repeated(part: bytes, times: int) -> bytes:
    return part * times


bodies = st.one_of(st.binary(max_size=200), st.builds(_repeated, st.binary(max_size=50), st.integers(0, 3000)))


def answer(body: bytes | list[bytes | Exception], coding: str, status: int = 200) -> Response:
    return decoded(ScriptedResponse(status, body, {"Content-Encoding": coding}), REQUEST)


def cut(data: bytes, at: list[int]) -> list[bytes | Exception]:
    edges = sorted(each % (len(data) + 1) for each in at)
    return [data[start:end] for start, end in zip([0, *edges], [*edges, len(data)], strict=True)]


async def received(response: Response) -> list[bytes]:
    pieces: list[bytes] = []
    while piece := await response.receive():
        pieces.append(piece)
    return pieces


@given(bodies, st.lists(st.sampled_from(CODINGS), min_size=1, max_size=3), st.lists(st.integers(0), max_size=8))
async def test_the_text_is_the_same_however_the_compressed_bytes_are_cut(
    body: bytes, codings: list[str], cuts: list[int]
) -> None:
    packed = compressed(body, *codings)

    response = answer(cut(packed, cuts), ", ".join(codings))

    assert b"".join(await received(response)) == body
    assert await response.receive() == b""
    assert await answer(packed, ", ".join(codings)).read() == body


@given(bodies, st.lists(st.integers(0), max_size=8))
async def test_a_deflate_that_has_no_head_is_understood_too(body: bytes, cuts: list[int]) -> None:
    assert await answer(cut(raw_deflate(body), cuts), "deflate").read() == body


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
@given(st.lists(bodies, max_size=4), st.lists(st.integers(0), max_size=8))
async def test_one_compressed_stream_may_follow_another(coding: str, parts: list[bytes], cuts: list[int]) -> None:
    packed = b"".join(compressed(part, coding) for part in parts)

    assert await answer(cut(packed, cuts), coding).read() == b"".join(parts)


@given(st.integers(1, 40_000), st.lists(st.integers(0), max_size=4))
async def test_zeros_may_pad_a_gzip(zeros: int, cuts: list[int]) -> None:
    packed = gzip.compress(TEXT) + b"\0" * zeros

    assert await answer(cut(packed, cuts), "gzip").read() == TEXT


@pytest.mark.parametrize("coding", CODINGS)
async def test_an_empty_body_is_empty_whatever_its_coding(coding: str) -> None:
    assert await answer(b"", coding).read() == b""


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip", "zstd"])
async def test_what_has_been_flushed_is_given_before_more_is_waited_for(coding: str) -> None:
    first, second, end = flushed(coding, [b"data: 1\n\n", b"data: 2\n\n"])
    response = answer([first, second, AssertionError("asked for more"), end], coding)

    assert [await response.receive(), await response.receive()] == [b"data: 1\n\n", b"data: 2\n\n"]


@pytest.mark.parametrize("coding", CODINGS)
@given(st.integers(0), st.lists(st.integers(0), max_size=3))
async def test_a_body_that_ends_too_soon_is_an_error(coding: str, size: int, cuts: list[int]) -> None:
    packed = compressed(TEXT, coding)
    response = answer(cut(packed[: 1 + size % (len(packed) - 1)], cuts), coding)

    with pytest.raises(ProtocolError, match="cannot be decompressed: it ends too soon"):
        await response.read()


@pytest.mark.parametrize("coding", ["br", "deflate"])
@pytest.mark.parametrize("apart", [True, False])
async def test_what_stands_behind_the_end_is_an_error(coding: str, apart: bool) -> None:
    packed = compressed(TEXT, coding)

    with pytest.raises(ProtocolError, match=f"cannot be decompressed: {coding}: "):
        await answer([packed, b"more"] if apart else packed + b"more", coding).read()


@given(st.binary(min_size=1, max_size=60), st.sampled_from(CODINGS), st.lists(st.integers(0), max_size=4))
async def test_nothing_but_a_protocol_error_comes_of_bytes_that_are_no_such_coding(
    data: bytes, coding: str, cuts: list[int]
) -> None:
    error = None
    try:
        await answer(cut(data, cuts), coding).read()
    except ProtocolError as exc:
        error = exc

    assert error is None or (str(error).count("\n"), error.retry_safe, error.path) == (0, False, REQUEST.path)


@given(st.integers(0), st.integers(1, 255), st.sampled_from(["gzip", "deflate"]))
async def test_no_other_text_is_given_for_the_right_one_where_there_is_a_checksum(
    at: int, flip: int, coding: str
) -> None:
    packed = bytearray(compressed(TEXT, coding))
    packed[at % len(packed)] ^= flip

    try:
        text = await answer(bytes(packed), coding).read()
    except ProtocolError:
        text = TEXT  # the rule; some bits, such as those that fill the last byte, mean nothing

    assert text == TEXT


async def test_codings_are_undone_last_first_also_from_several_fields() -> None:
    response = ScriptedResponse(200, compressed(TEXT, "deflate", "gzip"))
    response.headers = Headers(((b"Content-Encoding", b"identity, deflate"), (b"content-encoding", b" GZip ,")))

    assert await decoded(response, REQUEST).read() == TEXT


@pytest.mark.parametrize("fields", [{}, {"content-encoding": "identity"}, {"content-encoding": ""}, {"a": "gzip"}])
def test_a_response_that_is_not_compressed_is_left_as_it_is(fields: dict[str, str]) -> None:
    response = ScriptedResponse(200, TEXT, fields)

    assert decoded(response, REQUEST) is response


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("compress", "in a coding that nothing here decodes; it was not asked for"),
        ("gzip, gzip, gzip, gzip", "4 codings one over the other"),
        ("x" * 1000, "in a coding that nothing here decodes; it was not asked for"),
    ],
)
def test_an_answer_in_an_unknown_coding_is_closed_and_an_error(field: str, what: str) -> None:
    response = ScriptedResponse(200, TEXT, {"content-encoding": field})

    with pytest.raises(ProtocolError) as caught:
        decoded(response, REQUEST)

    assert (what in str(caught.value), response.closed) == (True, 1)


def test_an_error_in_an_unknown_coding_keeps_its_status() -> None:
    response = ScriptedResponse(503, TEXT, {"content-encoding": "compress"})

    assert (decoded(response, REQUEST), response.closed) == (response, 0)


async def test_an_inflated_response_is_the_same_in_everything_else() -> None:
    inner = ScriptedResponse(201, compressed(TEXT, "br"), {"content-encoding": "br", "content-length": "7"})
    response = decoded(inner, REQUEST)

    assert (response.status, response.headers, response.http_version, response.attempts) == (
        inner.status,
        inner.headers,
        inner.http_version,
        inner.attempts,
    )
    response.close()
    assert inner.closed == 1


@pytest.mark.parametrize(
    ("answer", "compression", "value"),
    [
        ("whole", "auto", "gzip, deflate, br, zstd"),
        ("events", "auto", "identity"),
        ("bytes", "auto", "identity"),
        ("whole", "always", "gzip, deflate, br, zstd"),
        ("events", "always", "gzip, deflate, br, zstd"),
        ("bytes", "always", "gzip, deflate, br, zstd"),
        ("whole", "never", "identity"),
        ("events", "never", "identity"),
        ("bytes", "never", "identity"),
    ],
)
def test_what_is_accepted_depends_on_the_setting_and_on_how_the_answer_is_read(
    answer: Answer, compression: Compression, value: str
) -> None:
    assert accept(msgspec.structs.replace(REQUEST, answer=answer), compression) == value


@pytest.mark.parametrize(
    "brotli", ["None", "types.SimpleNamespace(Decompressor=lambda: zlib.decompressobj(), error=zlib.error)"]
)
def test_codings_that_are_not_installed_or_know_no_bound_are_not_offered(brotli: str) -> None:
    program = (
        "import sys, types, zlib\n"
        "zlib_like = types.SimpleNamespace(process=lambda data: data)\n"
        f"sys.modules['brotli'] = {brotli}\n"
        "if sys.modules['brotli']: sys.modules['brotli'].Decompressor = lambda: zlib_like\n"
        "for name in ('brotlicffi', 'compression.zstd', 'backports.zstd'): sys.modules[name] = None\n"
        "from mistral_async.wire.decoders import OFFERED\n"
        "assert OFFERED == 'gzip, deflate', OFFERED\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_raw_deflate_is_told_from_one_with_a_head_by_its_first_byte() -> None:
    assert {zlib.compress(TEXT, level)[0] & 15 for level in range(10)} == {8}
