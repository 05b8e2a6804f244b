"""Every kind of file that an upload takes, and those that it refuses."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from mistral_async.codec.file_input import DEFAULT_NAME, FilePart
from mistral_async.codec.file_reader import READ_SIZE
from mistral_async.codec.multipart import MultipartBody
from tests.reading import parts_of, sent

CONTENT = bytes(range(256)) * 3


async def pieces() -> AsyncIterator[bytes]:
    yield CONTENT[:100]
    yield b""
    yield CONTENT[100:]


class Pieces:
    """Can be iterated any number of times."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return pieces()


class OneWay(io.RawIOBase):
    """A file that can only be read onwards, as a socket or a pipe is."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece, self._content = self._content[: len(buffer)], self._content[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def one_way() -> BinaryIO:
    return cast(BinaryIO, OneWay(CONTENT))


def at(position: int, content: bytes = CONTENT) -> BinaryIO:
    file = io.BytesIO(content)
    file.seek(position)
    return file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data set.bin"
    path.write_bytes(CONTENT)
    return path


async def read(part: FilePart) -> bytes:
    return b"".join([chunk async for chunk in part.chunks()])


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (CONTENT, CONTENT),
        (b"", b""),
        (bytearray(CONTENT), CONTENT),
        (memoryview(CONTENT), CONTENT),
        (memoryview(CONTENT)[::2], CONTENT[::2]),
        (memoryview(CONTENT).cast("I"), CONTENT),
        (memoryview(b""), b""),
        (at(0), CONTENT),
        (at(100), CONTENT[100:]),
        (at(5000), b""),
        (("n", CONTENT), CONTENT),
        (("n", at(1)), CONTENT[1:]),
        (("n", CONTENT, "a/b"), CONTENT),
    ],
)
async def test_what_is_in_memory_or_can_seek_has_a_length_and_can_be_sent_twice(file: Any, expected: bytes) -> None:
    part = FilePart("file", file)

    assert (part.length, part.replayable) == (len(expected), True)
    assert await read(part) == expected
    assert await read(part) == expected


async def test_a_path_is_read_as_text_as_path_and_by_its_protocol(path: Path) -> None:
    class Where:
        def __fspath__(self) -> str:
            return str(path)

    for file in (str(path), path, Where()):
        part = FilePart("file", file)

        assert (part.length, part.replayable) == (len(CONTENT), True)
        assert part.name == "data set.bin"
        assert await read(part) == await read(part) == CONTENT


async def test_an_opened_file_keeps_its_name_and_stays_open(path: Path) -> None:
    with path.open("rb") as file:
        part = FilePart("file", file)

        assert part.name == "data set.bin"
        assert await read(part) == CONTENT
        assert not file.closed


async def test_a_path_may_be_sent_under_another_name(path: Path) -> None:
    part = FilePart("file", ("x.jsonl", path, "application/jsonl"))

    assert (part.name, part.media_type) == ("x.jsonl", "application/jsonl")


class Stream:
    """Goes on from where it stands, as aiohttp's ``StreamReader`` does: no iterator, and yet to be read only once."""

    def __init__(self) -> None:
        self._left = [CONTENT]

    async def read(self, size: int = -1) -> bytes:
        return self._left.pop() if self._left else b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await self.read():
            yield chunk


class Download(Stream):
    """A call that is sent once, and whose answer is iterated."""

    read: Any = None

    def __await__(self) -> Any: ...

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield CONTENT


@pytest.mark.parametrize("content", [pieces, one_way, Stream, Download])
async def test_what_can_be_read_once_is_replayable_until_it_was_begun_and_refuses_to_be_read_again(
    content: Callable[[], Any],
) -> None:
    part = FilePart("file", ("data.bin", content()))

    assert (part.length, part.replayable) == (None, True)
    assert await read(part) == CONTENT
    assert not part.replayable
    with pytest.raises(RuntimeError, match=r"the file 'data\.bin' can be read only once, and .*; pass a path"):
        await read(part)


async def test_what_can_be_read_once_is_not_replayable_after_its_first_byte() -> None:
    part = FilePart("file", pieces())
    async with contextlib.aclosing(part.chunks()) as chunks:
        assert part.replayable  # nothing was asked for yet

        await anext(chunks)

        assert not part.replayable


async def test_a_pipe_in_the_file_system_is_sent_as_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    part = FilePart("file", path)
    with ThreadPoolExecutor(1) as executor:
        opened = executor.submit(path.open, "wb", buffering=0)

        assert (part.length, part.replayable) == (None, True)
        async with contextlib.aclosing(part.chunks()) as chunks:
            first = asyncio.ensure_future(anext(chunks))
            with await asyncio.wrap_future(opened) as writer:
                writer.write(CONTENT)
                assert await first == CONTENT  # though the writer has not ended
            assert [chunk async for chunk in chunks] == []
    with pytest.raises(RuntimeError, match="the file 'pipe' can be read only once"):
        await read(part)


async def test_an_iterable_is_sent_again() -> None:
    part = FilePart("file", Pieces())

    assert (part.length, part.replayable) == (None, True)
    assert await read(part) == await read(part) == CONTENT
    assert part.replayable


class SlowFile(io.BytesIO):
    """Its reads wait to be let go on; what was read by then is gone."""

    def __init__(self) -> None:
        super().__init__(CONTENT)
        self.begun, self.go_on = threading.Event(), threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        if size:
            self.begun.set()
            assert self.go_on.wait(5)
        return super().read(size)


async def test_the_next_pass_begins_where_the_file_did_though_a_thread_still_read_for_the_last_one() -> None:
    file = SlowFile()
    part = FilePart("file", file)
    first = asyncio.create_task(read(part))
    await asyncio.to_thread(file.begun.wait)

    second = asyncio.create_task(read(part))  # whoever sends again need not wait for the first one's end
    await asyncio.sleep(0.02)
    file.go_on.set()

    assert await second == CONTENT
    first.cancel()
    await asyncio.wait([first])


async def test_a_pass_that_is_cancelled_has_ended_its_read_when_it_is_over() -> None:
    file = SlowFile()
    task = asyncio.create_task(read(FilePart("file", file)))
    await asyncio.to_thread(file.begun.wait)

    task.cancel()
    await asyncio.sleep(0.02)
    assert not task.done()
    file.go_on.set()
    await asyncio.wait([task])

    assert task.cancelled()
    file.seek(0)
    assert await read(FilePart("file", file)) == CONTENT


async def test_a_form_has_a_length_only_if_all_its_files_have_one() -> None:
    body = MultipartBody([], [FilePart("a", b"x"), FilePart("b", pieces())])

    assert body.length is None
    assert [part.content for part in await parts_of(await sent(body), body.content_type)] == [b"x", CONTENT]


async def test_an_opened_file_that_ends_in_a_number_has_no_name() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        assert FilePart("file", file).name == DEFAULT_NAME  # its `name` is the number of its descriptor


async def test_a_large_file_is_held_a_piece_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * (READ_SIZE * 2 + 1))

    assert [len(chunk) async for chunk in FilePart("file", path).chunks()] == [READ_SIZE, READ_SIZE, 1]


@pytest.mark.parametrize("size", [0, len(CONTENT) - 1, len(CONTENT) + 1, len(CONTENT) + READ_SIZE])
async def test_a_file_that_changes_while_it_is_sent_is_an_error(path: Path, size: int) -> None:
    body = MultipartBody([], [FilePart("file", path)])
    length = body.length
    await asyncio.to_thread(path.write_bytes, b"x" * size)
    chunks: list[bytes] = []

    async def send() -> None:
        async for chunk in body:
            chunks.append(chunk)  # noqa: PERF401  # what came before the error is looked at

    with pytest.raises(ValueError, match="changed while it was sent: it had 768 bytes"):
        await send()

    assert length is not None
    assert sum(map(len, chunks)) < length  # never more than was promised


@pytest.mark.parametrize("file", [io.StringIO("text"), ("n", io.StringIO("text")), io.StringIO()])
def test_a_file_in_text_mode_is_refused(file: Any) -> None:
    with pytest.raises(TypeError, match="file: the file was opened in text mode; open it with mode 'rb'"):
        FilePart("file", file)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match=r"file: .* is a directory"):
        FilePart("file", tmp_path)


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.pdf"):
        FilePart("file", tmp_path / "nothing.pdf")


class AsyncFile:
    """What FastAPI hands to a handler looks like this."""

    async def read(self, size: int = -1) -> bytes:
        return CONTENT[:size]


@pytest.mark.parametrize(
    "file",
    [5, None, object(), [b"x"], iter([b"x"]), {"a": b"x"}, (), (b"x",), ("n", b"x", "t", "u"), (b"x", "n"), ("n", 5)],
)
def test_what_is_no_file_is_refused_saying_what_is_one(file: Any) -> None:
    with pytest.raises(TypeError, match="file: a file is a path, bytes, a file opened in binary mode, an async iter"):
        FilePart("file", file)


def test_a_file_that_reads_asynchronously_is_refused_saying_what_to_pass() -> None:
    with pytest.raises(TypeError, match=r"file: .*async.*the file below it"):
        FilePart("file", cast(Any, AsyncFile()))


async def test_an_iterator_that_gives_no_bytes_is_refused() -> None:
    async def texts() -> AsyncIterator[Any]:
        yield "text"

    with pytest.raises(TypeError, match="an async iterator of bytes gave str"):
        await read(FilePart("file", texts()))
