"""What an answer may cost, whatever it inflates to: memory, and the patience of other tasks."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.errors import ProtocolError, ResponseDecodeError
from mistral_async.http import Request, Response
from mistral_async.transport.prefetch import Prefetch
from mistral_async.wire.content_coding import PIECE, decoded
from mistral_async.wire.decoders import CODINGS
from mistral_async.wire.inflate import IN_ONE_TURN, INPUT, Inflated, Later, Turn
from tests.fakes import ScriptedResponse, ScriptedWire, a_request
from tests.wire.compressing import compressed, zstd

REQUEST = a_request()
TEXT = b'{"object":"list","data":[1,2,3]}' * 200
BLOCK = 32 * 1024  # bytes; brotli gives whole ones


def inflated(body: bytes, coding: str) -> Response:
    return decoded(ScriptedResponse(200, body, {"content-encoding": coding}), REQUEST)


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip", "zstd"])
@given(st.binary(max_size=50), st.integers(0, 3000), st.integers(1, 3 * BLOCK))
def test_no_piece_is_larger_than_it_may_be_and_none_is_lost(coding: str, part: bytes, times: int, limit: int) -> None:
    packed = memoryview(compressed(part * times, coding))
    asked: list[int] = []

    def fetch(size: int) -> bytes:
        nonlocal packed
        asked.append(size)
        given, packed = bytes(packed[:size]), packed[size:]
        return given

    turn = Turn()
    data = Inflated(CODINGS[coding], fetch, turn)

    def take() -> bytes:
        turn.left = IN_ONE_TURN
        return data.take(limit)

    pieces = list(iter(take, b""))

    assert b"".join(pieces) == part * times
    assert max(map(len, pieces), default=0) <= (limit if coding != "br" else limit + max(limit, BLOCK))
    assert (set(asked), data.complete) == ({INPUT}, True)


@pytest.mark.parametrize(
    "codings",
    [["gzip"], ["deflate"], ["br"], ["zstd"], ["gzip", "gzip"], ["zstd", "gzip"], ["br", "zstd"], ["deflate", "br"]],
)
async def test_a_bomb_is_inflated_no_further_than_it_is_asked_for(codings: list[str]) -> None:
    size = 48 * 1024 * 1024
    response = inflated(compressed(bytes(size), *codings), ", ".join(codings))
    total = 0

    tracemalloc.start()
    try:
        while piece := await response.receive():
            total += len(piece)
            assert len(piece) <= 2 * PIECE
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (total, peak < 8 * PIECE) == (size, True)


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip", "zstd"])
async def test_what_is_held_in_memory_is_bounded_after_decompression(coding: str) -> None:
    bomb = ScriptedResponse(200, compressed(bytes(48 * 1024 * 1024), coding), {"content-encoding": coding})
    limit = 1024 * 1024

    tracemalloc.start()
    try:
        with pytest.raises(ResponseDecodeError, match="max_response_size") as caught:
            await Prefetch(_Decoding(bomb), limit).send(REQUEST)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (peak < 4 * limit, len(caught.value.body) <= limit, bomb.closed) == (True, True, 1)


async def test_other_tasks_go_on_while_a_bomb_is_inflated() -> None:
    response = inflated(compressed(bytes(32 * 1024 * 1024), "gzip"), "gzip")
    turns = 0

    async def another() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(another())
    await response.read()
    other.cancel()

    assert turns > 100


async def test_a_stream_that_wants_more_memory_than_the_standard_allows_is_refused() -> None:
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 24})

    with pytest.raises(ProtocolError, match=r"zstd: .*memory"):
        await inflated(packer.compress(TEXT) + packer.flush(), "zstd").read()


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_streams_without_end_that_hold_nothing_are_refused(coding: str) -> None:
    nothing = compressed(b"", coding)

    assert await inflated(nothing * 1000 + compressed(TEXT, coding), coding).read() == TEXT
    with pytest.raises(ProtocolError, match="more than 1000 streams that hold nothing"):
        await inflated(nothing * 1001, coding).read()


def gzip_of_a_name(size: int) -> bytes:
    """A gzip member that is nothing but its header: a name of so many bytes, which has no end."""
    return b"\x1f\x8b\x08\x08\0\0\0\0\0\x03" + b"A" * size


@pytest.mark.parametrize("codings", [["gzip"], ["gzip", "gzip"], ["zstd", "br"]])
async def test_what_goes_in_and_never_comes_out_is_refused(codings: list[str]) -> None:
    packed = compressed(gzip_of_a_name(32 * 1024 * 1024), *codings)

    async with asyncio.timeout(1):
        with pytest.raises(ProtocolError, match="gzip: more than 1048576 bytes that hold nothing"):
            await inflated(packed, ", ".join(["gzip", *codings])).read()


async def test_other_tasks_go_on_while_nothing_comes_out() -> None:
    names = compressed(TEXT, "gzip") + gzip_of_a_name(1000 * 1000) + b"\0" + compressed(TEXT, "gzip")[10:]
    response = inflated(compressed(names, "gzip"), "gzip, gzip")
    turns = 0

    async def another() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(another())
    assert await response.read() == 2 * TEXT
    other.cancel()

    assert turns >= 1000 * 1000 // IN_ONE_TURN


def test_the_turn_ends_before_anything_is_taken_in() -> None:
    turn = Turn()
    turn.left = 0
    data = Inflated(CODINGS["gzip"], lambda size: compressed(TEXT, "gzip"), turn)

    with pytest.raises(Later):
        data.take(PIECE)
    turn.left = IN_ONE_TURN

    assert data.take(len(TEXT)) == TEXT


class _Decoding(ScriptedWire):
    """A wire that inflates what it gives, as the real one does."""

    async def send(self, request: Request, /) -> Response:
        return decoded(await super().send(request), request)
