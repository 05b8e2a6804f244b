"""Have a contender do a work, and look at each thing that comes back: nobody is fast by failing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders.contender import Contender, Encoding

BULK_EVENTS, LIVE_EVENTS = 500, 100
VECTORS, DIMENSIONS = 64, 1024
ITEMS = 1000
FILE_SIZE = 200 * 1024 * 1024  # bytes
HELD = 1000  # calls
STREAMS = 32

Call = Callable[[Contender, Path], Awaitable[int]]  # makes a call and checks it; returns how many units that was


class WrongAnswer(Exception):
    """A contender did not bring what the server sent."""


@dataclass(frozen=True)
class Load:
    """Calls that make up a work: each of ``at_once`` makes one, or one after the other while there is time."""

    call: Call
    at_once: int = 1
    repeated: bool = True
    warm_up: Load | None = None  # what is done first; None: the same, for a moment

    async def run(self, contender: Contender, file: Path, seconds: float) -> int:
        """Units that were done."""

        async def in_a_row() -> int:
            done = await self.call(contender, file)
            while self.repeated and time.perf_counter() < end:
                done += await self.call(contender, file)
            return done

        end = time.perf_counter() + seconds
        if self.at_once == 1:
            return await in_a_row()
        return sum(await asyncio.gather(*(in_a_row() for _ in range(self.at_once))))

    async def prepare(self, contender: Contender, file: Path, seconds: float) -> None:
        """Let connections be open, modules loaded and caches filled, as far as the work is not about that."""
        await (self.warm_up or self).run(contender, file, seconds)


def expect(what: str, found: int, expected: int) -> None:
    if found != expected:
        raise WrongAnswer(f"{found:,} {what}, not {expected:,}")


def _chat(model: str) -> Call:
    async def call(contender: Contender, file: Path) -> int:
        if "Paris" not in await contender.chat(model):
            raise WrongAnswer("the answer's text is another")
        return 1

    return call


def _events(model: str, expected: int) -> Call:
    async def call(contender: Contender, file: Path) -> int:
        expect("events", await contender.events(model), expected)
        return expected

    return call


def _embeddings(encoding: Encoding) -> Call:
    async def call(contender: Contender, file: Path) -> int:
        vectors = await contender.embeddings(encoding)
        expect("vectors", len(vectors), VECTORS)
        for vector in vectors:
            expect("dimensions", len(vector), DIMENSIONS)
            if not isinstance(vector[-1], float):
                raise WrongAnswer("a vector is not of floats")
        return 1

    return call


async def _list(contender: Contender, file: Path) -> int:
    expect("items", len(await contender.models()), ITEMS)
    return 1


async def _upload(contender: Contender, file: Path) -> int:
    expect("bytes up", await contender.upload(file), FILE_SIZE)
    return 1


async def _download(contender: Contender, file: Path) -> int:
    expect("bytes down", await contender.download(), FILE_SIZE)
    return 1


SMALL, HELD_BACK, BULK = _chat("small"), _chat("held"), _events("bulk", BULK_EVENTS)
ONE = Load(SMALL, repeated=False)
CONNECTED = Load(BULK, at_once=STREAMS, repeated=False)

LOADS: dict[str, Load] = {
    "chat-1": Load(SMALL),
    "chat-64": Load(SMALL, at_once=64),
    "bulk": Load(BULK),
    "live": Load(_events("live", LIVE_EVENTS), at_once=STREAMS, repeated=False, warm_up=CONNECTED),
    "embeddings": Load(_embeddings("float")),
    "base64": Load(_embeddings("base64")),
    "list": Load(_list),
    "upload": Load(_upload, warm_up=ONE),
    "download": Load(_download, warm_up=ONE),
    "held": Load(HELD_BACK, at_once=HELD, repeated=False, warm_up=ONE),
}
