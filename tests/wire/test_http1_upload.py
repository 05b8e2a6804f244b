"""How long a server may take to read a body: as long as it takes something."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import pytest
from aiohttp.abc import AbstractStreamWriter

from mistral_async.wire.upload import SLICE_SIZE, Stalled, Upload, large
from tests.wire.skipping import skipping

PATIENCE = 0.02  # seconds


class Transport(asyncio.WriteTransport):
    def __init__(self) -> None:
        super().__init__()
        self.waiting = 0
        self.aborted = False

    def get_protocol(self) -> asyncio.BaseProtocol:
        return asyncio.Protocol()

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def abort(self) -> None:
        self.aborted = True


class Writer(AbstractStreamWriter):
    """aiohttp's side: a peer that takes ``rate`` bytes every half of the patience, of what it is given."""

    def __init__(self, rate: int, *, failure: Exception | None = None) -> None:
        self.rate = rate
        self.failure = failure
        self.pieces: list[int] = []
        self.line = Transport()

    @property
    def transport(self) -> Transport:
        return self.line

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        if self.failure is not None:
            raise self.failure
        self.pieces.append(len(chunk))
        self.output_size += len(chunk)
        self.line.waiting += len(chunk)
        await self.drain()

    async def drain(self) -> None:
        while self.line.waiting:
            await asyncio.sleep(PATIENCE / 2)
            if self.line.aborted:
                raise ConnectionError("Connection lost")
            self.line.waiting = max(0, self.line.waiting - self.rate)

    async def write_eof(self, chunk: bytes = b"") -> None:
        raise AssertionError

    def enable_compression(self, encoding: str = "deflate", strategy: int | None = None) -> None:
        raise AssertionError

    def enable_chunking(self) -> None:
        raise AssertionError

    async def write_headers(self, status_line: str, headers: object) -> None:
        raise AssertionError


class Made:
    """A body whose source does something before it ends."""

    length = None
    replayable = False

    def __init__(self, *, wait: float = 0, failure: BaseException | None = None) -> None:
        self._wait = wait
        self._failure = failure
        self.closed = False

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        try:
            yield b"some"
            await asyncio.sleep(self._wait)
            if self._failure is not None:
                raise self._failure
            yield b"more"
        finally:
            self.closed = True


async def test_a_large_body_goes_out_in_slices() -> None:
    writer = Writer(10 * SLICE_SIZE)

    await Upload(bytes(2 * SLICE_SIZE + 1), patience=1).write(writer)

    assert writer.pieces == [SLICE_SIZE, SLICE_SIZE, 1]
    assert not writer.line.aborted


@skipping
async def test_a_server_that_reads_slowly_is_waited_for() -> None:
    writer = Writer(SLICE_SIZE // 8)  # a slice takes four times the patience

    await Upload(bytes(SLICE_SIZE), patience=PATIENCE).write(writer)

    assert writer.line.waiting == 0


@skipping
async def test_a_server_that_reads_nothing_is_not_waited_for() -> None:
    writer, upload = Writer(0), Upload(bytes(100), patience=PATIENCE)

    with pytest.raises(ConnectionError):
        await upload.write(writer)

    assert isinstance(upload.failure, Stalled)
    assert writer.line.aborted


@skipping
async def test_after_the_answer_has_begun_the_server_may_take_its_time() -> None:
    writer, upload = Writer(0), Upload(bytes(100), patience=PATIENCE)
    sending = asyncio.create_task(upload.write(writer))
    await asyncio.sleep(0)
    upload.answered()
    await asyncio.sleep(3 * PATIENCE)
    assert not sending.done()

    writer.rate = 100
    await sending


@skipping
async def test_a_source_may_take_its_time() -> None:
    writer = Writer(100)

    await Upload(Made(wait=3 * PATIENCE), patience=PATIENCE).write(writer)

    assert writer.pieces == [4, 4]


@pytest.mark.parametrize(
    "failure", [LookupError("dry"), aiohttp.ClientPayloadError("a source of the network"), OSError()]
)
async def test_the_error_of_a_source_is_kept_whatever_it_is(failure: Exception) -> None:
    body, writer = Made(failure=failure), Writer(100)
    upload = Upload(body, patience=1)

    with pytest.raises(type(failure)):
        await upload.write(writer)
    await upload.over()

    assert upload.failure is failure
    assert body.closed
    assert writer.line.aborted


@pytest.mark.parametrize("raised", [asyncio.CancelledError("of a task of its own"), GeneratorExit(), BaseException()])
async def test_what_a_source_raises_that_is_no_error_becomes_one(raised: BaseException) -> None:
    body = Made(failure=raised)
    upload = Upload(body, patience=1)

    with pytest.raises(RuntimeError, match=f"the iterator of .*, Made, raised {type(raised).__name__}") as caught:
        await upload.write(Writer(100))

    assert (upload.failure, caught.value.__cause__) == (caught.value, raised)
    assert body.closed


@pytest.mark.parametrize(
    "failure", [aiohttp.ClientConnectionResetError("gone"), ConnectionError("gone"), TimeoutError()]
)
async def test_the_error_of_a_connection_is_none_of_the_bodys(failure: Exception) -> None:
    body = Made()
    upload = Upload(body, patience=1)

    with pytest.raises(type(failure)):
        await upload.write(Writer(100, failure=failure))

    assert upload.failure is None
    assert body.closed


@skipping
async def test_a_cancelled_upload_closes_its_body() -> None:
    body, writer = Made(wait=10), Writer(100)
    upload = Upload(body, patience=1)
    sending = asyncio.create_task(upload.write(writer))
    await asyncio.sleep(PATIENCE)
    sending.cancel()
    await upload.over()

    assert body.closed
    assert writer.line.aborted
    assert sending.done() or sending.cancelling()
    await asyncio.gather(sending, return_exceptions=True)


def test_only_what_fits_into_a_buffer_goes_out_at_once() -> None:
    assert large(None) is large(b"") is large(bytes(1000)) is None
    assert large(bytes(100_000)) is not None
    assert large(Made()) is not None
    with pytest.raises(TypeError):
        Upload(b"", patience=None).decode()
