"""The connector's settings for calls, and what each does on the wire.

The names are those of the connector's table: auth, timeout, retryConfig, circuitBreaker, compression, validation.
"""

from __future__ import annotations

import asyncio
import gzip

import pytest

from mistral_async import (
    CircuitBreaker,
    CircuitOpenError,
    RequestValidationError,
    Retried,
    Retry,
    ServerError,
    Timeout,
    TimeoutError,
)
from tests.wire.recorder import MODELS, asked, recorder

# auth


async def test_auth_is_a_bearer_token() -> None:
    async with recorder() as server, asked(server) as client:
        await client.models()

    assert server.seen[0].headers["authorization"] == "Bearer key-of-the-test"


async def test_auth_by_a_function_is_asked_for_before_each_attempt() -> None:
    keys = iter(["first", "second"])

    async def key() -> str:
        return next(keys)

    async with recorder() as server, asked(server, api_key=key, retry=Retry(first_delay=0.001)) as client:
        server.statuses = [503]
        await client.models()

    assert [seen.headers["authorization"] for seen in server.seen] == ["Bearer first", "Bearer second"]


# timeout


async def test_timeout_ends_the_wait_for_a_silent_server_which_sees_it() -> None:
    async with recorder() as server, asked(server, timeout=0.1, retry=None) as client:
        server.hold = 30
        with pytest.raises(TimeoutError, match="no byte from") as caught:
            await client.models()
        async with asyncio.timeout(5):
            while not server.left:
                await asyncio.sleep(0.005)

    assert caught.value.limit == "read"


async def test_timeout_total_covers_attempts_and_waits() -> None:
    async with (
        recorder() as server,
        asked(server, timeout=Timeout(total=0.3), retry=Retry(attempts=9, first_delay=0.001)) as client,
    ):
        server.statuses, server.hold = [503] * 9, 0.1
        with pytest.raises((TimeoutError, ServerError)) as caught:
            await client.models()

    assert 1 < caught.value.attempts < 9
    assert len(server.seen) == caught.value.attempts


# retryConfig


async def test_retry_config_says_how_often_how_soon_and_after_what() -> None:
    told: list[Retried] = []
    retry = Retry(attempts=4, first_delay=0.02, factor=2, max_delay=0.03, statuses=frozenset({500, 418}))
    async with recorder() as server, asked(server, retry=retry, on_retry=told.append) as client:
        server.statuses = [500, 418, 500]
        raw = await client.models().raw()
        server.statuses = [503]
        with pytest.raises(ServerError):
            await client.models()

    assert (raw.attempts, len(server.seen)) == (4, 5)
    assert [each.status for each in told] == [500, 418, 500]
    assert all(each.delay <= bound for each, bound in zip(told, (0.02, 0.03, 0.03), strict=True))


async def test_without_a_retry_config_everything_is_sent_once() -> None:
    async with recorder() as server, asked(server, retry=None) as client:
        server.statuses = [503]
        with pytest.raises(ServerError):
            await client.models()

    assert len(server.seen) == 1


# circuitBreaker


async def test_circuit_breaker_keeps_requests_from_a_server_that_fails_until_it_answers_again() -> None:
    breaker = CircuitBreaker(request_volume_threshold=4, failure_threshold=0.5, reset_time=0.1)
    async with recorder() as server, asked(server, retry=None, circuit_breaker=breaker) as client:
        server.statuses = [500] * 4
        for _ in range(4):
            with pytest.raises(ServerError):
                await client.models()
        with pytest.raises(CircuitOpenError) as caught:
            await client.models()
        (circuit,) = client.circuits.values()
        assert (circuit.state, circuit.failures, circuit.requests, len(server.seen)) == ("open", 4, 4, 4)
        await asyncio.sleep(caught.value.retry_after + 0.01)
        await client.models()
        (circuit,) = client.circuits.values()

    assert (circuit.state, len(server.seen)) == ("closed", 5)


# compression


@pytest.mark.parametrize(("compression", "offered"), [("auto", "gzip"), ("always", "gzip"), ("never", "identity")])
async def test_compression_says_what_is_offered(compression: str, offered: str) -> None:
    async with recorder() as server, asked(server, compression=compression) as client:
        await client.models()

    assert server.seen[0].headers["accept-encoding"].startswith(offered)


@pytest.mark.parametrize(("compression", "offered"), [("auto", "identity"), ("always", "gzip"), ("never", "identity")])
async def test_compression_of_what_is_read_as_it_comes_is_offered_only_always(compression: str, offered: str) -> None:
    async with recorder() as server, asked(server, compression=compression) as client:
        async for _ in client.files["f"].content():
            pass

    assert server.seen[0].headers["accept-encoding"].startswith(offered)


async def test_what_came_compressed_is_read_like_anything_else_and_requests_never_are() -> None:
    async with recorder() as server, asked(server, compression="always") as client:
        server.body, server.headers = gzip.compress(MODELS), {"content-encoding": "gzip"}
        answer = await client.models()
        await client.embeddings.post(model="m", input=["a" * 10_000])

    assert answer.data == []
    assert "content-encoding" not in server.seen[1].headers
    assert b"a" * 10_000 in server.seen[1].body


# validation


async def test_validation_keeps_a_wrong_request_from_the_wire_unless_it_is_off() -> None:
    async with recorder() as server:
        async with asked(server) as client:
            with pytest.raises(RequestValidationError):
                await client.files(page="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        assert server.seen == []
        async with asked(server, validation=False) as client:
            await client.files(page="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert server.seen[0].target == "/v1/files?page=x"
