"""Answers that are bytes: whole, in chunks, or saved."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from mistral_async.calls import DownloadCall
from mistral_async.errors import ConnectionLost, NotFoundError
from mistral_async.operation import Operation
from tests.fakes import FOREVER, ScriptedResponse, ScriptedWire, engine

CONTENT = Operation(method="GET", path="/v1/files/{file_id}/content", download=True, accept="application/octet-stream")


def content(wire: ScriptedWire) -> DownloadCall:
    return DownloadCall(engine(wire), CONTENT, "/v1/files/f/content")


async def test_a_download_is_awaited_whole_or_iterated_in_chunks() -> None:
    wire = ScriptedWire(b"content", ScriptedResponse(200, [b"con", b"tent"]))

    assert await content(wire) == b"content"
    assert [chunk async for chunk in content(wire)] == [b"con", b"tent"]
    assert wire.requests[0].headers["accept"] == "application/octet-stream"


async def test_a_download_that_is_left_closes() -> None:
    response = ScriptedResponse(200, [b"con", FOREVER])

    async with content(ScriptedWire(response)).stream() as chunks:
        assert await anext(chunks) == b"con"

    assert response.dropped


async def test_a_saved_download_is_there_when_it_is_complete(tmp_path: Path) -> None:
    saved = await content(ScriptedWire(ScriptedResponse(200, [b"con", b"tent"]))).save(str(tmp_path / "f"))

    assert saved == tmp_path / "f"
    assert saved.read_bytes() == b"content"


async def test_a_download_that_breaks_off_saves_nothing(tmp_path: Path) -> None:
    response = ScriptedResponse(200, [b"con", ConnectionLost("cut")])

    with pytest.raises(ConnectionLost):
        await content(ScriptedWire(response)).save(tmp_path / "f")

    assert (os.listdir(tmp_path), response.dropped) == ([], True)


async def test_a_cancelled_download_saves_nothing_and_drops_the_connection(tmp_path: Path) -> None:
    response = ScriptedResponse(200, [b"con", FOREVER])
    task = asyncio.create_task(content(ScriptedWire(response)).save(tmp_path / "f"))
    await asyncio.sleep(0)
    assert response.received

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (os.listdir(tmp_path), response.dropped) == ([], True)


async def test_a_refused_download_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        await content(ScriptedWire(404)).save(tmp_path / "f")

    assert os.listdir(tmp_path) == []


async def test_a_place_that_cannot_be_written_drops_the_connection(tmp_path: Path) -> None:
    response = ScriptedResponse(200, [b"con", FOREVER])

    with pytest.raises(FileNotFoundError):
        await content(ScriptedWire(response)).save(tmp_path / "nowhere" / "f")

    assert response.dropped
