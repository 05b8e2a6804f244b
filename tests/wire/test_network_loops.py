"""One thing for each loop, whoever asks and whoever closes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from mistral_async.wire.loops import PerLoop


class Thing:
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.closed = 0

    async def aclose(self) -> None:
        assert asyncio.get_running_loop() is self.loop
        await asyncio.sleep(0)
        self.closed += 1


async def test_a_loop_gets_one_thing_until_it_is_closed() -> None:
    things = PerLoop(Thing)

    first, again = await asyncio.gather(things.get(), things.get())
    await asyncio.gather(things.aclose(), things.aclose())
    after = await things.get()
    await things.aclose()

    assert first is again is not after
    assert (first.closed, after.closed) == (1, 1)


def test_a_loop_that_ends_closes_its_thing() -> None:
    things = PerLoop(Thing)

    made = [asyncio.run(things.get()) for _ in range(3)]

    assert [thing.closed for thing in made] == [1, 1, 1]
    assert len(set(map(id, made))) == 3


async def test_a_loop_that_goes_on_after_its_generators_were_closed_gets_another() -> None:
    things = PerLoop(Thing)
    first = await things.get()
    await asyncio.get_running_loop().shutdown_asyncgens()

    with pytest.warns(ResourceWarning, match="after loop.shutdown_asyncgens"):
        second = await things.get()
    await things.aclose()

    assert first is not second
    assert (first.closed, second.closed) == (1, 1)


def test_closing_reaches_a_loop_of_another_thread() -> None:
    things, made = PerLoop(Thing), list[Thing]()
    opened, done = threading.Event(), threading.Event()

    async def open_and_stay() -> None:
        made.append(await things.get())
        opened.set()
        await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=asyncio.run, args=(open_and_stay(),))
    thread.start()
    opened.wait()
    asyncio.run(things.aclose())
    closed = made[0].closed
    done.set()
    thread.join()

    assert (closed, made[0].closed) == (1, 1)


def test_a_loop_that_ends_while_another_closes_its_thing_holds_up_nobody() -> None:
    things, made = PerLoop(Thing), list[Thing]()
    opened, ending = threading.Event(), threading.Event()

    async def open_and_block() -> None:
        made.append(await things.get())
        opened.set()
        ending.wait(5)  # the loop runs nothing meanwhile
        asyncio.get_running_loop().call_later(0.01, ending.set)

    async def close() -> None:
        closing = asyncio.create_task(things.aclose())
        await asyncio.sleep(0)
        ending.set()
        await asyncio.wait_for(closing, 5)

    thread = threading.Thread(target=asyncio.run, args=(open_and_block(),))
    thread.start()
    opened.wait()
    asyncio.run(close())
    thread.join()

    assert made[0].closed == 1


def test_threads_that_open_at_once_get_one_each() -> None:
    things, made = PerLoop(Thing), list[Thing]()
    start = threading.Barrier(8)

    def run() -> None:
        start.wait()
        made.append(asyncio.run(things.get()))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(map(id, made))) == 8
    assert all(thing.closed == 1 for thing in made)


def test_a_forked_process_neither_uses_nor_closes_what_its_parent_opened() -> None:
    program = """
import asyncio, os, sys
from mistral_async.wire.loops import PerLoop

class Thing:
    closed = 0
    async def aclose(self):
        self.closed += 1

things = PerLoop(Thing)

async def child(inherited):
    own = await things.get()
    await asyncio.wait_for(things.aclose(), 5)  # the parent's loop seems to run, and never answers
    assert (own is not inherited, own.closed, inherited.closed) == (True, 1, 0)

async def main():
    mine = await things.get()
    pid = os.fork()
    if pid == 0:
        asyncio.run(child(mine))
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    assert await things.get() is mine
    await things.aclose()
    sys.exit(os.waitstatus_to_exitcode(status))

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=30)

    assert (done.returncode, done.stderr) == (0, "")
