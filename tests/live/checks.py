"""What must hold with every server, however it is reached."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import time
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any, TypeVar

from mistral_async import MistralClient, Timeout
from mistral_async.models import ChatCompletionResponse, CompletionEvent, UserMessage
from mistral_async.streams import EventStream
from tests.live.content import blocks, digest

T = TypeVar("T")

LARGE, MIDDLING = 50 * 1024 * 1024, 4 * 1024 * 1024  # bytes
EVENTS, PACE = 12, 0.1  # of a slow stream: how many, and the seconds between two


async def many_small_calls(client: MistralClient, version: str) -> None:
    """500 at once, each of which gets its own answer, by the version of HTTP that is expected."""

    async def get(number: int) -> str:
        raw = await client.files[f"file-{number}"]().raw()
        assert raw.decode().id == f"file-{number}"
        return raw.http_version

    async def post(number: int) -> str:
        raw = await client.chat.completions.post(model="m", messages=[UserMessage(content=f"text {number}")]).raw()
        assert text_of(raw.decode()) == f"text {number}"
        return raw.http_version

    versions = await together(call(number) for number in range(250) for call in (get, post))

    assert versions == [version] * 500


async def large_upload_and_download(client: MistralClient, version: str) -> None:
    """50 MB each way, whose digest the other side has found too."""
    content = b"".join(blocks(LARGE))
    raw = await client.files.post(file=("large.bin", content)).raw()
    uploaded = raw.decode()
    assert (uploaded.bytes, uploaded.signature, raw.http_version) == (LARGE, digest(LARGE), version)

    downloaded = hashlib.sha256()
    async for chunk in client.files[str(LARGE)].content():
        downloaded.update(chunk)
    assert downloaded.hexdigest() == digest(LARGE)


async def upload_of_unknown_length(client: MistralClient) -> None:
    """Whose end nobody knows before it is there."""

    async def content() -> AsyncIterator[bytes]:
        for block in blocks(MIDDLING):
            yield block

    uploaded = await client.files.post(file=("middling.bin", content()))

    assert (uploaded.bytes, uploaded.signature) == (MIDDLING, digest(MIDDLING))


async def slow_streams(client: MistralClient) -> None:
    """Five at once, each longer than the time limit between two bytes: events come as they are made, none is lost."""

    async def read(number: int) -> list[float]:
        arrivals: list[float] = []
        async with events(client, f"text {number}", EVENTS, PACE, timeout=Timeout(read=EVENTS * PACE / 2)) as stream:
            async for event in stream:
                assert event.data.choices[0].delta.content == f"text {number} {len(arrivals)}"
                arrivals.append(time.monotonic())
        return arrivals

    for arrivals in await together(read(number) for number in range(5)):
        assert len(arrivals) == EVENTS
        assert arrivals[-1] - arrivals[0] > PACE * (EVENTS - 1) * 0.8, "the events were held back on their way"


async def slow_reader_beside_fast_ones(client: MistralClient) -> None:
    """A large download that nobody reads for a while holds nobody up, and is whole when it is read after all."""
    content = hashlib.sha256()
    async with client.files[str(LARGE)].content().stream() as chunks:
        content.update(await anext(chunks))
        async with asyncio.timeout(10):
            for number in (1, 2, 3):
                assert len(await client.files[str(MIDDLING + number)].content()) == MIDDLING + number
            await together(_kind(client, number, delay=0) for number in range(40))
        async for chunk in chunks:
            content.update(chunk)
    assert content.hexdigest() == digest(LARGE)


async def half_of_them_cancelled(client: MistralClient, *, seed: int = 3) -> None:
    """200 calls of four kinds. 100 are cancelled at random moments: the others, and what comes after, do not notice."""
    draw = random.Random(seed)
    cancelled = set(draw.sample(range(200), 100))

    async def cancelled_at(moment: float, call: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(call)
        await asyncio.sleep(moment)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task  # which may have ended before: then it must have ended well

    def call(number: int) -> Coroutine[Any, Any, None]:
        one = _kind(client, number, delay=draw.uniform(0, 0.3))
        return cancelled_at(draw.uniform(0, 0.4), one) if number in cancelled else one

    await together(call(number) for number in range(200))

    for number in range(4):
        await _kind(client, number, delay=0)


def events(
    client: MistralClient, text: str, count: int, pace: float, *, timeout: Timeout | None = None
) -> EventStream[CompletionEvent]:
    """A stream of ``count`` events, one every ``pace`` seconds."""
    call = client.chat.completions.post(model="m", messages=[UserMessage(content=text)], max_tokens=count)
    return call.options(headers={"x-pace": str(pace)}, timeout=timeout or Timeout()).stream()


async def together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What all of them give, at once; the first to fail ends the others."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(call) for call in calls]
    return [task.result() for task in tasks]


def text_of(completion: ChatCompletionResponse) -> object:
    message = completion.choices[0].message
    return message.content if message else None


async def _kind(client: MistralClient, number: int, *, delay: float) -> None:
    """One of four kinds of call, and that it is answered right."""
    late = {"x-delay": str(delay)}
    if number % 4 == 0:
        file = await client.files[str(number)]().options(headers=late)
        assert file.id == str(number)
    elif number % 4 == 1:
        call = client.chat.completions.post(model="m", messages=[UserMessage(content=f"text {number}")])
        assert text_of(await call.options(headers=late)) == f"text {number}"
    elif number % 4 == 2:
        async with events(client, f"text {number}", 4, delay / 4) as stream:
            seen = [event.data.choices[0].delta.content async for event in stream]
        assert seen == [f"text {number} {at}" for at in range(4)]
    else:
        size = 300_000 + number
        content = await client.files[str(size)].content().options(headers=late)
        assert hashlib.sha256(content).hexdigest() == digest(size)
