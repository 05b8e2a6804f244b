"""One client, several event loops, threads and processes."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

from mistral_async import MistralClient
from mistral_async.testing import LocalServer


@pytest.fixture
def elsewhere() -> Iterator[LocalServer]:
    """A server in a thread of its own, for tests that run loops themselves."""
    with LocalServer().run_in_thread() as server:
        yield server


async def count(client: MistralClient) -> int:
    return len((await client.models()).data)


def test_a_client_made_before_any_loop_serves_one_loop_after_another(elsewhere: LocalServer) -> None:
    client = MistralClient(api_key=elsewhere.api_key, base_url=elsewhere.url)

    counts = [asyncio.run(count(client)) for _ in range(3)]

    assert len(set(counts)) == 1
    assert elsewhere.connections.total == 3


def test_a_loop_that_ends_leaves_no_connection_open(elsewhere: LocalServer) -> None:
    client = MistralClient(api_key=elsewhere.api_key, base_url=elsewhere.url)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(count(client))
        gc.collect()

    for _ in range(100):
        if not elsewhere.connections.open:
            break
        threading.Event().wait(0.01)
    assert elsewhere.connections.open == 0


def test_loops_in_several_threads_share_a_client(elsewhere: LocalServer) -> None:
    client = MistralClient(api_key=elsewhere.api_key, base_url=elsewhere.url)
    counts: list[int] = []

    async def work() -> None:
        counts.append(sum(await asyncio.gather(*(count(client) for _ in range(5)))))

    threads = [threading.Thread(target=lambda: asyncio.run(work())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(counts) == 4
    assert len(set(counts)) == 1


def test_closing_reaches_the_connections_of_a_loop_that_runs_elsewhere(elsewhere: LocalServer) -> None:
    client = MistralClient(api_key=elsewhere.api_key, base_url=elsewhere.url)
    called, closed = threading.Event(), threading.Event()

    async def call_and_stay() -> None:
        await count(client)
        called.set()
        await asyncio.to_thread(closed.wait)

    thread = threading.Thread(target=lambda: asyncio.run(call_and_stay()))
    thread.start()
    called.wait()
    asyncio.run(client.aclose())
    for _ in range(100):
        if not elsewhere.connections.open:
            break
        threading.Event().wait(0.01)
    still_open = elsewhere.connections.open
    closed.set()
    thread.join()

    assert still_open == 0


def test_a_forked_process_opens_connections_of_its_own(elsewhere: LocalServer) -> None:
    program = """
import asyncio, os, sys
from mistral_async import MistralClient

client = MistralClient(api_key=sys.argv[1], base_url=sys.argv[2])

async def call():
    await client.models()

async def main():
    await call()
    child = os.fork()
    if child == 0:
        asyncio.run(call())
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    await call()
    sys.exit(os.waitstatus_to_exitcode(status))

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, elsewhere.api_key, elsewhere.url],
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert (done.returncode, done.stderr) == (0, "")
    before, of_the_child, after = (request.connection for request in elsewhere.requests)
    assert before == after != of_the_child


async def test_a_closed_client_refuses_calls_until_it_is_opened_anew() -> None:
    async with LocalServer() as server:
        client = server.client()
        await count(client)
        await client.aclose()
        await client.aclose()

        with pytest.raises(RuntimeError, match="the client is closed"):
            await client.models()
        async with client:
            assert await count(client)


async def test_a_client_may_be_closed_twice_at_once() -> None:
    async with LocalServer() as server:
        client = server.client()
        await count(client)

        await asyncio.gather(client.aclose(), client.aclose())

        assert server.connections.open == 0


async def test_calls_under_way_end_when_the_client_is_closed() -> None:
    async with LocalServer() as server:
        server.hold_next(5)
        client = server.client()
        task = asyncio.create_task(client.models())
        while not server.requests:
            await asyncio.sleep(0)

        await client.aclose()

        with pytest.raises(Exception, match="closed") as caught:
            await asyncio.wait_for(task, 1)
        assert not isinstance(caught.value, TimeoutError)


async def test_five_hundred_calls_at_once_are_all_answered() -> None:
    async with LocalServer() as server, server.client() as client:
        replies = await asyncio.gather(
            *(
                client.chat.completions.post(
                    model="mistral-small-latest", messages=[{"role": "user", "content": f"Say {number}"}]
                )
                for number in range(500)
            )
        )

    assert all(f"{number}" in str(reply.choices[0].message.content) for number, reply in enumerate(replies))
