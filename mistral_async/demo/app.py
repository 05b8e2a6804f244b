"""From a command line to an exit code: choose the scenes, open the stage, play."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib.resources import files
from pathlib import Path

from rich.console import Console

from mistral_async import MistralClient
from mistral_async.demo.scenes import SCENES
from mistral_async.demo.show import failed, heading, opening, skipped, summary
from mistral_async.demo.stage import AT_ONCE, Scene, Stage
from mistral_async.testing import LocalServer

# The local server's own speed would leave nothing to see: it is slowed down to about that of a quick model.
LATENCY = 0.15  # seconds before each answer
PACE = 0.025  # seconds from one streamed token to the next
JOB_STEP = 0.8  # seconds that a batch job stays in each of its states
LIVE_AT_ONCE = 1  # the smallest plans of the real API allow one request a second


def parser() -> argparse.ArgumentParser:
    names = [scene.name for scene in SCENES]
    parser = argparse.ArgumentParser(prog="mistral-async demo", description="Show what the SDK does.")
    add = parser.add_argument
    add("--live", action="store_true", help="ask the real API, with the key in MISTRAL_API_KEY; a part of the scenes")
    add("--only", metavar="SCENE", action="append", choices=names, help=f"{', '.join(names)}; may be repeated")
    add("--prompts", metavar="FILE", type=Path, help="a JSONL file of your own, for the batch job and the bulk")
    add("--at-once", metavar="N", type=positive, help=f"completions under way at a time (default: {AT_ONCE})")
    return parser


def positive(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def run(argv: Sequence[str] | None = None) -> int:
    """Parse, play, and say with the exit code how it went."""
    options = parser().parse_args(argv)
    if options.live and not os.environ.get("MISTRAL_API_KEY"):
        print("--live asks the real API and needs a key: set MISTRAL_API_KEY", file=sys.stderr)
        return 2
    if options.prompts is not None and not options.prompts.is_file():
        print(f"--prompts: there is no file {options.prompts}", file=sys.stderr)
        return 2
    if reconfigure := getattr(sys.stdout, "reconfigure", None):  # a file has it, what stands in for one may not
        reconfigure(errors="replace")  # where the encoding lacks a character, the demo goes on without it
    scenes = [scene for scene in SCENES if options.only is None or scene.name in options.only]
    try:
        return asyncio.run(_run(options, scenes))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


async def _run(options: argparse.Namespace, scenes: Sequence[Scene]) -> int:
    console = Console(highlight=False)
    async with AsyncExitStack() as stack:
        if options.live:
            client, where = MistralClient(), "the real API"
        else:
            server = await stack.enter_async_context(LocalServer(latency=LATENCY, pace=PACE, job_step=JOB_STEP))
            client, where = MistralClient(api_key=server.api_key, base_url=server.url), f"a local server, {server.url}"
        stage = Stage(
            client=await stack.enter_async_context(client),
            console=console,
            prompts=options.prompts or files("mistral_async.demo") / "prompts.jsonl",
            at_once=options.at_once or (LIVE_AT_ONCE if options.live else AT_ONCE),
            live=options.live,
        )
        opening(console, where, live=options.live)
        return 1 if await perform(stage, scenes) else 0


async def perform(stage: Stage, scenes: Sequence[Scene]) -> int:
    """Play the scenes one after another and return how many of them failed."""
    began = time.monotonic()
    failures = skips = 0
    for number, scene in enumerate(scenes, 1):
        heading(stage.console, number, scene)
        if stage.live and scene.not_live:
            skips += 1
            skipped(stage.console, scene.not_live)
            continue
        try:
            await scene.play(stage)
        except Exception as error:  # whatever it is, it is shown, and the other scenes are played
            failures += 1
            failed(stage.console, error)
    summary(stage.console, len(scenes) - skips, failures, time.monotonic() - began)
    return failures
