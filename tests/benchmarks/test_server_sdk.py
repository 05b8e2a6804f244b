"""The benchmark server, asked by this SDK with answers that must fit the specification."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any, Literal

import pytest
import pytest_asyncio

from mistral_async import TLS, MistralClient, NotFoundError, Timeout
from tests.benchmarks.serving import Served

MESSAGES: list[Any] = [{"role": "user", "content": "Well?"}]


@pytest_asyncio.fixture(params=["1.1", "2", "1.1 tls", "2 tls"])
async def client(request: pytest.FixtureRequest, server: Served) -> AsyncGenerator[MistralClient, None]:
    version: Literal["1.1", "2"] = "2" if request.param.startswith("2") else "1.1"
    secure = request.param.endswith("tls")
    async with MistralClient(
        api_key="key",
        base_url=server.url(tls=secure),
        http_version=version,
        strict_responses=True,
        tls=TLS(ca=server.authority) if secure else None,
        timeout=Timeout(total=60),
    ) as made:
        yield made


async def test_a_small_completion_fits_the_specification(client: MistralClient) -> None:
    for _ in range(3):
        reply = await client.chat.completions.post(model="small", messages=MESSAGES)
        assert "Paris" in str(reply.choices[0].message.content)


async def test_many_small_completions_at_a_time_all_have_an_id_of_their_own(client: MistralClient) -> None:
    async def one() -> str:
        raw = await client.chat.completions.post(model="small", messages=MESSAGES).raw()
        assert 400 < len(raw.body) < 600
        return raw.headers["mistral-correlation-id"]

    ids = await asyncio.gather(*(one() for _ in range(200)))

    assert len(set(ids)) == 200


async def test_a_bulk_stream_has_500_events(client: MistralClient) -> None:
    events = [event async for event in client.chat.completions.post(model="bulk", messages=MESSAGES)]

    assert len(events) == 500
    assert events[-1].data.usage is not None


async def test_a_live_stream_has_100_events_in_2_seconds(client: MistralClient) -> None:
    begun = time.monotonic()
    events = [event async for event in client.chat.completions.post(model="live", messages=MESSAGES)]

    assert len(events) == 100
    assert 1.9 < time.monotonic() - begun < 4


async def test_embeddings_are_64_vectors_of_1024_floats(client: MistralClient) -> None:
    reply = await client.embeddings.post(model="any", input=["text"] * 64)

    assert [len(each.embedding or ()) for each in reply.data] == [1024] * 64


async def test_the_list_has_1000_models_of_both_kinds(client: MistralClient) -> None:
    reply = await client.models()

    assert len(reply.data or ()) == 1000
    assert {card.type for card in reply.data or ()} == {"base", "fine-tuned"}


@pytest.mark.parametrize("size", [0, 1, 5000, 8192, 16384, 3_000_001])
async def test_an_upload_is_counted(client: MistralClient, size: int) -> None:
    file = await client.files.post(file=("a.jsonl", b"\r\n-" * (size // 3) + b"x" * (size % 3)), purpose="batch")

    assert file.bytes == size


async def test_a_download_has_200_mb(client: MistralClient) -> None:
    size = 0
    async for chunk in client.files["any"].content():
        size += len(chunk)

    assert size == 200 * 1024 * 1024


async def test_an_upload_and_a_download_do_not_keep_small_calls_waiting(client: MistralClient) -> None:
    async def download() -> int:
        return sum([len(chunk) async for chunk in client.files["any"].content()])

    async with asyncio.TaskGroup() as group:
        down = group.create_task(download())
        up = group.create_task(client.files.post(file=("a.jsonl", bytes(20_000_000)), purpose="batch"))
        small = [group.create_task(client.chat.completions.post(model="small", messages=MESSAGES)) for _ in range(100)]

    assert down.result() == 200 * 1024 * 1024
    assert up.result().bytes == 20_000_000
    assert len(small) == 100


async def test_anything_else_is_not_there(client: MistralClient) -> None:
    with pytest.raises(NotFoundError):
        await client.chat.completions.post(model="large", messages=MESSAGES)
    with pytest.raises(NotFoundError):
        await client.files()


async def test_1000_calls_are_held_at_once_and_counted(
    client: MistralClient, server: Served, request: pytest.FixtureRequest
) -> None:
    # A connection with TLS for each of 1,000 calls takes longer to open than the first of them are held.
    number = 100 if "1.1 tls" in request.node.name else 1000
    server.stats()
    before = server.stats()
    assert before["held"] == 0

    begun = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for _ in range(number):
            group.create_task(client.chat.completions.post(model="held", messages=MESSAGES))
    lasted = time.monotonic() - begun

    after = server.stats()
    assert after["held"] == number
    assert after["requests"] - before["requests"] == number
    assert after["cpu"] > before["cpu"]
    assert lasted >= 2


async def test_calls_that_are_given_up_are_not_held_any_longer(client: MistralClient, server: Served) -> None:
    server.stats()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.chat.completions.post(model="held", messages=MESSAGES), 0.5)
    await asyncio.sleep(0.3)  # until the server has heard of it
    assert server.stats()["held"] == 1

    assert server.stats()["held"] == 0
