"""Many calls against a server that fails every so often: whatever was opened must be gone in the end.

``python -m tests.soak.run --calls 100000`` makes half of the calls over HTTP/1.1 and half over HTTP/2: awaited,
streamed to the end, left by ``break``, cancelled at some moment. It ends with 1 where there are more open files, tasks
or tracked objects afterwards than before, or where a call ended in anything but an answer or the cancellation.
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
SETTLING = 1.0  # seconds for connections that were given up to end
# Objects that may be more afterwards. The interpreter itself (caches of types, free lists that the collector counts)
# sways by some dozens; a leak of one object in a hundred calls would show as a thousand.
SWAY = 200

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


async def soak(url: str, version: Version, calls: int, *, seed: int = 1) -> bool:
    """Whether as much was open after the calls as before. Raises what a call raised."""
    retry = Retry(attempts=8, first_delay=0.002, budget=None, read_timeouts=True)
    chance = random.Random(seed)
    ways: Counter[str] = Counter()
    async with MistralClient(
        api_key="k", base_url=url, http_version=version, retry=retry, timeout=Timeout(read=0.5, total=30)
    ) as client:

        async def spend(numbers: range) -> None:
            left = iter(numbers)

            async def work() -> None:
                for number in left:  # shared by all workers: each takes the next number
                    try:
                        ways[await one_call(client, number, chance)] += 1
                    except Exception as exc:
                        exc.add_note(f"call {number} over HTTP/{version}")
                        raise

            async with asyncio.TaskGroup() as workers:
                for _ in range(AT_A_TIME):
                    workers.create_task(work())
            await asyncio.sleep(SETTLING)

        await spend(range(1, WARM_UP))
        before, start = Held(), time.perf_counter()
        await spend(range(1, calls + 1))
        after, seconds = Held(), time.perf_counter() - start

    good = after.files <= before.files and after.tasks <= before.tasks and after.objects <= before.objects + SWAY
    ended = ", ".join(f"{count} {way}" for way, count in sorted(ways.items()))
    print(f"HTTP/{version}: {calls} calls in {seconds:.0f} s ({ended})")
    print(f"  before: {before}\n  after:  {after}")
    if not good:
        more = (after.kinds - before.kinds).most_common(12)
        print("  more:   " + ", ".join(f"{count} {kind}" for kind, count in more))
    return good


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000, help="in all, over both versions of HTTP")
    calls = parser.parse_args().calls
    with other_side() as url:
        good = [await soak(url, version, calls // 2) for version in ("1.1", "2")]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
