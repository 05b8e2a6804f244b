"""One pass over a file, however slow the file is and whenever the pass ends."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import io
import os
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mistral_async.codec.file_input import FilePart
from mistral_async.codec.file_reader import FileReader

CONTENT = b"content"


class Disk:
    """A file that is opened, and read, when its disk comes to it."""

    def __init__(self) -> None:
        self.asked, self.ready = threading.Event(), threading.Event()
        self.file = SlowFile(self)

    def open(self) -> io.BytesIO:
        self.turn()
        return self.file

    def turn(self) -> None:
        self.asked.set()
        assert self.ready.wait(5)


class SlowFile(io.BytesIO):
    def __init__(self, disk: Disk) -> None:
        super().__init__(CONTENT)
        self._disk = disk

    def read(self, size: int | None = -1, /) -> bytes:
        self._disk.turn()
        return super().read(size)


async def read(reader: FileReader) -> bytes:
    return b"".join([chunk async for chunk in reader.chunks()])


async def left(task: asyncio.Task[bytes]) -> float:
    """Cancel it, and say how long it took to end, in seconds."""
    begun = time.perf_counter()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    return time.perf_counter() - begun


async def until_closed(file: io.BytesIO) -> None:
    async with asyncio.timeout(5):
        while not file.closed:
            await asyncio.sleep(0.002)


async def test_a_file_of_our_own_is_closed_at_its_end() -> None:
    disk = Disk()
    disk.ready.set()

    assert await read(FileReader(disk.open, ours=True, may_stall=False)) == CONTENT
    assert disk.file.closed


async def test_a_file_of_our_own_is_closed_when_it_is_left_between_two_pieces() -> None:
    disk = Disk()
    disk.ready.set()
    async with contextlib.aclosing(FileReader(disk.open, ours=True, may_stall=False).chunks()) as chunks:
        await anext(chunks)
        assert not disk.file.closed

    await until_closed(disk.file)


class SlowEnd(io.BytesIO):
    """Gives its first piece at once; its second read takes until it is told to go on."""

    def __init__(self) -> None:
        super().__init__(CONTENT)
        self.asked, self.ready = threading.Event(), threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            self.asked.set()
            assert self.ready.wait(5)
        return super().read(size)


async def test_the_next_piece_is_read_while_one_is_sent() -> None:
    file = SlowEnd()
    async with contextlib.aclosing(FileReader(lambda: file, ours=True, may_stall=False).chunks()) as chunks:
        await anext(chunks)
        assert await asyncio.to_thread(file.asked.wait, 5)
        file.ready.set()


async def test_a_file_that_may_stall_is_not_read_before_somebody_comes_for_it() -> None:
    file = SlowEnd()
    async with contextlib.aclosing(FileReader(lambda: file, ours=True, may_stall=True).chunks()) as chunks:
        await anext(chunks)
        assert not await asyncio.to_thread(file.asked.wait, 0.05)


async def test_a_file_of_our_own_that_is_left_while_it_is_read_ahead_is_closed_after_that() -> None:
    file = SlowEnd()
    async with contextlib.aclosing(FileReader(lambda: file, ours=True, may_stall=False).chunks()) as chunks:
        await anext(chunks)
        await asyncio.to_thread(file.asked.wait, 5)

    assert not file.closed
    file.ready.set()
    await until_closed(file)


async def test_a_file_of_the_callers_that_is_read_ahead_has_come_to_rest_when_the_pass_is_over() -> None:
    file = SlowEnd()
    chunks = FileReader(lambda: file, ours=False, may_stall=False).chunks()
    await anext(chunks)
    await asyncio.to_thread(file.asked.wait, 5)
    closing = asyncio.ensure_future(chunks.aclose())
    await asyncio.wait([closing], timeout=0.05)

    assert not closing.done()
    file.ready.set()
    await closing
    assert not file.closed


async def test_an_error_of_a_piece_that_nobody_comes_for_is_nobodys(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError("the disk is gone")
            return super().read(size)

    chunks = FileReader(lambda: Broken(CONTENT), ours=True, may_stall=False).chunks()
    assert await anext(chunks) == CONTENT
    await asyncio.sleep(0.02)  # the next read fails meanwhile
    await chunks.aclose()
    gc.collect()

    assert caplog.records == []


@pytest.mark.parametrize("may_stall", [False, True])
async def test_leaving_a_file_of_our_own_while_it_is_opened_waits_for_nothing_and_it_is_closed_all_the_same(
    may_stall: bool,
) -> None:
    disk = Disk()
    task = asyncio.create_task(read(FileReader(disk.open, ours=True, may_stall=may_stall)))
    await asyncio.to_thread(disk.asked.wait)

    assert await left(task) < 0.2
    assert not disk.file.closed
    disk.ready.set()
    await until_closed(disk.file)


@pytest.mark.parametrize("may_stall", [False, True])
async def test_leaving_a_file_of_our_own_while_it_is_read_waits_for_nothing_and_it_is_closed_all_the_same(
    may_stall: bool,
) -> None:
    disk = Disk()
    task = asyncio.create_task(read(FileReader(lambda: disk.file, ours=True, may_stall=may_stall)))
    await asyncio.to_thread(disk.asked.wait)

    assert await left(task) < 0.2
    assert not disk.file.closed
    disk.ready.set()
    await until_closed(disk.file)


async def test_a_file_of_the_callers_stays_open_and_its_read_has_ended_when_the_pass_is_over() -> None:
    disk = Disk()
    task = asyncio.create_task(read(FileReader(lambda: disk.file, ours=False, may_stall=False)))
    await asyncio.to_thread(disk.asked.wait)

    for _ in range(3):  # to be cancelled again changes nothing
        task.cancel()
        await asyncio.sleep(0.01)
    assert not task.done()
    disk.ready.set()
    await asyncio.wait([task])

    assert task.cancelled()
    assert disk.file.tell() == len(CONTENT)
    assert not disk.file.closed


async def test_a_file_of_the_callers_that_may_stall_is_left_to_its_thread() -> None:
    disk = Disk()
    task = asyncio.create_task(read(FileReader(lambda: disk.file, ours=False, may_stall=True)))
    await asyncio.to_thread(disk.asked.wait)

    assert await left(task) < 0.2
    disk.ready.set()


async def test_a_read_that_no_thread_has_come_to_is_not_waited_for_and_never_made() -> None:
    disk, busy = Disk(), Disk()
    with ThreadPoolExecutor(1) as pool:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(pool)
        other = loop.run_in_executor(None, busy.turn)
        task = asyncio.create_task(read(FileReader(lambda: disk.file, ours=False, may_stall=False)))
        await asyncio.sleep(0.01)

        assert await left(task) < 0.2
        busy.ready.set()
        await other

    assert not disk.asked.is_set()


async def test_files_that_may_stall_leave_the_threads_of_the_loop_to_others() -> None:
    disk = Disk()
    tasks = [asyncio.create_task(read(FileReader(disk.open, ours=True, may_stall=True))) for _ in range(50)]
    try:
        async with asyncio.timeout(2):
            await asyncio.to_thread(disk.asked.wait)  # such a thread resolves names, too
    finally:
        disk.ready.set()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@pytest.mark.parametrize("may_stall", [False, True])
async def test_an_error_of_the_file_is_raised_as_it_is(may_stall: bool) -> None:
    def fail() -> io.BytesIO:
        raise PermissionError("not yours")

    with pytest.raises(PermissionError, match="not yours"):
        await read(FileReader(fail, ours=True, may_stall=may_stall))


@pytest.mark.parametrize("may_stall", [False, True])
async def test_a_file_is_read_in_the_context_of_whoever_reads_it(may_stall: bool) -> None:
    variable = contextvars.ContextVar("variable", default=b"")
    variable.set(b"set")

    assert await read(FileReader(lambda: io.BytesIO(variable.get()), ours=True, may_stall=may_stall)) == b"set"


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    """A pipe that nobody writes into. Whoever hangs in opening it goes on after half a second."""
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def end() -> None:
        with contextlib.suppress(OSError):  # ENXIO: nobody waits for a writer
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))

    timer = threading.Timer(0.5, end)
    timer.start()
    yield path
    timer.cancel()
    timer.join()
    end()


@contextlib.asynccontextmanager
async def standstill() -> AsyncGenerator[list[float]]:
    """How long the loop stood still at most, in seconds."""
    longest = [0.0]

    async def watch() -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.005)
            longest[0] = max(longest[0], time.perf_counter() - begun)

    task = asyncio.create_task(watch())
    await asyncio.sleep(0.01)
    try:
        yield longest
        await asyncio.sleep(0.01)
    finally:
        task.cancel()


async def test_a_pipe_without_a_writer_holds_up_nobody(pipe: Path) -> None:
    part = FilePart("file", pipe)

    async with standstill() as longest:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await anext(part.chunks())

    assert longest[0] < 0.2


async def test_a_pipe_whose_writer_stalls_holds_up_nobody_and_is_closed_when_it_goes_on(pipe: Path) -> None:
    part = FilePart("file", pipe)

    async def read_all() -> bytes:
        return b"".join([chunk async for chunk in part.chunks()])

    task = asyncio.create_task(read_all())
    writing = await asyncio.to_thread(os.open, pipe, os.O_WRONLY)
    try:
        os.write(writing, CONTENT)
        async with standstill() as longest:
            await asyncio.sleep(0.05)

            assert await left(task) < 0.2
        assert longest[0] < 0.2
        os.write(writing, CONTENT)  # which is read, and given to nobody
        async with asyncio.timeout(5):
            with pytest.raises(BrokenPipeError):
                while True:
                    os.write(writing, CONTENT)
                    await asyncio.sleep(0.002)
    finally:
        os.close(writing)
