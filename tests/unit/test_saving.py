"""A file appears when it is complete, or not at all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mistral_async.saving import WRITE_SIZE, save


async def chunks(*steps: bytes | Exception) -> AsyncIterator[bytes]:
    for step in steps:
        if isinstance(step, Exception):
            raise step
        yield step


async def test_the_chunks_become_the_file(tmp_path: Path) -> None:
    path = tmp_path / "result.jsonl"

    saved = await save(chunks(b"one\n", b"", b"two\n"), path)

    assert saved == path
    assert path.read_bytes() == b"one\ntwo\n"
    assert os.listdir(tmp_path) == ["result.jsonl"]


async def test_more_than_fits_into_one_write_is_written_in_order(tmp_path: Path) -> None:
    pieces = [bytes([i % 256]) * 100_000 for i in range(25)]  # 2.5 MB: not a multiple of what is gathered
    assert sum(map(len, pieces)) > 2 * WRITE_SIZE

    await save(chunks(*pieces), tmp_path / "large")

    assert (tmp_path / "large").read_bytes() == b"".join(pieces)


async def test_an_empty_answer_becomes_an_empty_file(tmp_path: Path) -> None:
    await save(chunks(), tmp_path / "empty")

    assert (tmp_path / "empty").read_bytes() == b""


async def test_a_file_that_was_there_is_replaced_at_the_end_only(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    seen: list[bytes] = []

    async def watching() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * WRITE_SIZE
            seen.append(path.read_bytes())

    await save(watching(), path)

    assert seen == [b"old"] * 3
    assert path.read_bytes() == b"x" * WRITE_SIZE * 3


async def test_a_file_gets_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()

    saved = await save(chunks(b"x"), tmp_path / "saved")

    assert saved.stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("before", [b"", b"x", b"x" * WRITE_SIZE * 2])
async def test_a_failure_leaves_nothing_behind(before: bytes, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match="cut"):
        await save(chunks(before, ConnectionError("cut")), tmp_path / "file")

    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
async def test_a_save_that_is_cancelled_as_it_begins_leaves_nothing_behind(turns: int, tmp_path: Path) -> None:
    task = asyncio.create_task(save(chunks(b"x" * WRITE_SIZE), tmp_path / "file"))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.get_running_loop().shutdown_default_executor()  # what a thread was still at is done

    assert os.listdir(tmp_path) == []


async def test_a_save_that_is_cancelled_while_it_writes_leaves_nothing_behind(tmp_path: Path) -> None:
    writing = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"x" * WRITE_SIZE
        writing.set()
        while True:
            yield b"x" * WRITE_SIZE

    task = asyncio.create_task(save(endless(), tmp_path / "file"))
    await writing.wait()
    begun = os.listdir(tmp_path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.get_running_loop().shutdown_default_executor()

    assert len(begun) == 1
    assert os.listdir(tmp_path) == []


async def test_a_place_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await save(chunks(b"x"), tmp_path / "nowhere" / "file")


async def test_a_place_that_is_a_directory_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()

    with pytest.raises(IsADirectoryError):
        await save(chunks(b"x"), tmp_path / "place")

    assert os.listdir(tmp_path) == ["place"]


async def test_a_name_may_be_as_long_as_the_system_allows(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)

    await save(chunks(b"x"), path)

    assert os.listdir(tmp_path) == [path.name]


async def test_a_full_disk_is_an_error_and_no_short_file(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # as a disk of which 1,000 bytes are left
    try:
        with pytest.raises(OSError, match="too large"):
            await save(chunks(b"x" * 1500), tmp_path / "file")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)

    assert os.listdir(tmp_path) == []
