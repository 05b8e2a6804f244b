"""Files on their way up and down."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from mistral_async import (
    APIError,
    ConnectionLost,
    MistralClient,
    NotFoundError,
    RateLimitError,
    RequestValidationError,
    TimeoutError,
)
from mistral_async.codec.file_input import FileInput
from mistral_async.settings import Retry, Timeout
from mistral_async.testing import LocalServer

CONTENT = bytes(range(256)) * 4096  # 1 MiB: several chunks
SIZE = 512 * 1024 * 1024 - 1024 * 1024  # bytes; what the API takes, less the frame of the form

KINDS: dict[str, Callable[[Path], Any]] = {
    "a path": lambda path: path,
    "a path as text": str,
    "bytes": lambda path: path.read_bytes(),
    "a bytearray": lambda path: bytearray(path.read_bytes()),
    "a memoryview": lambda path: memoryview(path.read_bytes()),
    "an open file": lambda path: path.open("rb"),
    "a file in memory": lambda path: io.BytesIO(path.read_bytes()),
    "an async iterator": lambda path: chunks(path),
    "name and content": lambda path: ("other.bin", path.read_bytes()),
    "name, content and media type": lambda path: ("other.bin", chunks(path), "application/x-thing"),
}


async def chunks(path: Path) -> AsyncIterator[bytes]:
    content = path.read_bytes()
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_file_arrives_whole(
    kind: str, tmp_path: Path, unjudged: MistralClient, server: LocalServer
) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(CONTENT)
    file: FileInput = KINDS[kind](path)

    uploaded = await unjudged.files.post(file=file, purpose="ocr")

    assert uploaded.bytes == len(CONTENT)
    assert server.requests[-1].digest == hashlib.sha256(CONTENT).hexdigest()
    expected = {"a path": "data.bin", "an open file": "data.bin", "name and content": "other.bin"}
    assert uploaded.filename == expected.get(kind, uploaded.filename)
    if isinstance(file, io.IOBase):
        file.close()


async def test_an_upload_without_its_file_is_refused(client: MistralClient, server: LocalServer) -> None:
    with pytest.raises(RequestValidationError, match="missing required file 'file'"):
        await client.files.post(purpose="batch")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]

    assert len(server.requests) == 0


async def test_whoever_makes_the_content_gets_their_own_error_back(unjudged: MistralClient) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"some"
        raise LookupError("the source dried up")

    with pytest.raises(LookupError, match="dried up"):
        await unjudged.files.post(file=content())


async def test_a_file_that_shrinks_on_its_way_is_an_error_and_no_hang(tmp_path: Path, unjudged: MistralClient) -> None:
    path = tmp_path / "log"
    path.write_bytes(CONTENT)
    # Measured when the call is encoded, read when it is connected: it shrinks in between.
    task = asyncio.create_task(unjudged.files.post(file=path))
    await asyncio.sleep(0)
    path.write_bytes(b"short")

    with pytest.raises(ValueError, match="changed while it was sent"):
        await task


async def test_a_download_is_whole_in_each_of_its_forms(
    tmp_path: Path, unjudged: MistralClient, server: LocalServer
) -> None:
    file_id = server.add_file("data.bin", CONTENT)

    held = await unjudged.files[file_id].content()
    streamed = b"".join([chunk async for chunk in unjudged.files[file_id].content()])
    async with unjudged.files[file_id].content().stream() as parts:
        in_a_block = b"".join([chunk async for chunk in parts])
    saved = await unjudged.files[file_id].content().save(tmp_path / "copy.bin")
    raw = await unjudged.files[file_id].content().raw()

    assert held == streamed == in_a_block == saved.read_bytes() == raw.body == raw.decode() == CONTENT
    assert saved == tmp_path / "copy.bin"
    assert server.connections.total == 1


async def test_a_download_that_fails_leaves_the_old_file_as_it_was(
    tmp_path: Path, unjudged: MistralClient, server: LocalServer
) -> None:
    target = tmp_path / "copy.bin"
    target.write_bytes(b"old")
    file_id = server.add_file("data.bin", CONTENT)
    server.cut_next(after_bytes=300_000)

    with pytest.raises(ConnectionLost):
        await unjudged.files[file_id].content().save(target)
    with pytest.raises(NotFoundError):
        await unjudged.files["nothing"].content().save(target)

    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


async def test_a_large_json_body_is_sent_in_slices(client: MistralClient, server: LocalServer) -> None:
    texts = ["word " * 20_000] * 30  # 3 MB: in one piece it would hold up the loop

    with contextlib.suppress(APIError):  # more tokens than the model takes
        await client.embeddings.post(model="mistral-embed", input=texts)

    # In one piece, aiohttp would have warned, which is an error here.
    assert server.requests[-1].size > 3_000_000
    assert server.requests[-1].headers["content-length"] == str(server.requests[-1].size)


async def test_large_chunks_are_cut_before_they_reach_the_socket(unjudged: MistralClient, server: LocalServer) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield CONTENT * 3

    await unjudged.files.post(file=content())

    assert server.requests[-1].digest == hashlib.sha256(CONTENT * 3).hexdigest()


@pytest.fixture
async def never_reads() -> AsyncIterator[str]:
    """A server that takes the head of a request, and none of what follows."""
    ended = asyncio.Event()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        await ended.wait()
        writer.transport.abort()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ended.set()


async def test_an_upload_that_the_server_stops_reading_is_a_timeout(never_reads: str, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(b"x" * 30_000_000)
    async with MistralClient(api_key="k", base_url=never_reads, timeout=0.3) as client:
        with pytest.raises(TimeoutError, match=r"has read nothing for 0\.3 s") as caught:
            await client.files.post(file=large)
        with pytest.raises(TimeoutError, match=r"has read nothing for 0\.3 s"):
            await client.embeddings.post(model="m", input="x" * 30_000_000)

    assert caught.value.limit == "read"


async def test_an_answer_that_begins_before_the_end_of_an_upload_does_not_cut_it_short() -> None:
    size, received = 20_000_000, 0

    async def begin_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n")
        await asyncio.sleep(0.05)  # the client has the head, and most of its body still to send
        tail = b""
        while not tail.endswith(b"\r\n0\r\n\r\n") and (chunk := await reader.read(1_000_000)):
            received += len(chunk)
            tail = (tail + chunk)[-7:]
        writer.write(b'{"id": "f"}')
        await writer.drain()
        writer.close()

    async def content() -> AsyncIterator[bytes]:
        for _ in range(size // 1_000_000):
            yield b"x" * 1_000_000

    async with await asyncio.start_server(begin_early, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with MistralClient(api_key="k", base_url=url) as client:
            assert (await client.files.post(file=content())).id == "f"

    assert received >= size


async def test_a_slow_source_is_no_fault_of_the_servers(server: LocalServer) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(3):
            await asyncio.sleep(0.2)
            yield b"x"

    async with server.client(timeout=0.15) as client:
        assert (await client.files.post(file=slowly())).bytes == 3


async def test_a_cancelled_upload_closes_its_file(never_reads: str, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(b"x" * 30_000_000)
    async with MistralClient(api_key="k", base_url=never_reads) as client:
        task = asyncio.create_task(client.files.post(file=large))
        while not held_open(large):
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(100):
            if not held_open(large):
                break
            await asyncio.sleep(0.005)

        assert not held_open(large)


async def test_a_pipe_that_nobody_writes_into_ends_with_the_time_limit_and_holds_up_nobody(
    server: LocalServer, tmp_path: Path
) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    try:
        async with server.client(timeout=Timeout(total=0.2)) as client:
            await client.models()  # connected, and everything loaded
            turns = asyncio.create_task(longest_turn())
            with pytest.raises(TimeoutError, match=r"raise `timeout\.total`"):
                await client.files.post(file=path)
            turns.cancel()
            assert await turns < 0.15
    finally:
        with contextlib.suppress(OSError):  # ENXIO: nobody has it open
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))


async def longest_turn() -> float:
    """Until it is cancelled: how long the loop stood still at most, in seconds."""
    longest = 0.0
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - begun)
    return longest


class SlowFile(io.BytesIO):
    """Long enough for the next attempt to begin while a thread still reads for the last one."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size:
            time.sleep(0.03)
        return super().read(size)


async def test_a_slow_file_whose_upload_was_answered_before_its_end_is_sent_again_from_its_beginning() -> None:
    bodies: list[bytes] = []
    over = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if not bodies:
            bodies.append(await reader.read(100))
            writer.write(b"HTTP/1.1 429 Later\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n")
            await over.wait()
            writer.transport.abort()
        else:
            bodies.append(await reader.readexactly(size))
            writer.write(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"id": "f"}')
            await writer.drain()
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with MistralClient(api_key="k", base_url=url, retry=Retry(first_delay=0.001, attempts=2)) as client:
            assert (await client.files.post(file=("b", SlowFile(CONTENT)))).id == "f"
        over.set()

    assert len(bodies) == 2
    assert CONTENT in bodies[1]


async def test_what_can_be_read_once_is_not_sent_again_after_an_answer(server: LocalServer, tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(CONTENT)
    async with server.client(retry=Retry(first_delay=0.001, attempts=3)) as client:
        server.fail_next(status=429)

        with pytest.raises(RateLimitError) as caught:
            await client.files.post(file=chunks(path))

    assert caught.value.attempts == 1


def held_open(path: Path) -> bool:
    """Whether this process has the file open."""
    return any(os.path.realpath(each) == str(path) for each in Path("/proc/self/fd").iterdir())


GROWTH = """
import asyncio, resource, sys
from pathlib import Path
from mistral_async import MistralClient

async def main(key, url, direction, path, file_id):
    async with MistralClient(api_key=key, base_url=url) as client:
        await client.files.post(file=b"warm up")
        await client.files[file_id]()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if direction == "up":
            size = (await client.files.post(file=path)).bytes
        else:
            size = (await client.files[file_id].content().save(path)).stat().st_size
        print(size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("direction", ["up", "down"])
def test_half_a_gigabyte_passes_through_less_than_twenty_megabytes(direction: str, tmp_path: Path) -> None:
    large, copy = tmp_path / "large.bin", tmp_path / "copy.bin"
    with large.open("wb") as file:
        file.truncate(SIZE)  # a file with a hole: as large, and nothing to write
    with LocalServer().run_in_thread() as server:
        file_id = server.add_file("large.bin", large)
        path = large if direction == "up" else copy
        done = subprocess.run(
            [sys.executable, "-c", GROWTH, server.api_key, server.url, direction, str(path), file_id],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )

    size, growth = map(int, done.stdout.split())
    assert size == SIZE
    assert growth < 20 * 1024  # KiB
