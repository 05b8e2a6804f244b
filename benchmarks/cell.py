"""One contender does one work in this process: ``python -m benchmarks.cell CONTENDER WORK URL``.

Prints one line of JSON: a ``benchmarks.measurement.Measurement``.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benchmarks import usage
from benchmarks.contenders.contender import Contender
from benchmarks.loads import LOADS

# A class each, in a module each: a process loads what its contender needs, and no more.
CONTENDERS = {
    "aiohttp": "benchmarks.contenders.raw_aiohttp:RawAiohttp",
    "floor": "benchmarks.contenders.floor:Floor",
    "openai": "benchmarks.contenders.openai_sdk:OpenAISDK",
    "mistralai": "benchmarks.contenders.mistralai_sdk:MistralaiSDK",
    "ours-h1": "benchmarks.contenders.ours:Ours",
    "ours-h2": "benchmarks.contenders.ours:Ours",
}
OPEN_FILES = 4096
WARM_UP = 0.15  # seconds at most, and at least one call of each that are made at once


def make(name: str, url: str, ca: str | None) -> Contender:
    module, _, attribute = CONTENDERS[name].partition(":")
    contender: Contender = getattr(import_module(module), attribute)(url, ca)
    return contender


async def measure(contender: Contender, work: str, file: Path, seconds: float) -> dict[str, float]:
    """Do the work for so many seconds or, if that takes longer, once."""
    load = LOADS[work]
    try:
        await load.prepare(contender, file, min(WARM_UP, seconds))
        gc.collect()  # nobody pays for what loading modules has left
        highest = usage.peak()
        usage.forget_peak()
        before = usage.resident()
        wall, cpu = time.perf_counter(), time.process_time()
        units = await load.run(contender, file, seconds)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak = usage.peak()
    finally:
        await contender.aclose()
    return {
        "units": units,
        "cpu": cpu / units,
        "wall": wall / units,
        "peak": max(highest, peak),
        "growth": max(0, peak - before),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cell", description="measure one work of one contender")
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("work", choices=LOADS)
    parser.add_argument("url", help="of the server, without a path")
    parser.add_argument("--ca", help="PEM file of the certificate to trust, for https")
    parser.add_argument("--file", type=Path, default=Path(), help="what is sent by the work `upload`")
    parser.add_argument("--seconds", type=float, default=0.5, help="how long calls are repeated, where they are")
    options = parser.parse_args(arguments)

    # Where each call has a connection, a thousand need more than many systems let a process open by itself.
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now < OPEN_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, most), most))

    async def run() -> dict[str, float]:
        contender = make(options.contender, options.url, options.ca)
        return await measure(contender, options.work, options.file, options.seconds)

    print(json.dumps(asyncio.run(run())))


if __name__ == "__main__":
    main()
