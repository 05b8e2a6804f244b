"""The server of the reference implementation. It serves files, or sends back what it is sent."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mistral_async import MistralClient
from mistral_async.models import UserMessage
from tests.interop.programs import nghttpd
from tests.interop.relay import relay
from tests.live.app import CHUNK
from tests.live.bench import Bench, Way
from tests.live.checks import LARGE, together
from tests.live.content import blocks, digest

FILES = 50
EVENTS = 12
LENGTH = 20_000  # bytes of an event: more than a frame, since a frame comes whole or not at all


@pytest.fixture(scope="session")
def root(bench: Bench) -> Path:
    """Files whose paths are those of the API."""
    made = bench.home / "root"
    files = made / "v1" / "files"
    (files / "large").mkdir(parents=True)
    with (files / "large" / "content").open("wb") as large:
        large.writelines(blocks(LARGE))
    for number in range(FILES):
        fields = {"object": "file", "bytes": 0, "created_at": 0, "filename": "", "purpose": "batch"}
        more = {"sample_type": "batch_request", "source": "upload", "deleted": False, "id": f"file-{number}"}
        (files / f"file-{number}").write_text(json.dumps({**fields, **more}))
    (made / "v1" / "chat").mkdir()
    (made / "v1" / "chat" / "completions").write_text("".join(_events()))
    return made


def _events() -> Iterator[str]:
    for number in range(EVENTS):
        delta = {"index": 0, "delta": {"content": str(number) + "." * LENGTH}, "finish_reason": None}
        yield f"data: {json.dumps({**CHUNK, 'choices': [delta]})}\n\n"
    yield "data: [DONE]\n\n"


@pytest.fixture(scope="session", params=["secure", "in the clear"])
def way(request: pytest.FixtureRequest, bench: Bench, root: Path) -> Way:
    if request.param == "secure":
        return bench.way(nghttpd, "2", root=root)
    return bench.way(nghttpd, "2", clear=True, asked="2", root=root)


async def file_arrives(client: MistralClient, number: int) -> None:
    raw = await client.files[f"file-{number % FILES}"]().raw()
    assert (raw.decode().id, raw.http_version) == (f"file-{number % FILES}", "2")


async def test_500_calls_at_once_are_answered_right(client: MistralClient) -> None:
    await together(file_arrives(client, number) for number in range(500))


async def test_a_large_file_arrives_whole(client: MistralClient) -> None:
    content = hashlib.sha256()
    async for chunk in client.files["large"].content():
        content.update(chunk)
    assert content.hexdigest() == digest(LARGE)


async def test_a_large_upload_comes_back_whole(bench: Bench, root: Path) -> None:
    async with bench.way(nghttpd, "2", name="nghttpd-echo", root=root, echo=True).client() as client:
        raw = await client.files.post(file=("large.bin", b"".join(blocks(LARGE)))).raw()

    start = raw.body.index(b"\r\n\r\n", raw.body.index(b'name="file"')) + 4
    assert hashlib.sha256(memoryview(raw.body)[start : start + LARGE]).hexdigest() == digest(LARGE)
    assert (raw.http_version, raw.body[start + LARGE :][:4]) == ("2", b"\r\n--")


async def test_a_slow_stream_comes_event_by_event(way: Way) -> None:
    async with relay(way.program.port.number, rate=EVENTS * LENGTH) as port, way.client(port=port) as client:
        arrivals: list[float] = []
        async for event in client.chat.completions.post(model="m", messages=[UserMessage(content="go on")]):
            content = event.data.choices[0].delta.content
            assert content == str(len(arrivals)) + "." * LENGTH
            arrivals.append(time.monotonic())

    assert len(arrivals) == EVENTS
    assert arrivals[-1] - arrivals[0] > 0.6


async def test_half_of_200_calls_are_cancelled_and_the_other_half_is_right(way: Way) -> None:
    draw = random.Random(4)
    cancelled = set(draw.sample(range(200), 100))

    async with relay(way.program.port.number, rate=4_000_000) as port, way.client(port=port) as client:

        async def call(number: int) -> None:
            await asyncio.sleep(draw.uniform(0, 0.2))
            if number not in cancelled:
                await file_arrives(client, number)
                return
            task = asyncio.ensure_future(client.files["large"].content())  # more than the road carries in time
            await asyncio.sleep(draw.uniform(0, 0.2))
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        await together(call(number) for number in range(200))
        await file_arrives(client, 0)
