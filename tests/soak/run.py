"""Many calls against a server that fails every so often: whatever was opened must be gone in the end.

``python -m tests.soak.run --calls 100000`` makes half of the calls over HTTP/1.1 and half over HTTP/2: awaited,
streamed to the end, left by ``break``, cancelled at some moment. It ends with 1 where there are more open files, tasks
or tracked objects afterwards than before, where a client that goes on holds more and more, or where a call ended in
anything but an answer, a stream that broke off after its first event, or the cancellation.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

from mistral_async import MistralClient, Retry, StreamError, Timeout

AT_A_TIME = 64
WARM_UP = 2_000  # calls before the first count: caches fill, decoders are built
SETTLING = 0.5  # seconds for connections that were given up to end
# Objects that may be more afterwards. The interpreter itself (caches of types, free lists that the collector counts)
# sways by some dozens; a leak of one object in a hundred calls would show as a thousand.
SWAY = 200
LIVE_SWAY = 1500  # of a client at work: as many connections as there were callers, or fewer

Version = Literal["1.1", "2"]


class Held:
    """What is open: files, tasks and objects that the collector tracks."""

    def __init__(self) -> None:
        for _ in range(3):
            gc.collect()
        self.files = len(os.listdir("/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"))
        self.tasks = len(asyncio.all_tasks())
        tracked: list[object] = gc.get_objects()
        self.objects = len(tracked)
        self.kinds = Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in tracked)

    def __str__(self) -> str:
        return f"{self.files} files, {self.tasks} tasks, {self.objects} objects"


@contextmanager
def other_side() -> Generator[str, None, None]:
    """The server, in a process of its own; its URL."""
    command = (sys.executable, "-m", "tests.soak.server")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


async def one_call(client: MistralClient, number: int, chance: random.Random) -> str:
    """Make a call in one of the ways that there are; how it ended."""
    call = client.chat.completions.post(model="m", messages=[{"role": "user", "content": "Which city?"}])
    if number % 50 == 0:
        task = asyncio.create_task(call)
        await asyncio.sleep(chance.random() * 0.004)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return "cancelled"
        return "answered"
    if number % 10:
        reply = await call
        assert reply.choices[0].message.content == "Paris."
        return "answered"
    seen = 0
    try:
        async for _ in call:
            seen += 1
            if number % 20 == 0:
                return "left"
    except StreamError:
        return "broken off"  # after its first event, a stream is not asked for again
    assert seen == 3
    return "streamed"


async def spend(client: MistralClient, calls: int, chance: random.Random) -> Counter[str]:
    """Make the calls; how they ended. Raises what a call raised."""
    ways: Counter[str] = Counter()
    left = iter(range(1, calls + 1))

    async def work() -> None:
        for number in left:  # shared by all workers: each takes the next number
            try:
                ways[await one_call(client, number, chance)] += 1
            except Exception as exc:
                exc.add_note(f"call {number}")
                raise

    async with asyncio.TaskGroup() as workers:
        for _ in range(AT_A_TIME):
            workers.create_task(work())
    await asyncio.sleep(SETTLING)
    return ways


async def soak(url: str, version: Version, calls: int, *, seed: int = 1) -> bool:
    """Whether as much was open after the calls as before. Raises what a call raised."""
    chance = random.Random(seed)
    async with client_of(url, version) as client:
        await spend(client, WARM_UP, chance)
    before = Held()
    async with client_of(url, version) as client:
        await spend(client, WARM_UP, chance)
        early, start = Held(), time.perf_counter()
        ways = await spend(client, calls, chance)
        late, seconds = Held(), time.perf_counter() - start
    await asyncio.sleep(SETTLING)
    after = Held()

    closed = after.files <= before.files and after.tasks <= before.tasks and after.objects <= before.objects + SWAY
    steady = late.tasks <= early.tasks and late.objects <= early.objects + LIVE_SWAY
    print(f"HTTP/{version}: {calls} calls in {seconds:.0f} s (", end="")
    print(", ".join(f"{count} {way}" for way, count in sorted(ways.items())), end=")\n")
    print(f"  the client, early: {early}\n              late:  {late}")
    print(f"  without,   before: {before}\n              after: {after}")
    for good, less, more in ((closed, before, after), (steady, early, late)):
        if not good:
            kinds = (more.kinds - less.kinds).most_common(12)
            print("  more: " + ", ".join(f"{count} {kind}" for kind, count in kinds))
    return closed and steady


def client_of(url: str, version: Version) -> MistralClient:
    retry = Retry(attempts=8, first_delay=0.002, budget=None, read_timeouts=True)
    timeout = Timeout(read=0.5, total=30)
    return MistralClient(api_key="k", base_url=url, http_version=version, retry=retry, timeout=timeout)


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000, help="in all, over both versions of HTTP")
    calls = parser.parse_args().calls
    with other_side() as url:
        good = [await soak(url, version, calls // 2) for version in ("1.1", "2")]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
