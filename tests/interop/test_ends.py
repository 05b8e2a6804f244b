"""Servers that end while calls are on their way: politely, or without a word."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable

import pytest

from mistral_async import CircuitBreaker, CircuitOpenError, MistralClient, Retry
from mistral_async.models import UserMessage
from tests.interop.conftest import backend
from tests.interop.programs import h2o, haproxy, nginx
from tests.live.bench import Bench
from tests.live.checks import events, text_of, together
from tests.live.processes import Program

STREAMS, EVENTS, PACE = 20, 12, 0.1  # at once; of each; seconds between two
CALLERS = 40  # tasks that call, one call after another
AWAY = 0.4  # seconds from the end of a server to its new beginning

PATIENT = Retry(attempts=10, first_delay=0.05, max_delay=0.2, budget=None)


async def texts_of_one(client: MistralClient, live: asyncio.Semaphore) -> list[object]:
    """The texts of one stream. Tells when the first of them is there."""
    texts: list[object] = []
    async with events(client, "text", EVENTS, PACE) as stream:
        async for event in stream:
            texts.append(event.data.choices[0].delta.content)
            if len(texts) == 1:
                live.release()
    return texts


async def streams_through(client: MistralClient, happening: Callable[[], None]) -> None:
    """All streams are live when it happens, and all of them finish."""
    live = asyncio.Semaphore(0)
    async with asyncio.TaskGroup() as group:
        streams = [group.create_task(texts_of_one(client, live)) for _ in range(STREAMS)]
        for _ in range(STREAMS):
            await live.acquire()
        happening()
        done_too_soon = sum(stream.done() for stream in streams)

    assert done_too_soon == 0
    assert [stream.result() for stream in streams] == [[f"text {number}" for number in range(EVENTS)]] * STREAMS


async def test_20_live_streams_outlive_a_reload_of_nginx(bench: Bench) -> None:
    with bench.own(nginx, backend=backend(bench)) as way:
        async with way.client() as client:
            before = await client.models().raw()
            await streams_through(client, lambda: way.program.signal(signal.SIGHUP))
            after = await client.models().raw()

    assert (before.http_version, after.http_version) == ("2", "2")
    assert before.headers["x-worker"] != after.headers["x-worker"]


async def test_calls_go_on_while_nginx_is_reloaded_again_and_again(bench: Bench) -> None:
    with bench.own(nginx, backend=backend(bench)) as way:
        async with way.client(retry=PATIENT) as client:
            end = time.monotonic() + 1.5

            async def call_on() -> set[str]:
                workers: set[str] = set()
                while time.monotonic() < end:
                    answer = await client.models().options(headers={"x-delay": "0.01"}).raw()
                    workers.add(answer.headers["x-worker"])
                return workers

            async def reload() -> set[str]:
                for _ in range(4):
                    await asyncio.sleep(0.25)
                    way.program.signal(signal.SIGHUP)
                return set()

            workers = await together([*(call_on() for _ in range(CALLERS)), reload()])

    assert len(set[str]().union(*workers)) >= 4


@pytest.mark.parametrize(
    ("make", "farewell"),
    [(nginx, signal.SIGQUIT), (h2o, signal.SIGTERM), (haproxy, signal.SIGUSR1)],
    ids=["nginx", "h2o", "haproxy"],
)
async def test_20_live_streams_finish_though_the_server_shuts_down(
    make: Callable[..., Program], farewell: signal.Signals, bench: Bench
) -> None:
    with bench.own(make, backend=backend(bench)) as way:
        async with way.client() as client:
            await streams_through(client, lambda: way.program.signal(farewell))


async def test_calls_pass_over_connections_that_nginx_ends_after_1000_of_them(bench: Bench) -> None:
    way = bench.way(nginx, "2", backend=backend(bench))
    async with way.client(retry=Retry(first_delay=0.01)) as client:
        waiting = iter(range(2500))

        async def call_on() -> set[str]:
            connections: set[str] = set()
            for number in waiting:
                answer = await client.files[f"file-{number}"]().raw()
                assert answer.decode().id == f"file-{number}"
                connections.add(answer.headers["x-connection"])
            return connections

        connections = set[str]().union(*await together(call_on() for _ in range(50)))

    assert 3 <= len(connections) <= 6


async def test_every_call_ends_in_an_answer_though_nginx_is_killed_and_started_again(bench: Bench) -> None:
    breaker = CircuitBreaker(failure_threshold=0.1, time_window=1, bucket_size=0.1, reset_time=0.2)
    with bench.own(nginx, backend=backend(bench)) as way:
        async with way.client(retry=PATIENT, circuit_breaker=breaker) as client:
            answers, refusals = 0, 0
            over = False

            async def answered(number: int) -> object:
                """What a patient caller does: a call that meets an open circuit is made again when that may close."""
                nonlocal refusals
                while True:
                    asked = UserMessage(content=f"text {number}")
                    call = client.chat.completions.post(model="m", messages=[asked])
                    try:
                        return text_of(await call.options(headers={"x-delay": "0.02"}))
                    except CircuitOpenError as exc:
                        refusals += 1
                        await asyncio.sleep(exc.retry_after)

            async def call_on(caller: int) -> None:
                nonlocal answers
                number = caller
                while not over:
                    assert await answered(number) == f"text {number}"
                    answers += 1
                    number += CALLERS

            def state() -> str:
                return client.circuits[way.url].state

            async def kill_and_start_again() -> None:
                nonlocal over
                await asyncio.sleep(0.3)
                assert (state(), refusals) == ("closed", 0)
                way.program.kill()
                await asyncio.sleep(AWAY)
                assert state() != "closed"
                assert refusals > 0
                await asyncio.to_thread(way.program.start)
                before = answers
                async with asyncio.timeout(10):
                    while state() != "closed" or answers < before + 10 * CALLERS:
                        await asyncio.sleep(0.01)
                over = True

            await together([*(call_on(caller) for caller in range(CALLERS)), kill_and_start_again()])
