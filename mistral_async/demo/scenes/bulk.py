"""Many chat completions from a file, a bounded number at a time, in constant memory."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from dataclasses import dataclass, field

import msgspec
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from mistral_async import MistralError
from mistral_async.demo.show import indented, shorten, table
from mistral_async.demo.stage import Scene, SceneFailed, Stage
from mistral_async.models import ChatCompletionRequest

LIVE_SIZE = 5  # completions from the real API
NAMED = 5  # failed requests that are shown by name, of each kind


class Line(msgspec.Struct):
    """A line of the file: a request, ready to be sent."""

    custom_id: str
    body: ChatCompletionRequest


@dataclass
class Tally:
    """What became of the requests."""

    tokens: int = 0
    waited: float = 0.0  # seconds, of all requests together
    failures: Counter[str] = field(default_factory=Counter[str])  # by the name of the error
    named: dict[str, list[str]] = field(default_factory=dict[str, list[str]])  # the first of each

    def failed(self, name: str, error: Exception) -> None:
        kind = type(error).__name__
        self.failures[kind] += 1
        examples = self.named.setdefault(kind, [])
        if len(examples) < NAMED:
            examples.append(f"{name}: {error}")


async def play(stage: Stage) -> None:
    tally = Tally()
    began = time.monotonic()
    with stage.prompts.open("rb") as file:
        total = sum(1 for _ in file)
        file.seek(0)
        limit = LIVE_SIZE if stage.live else total
        lines = enumerate(itertools.islice(file, limit), 1)
        if stage.live:
            stage.console.print(f"  [dim]only the first {limit} of {total}: each one costs[/dim]")

        with Progress(*_columns(), console=stage.console) as progress:
            bar = progress.add_task("completions", total=min(limit, total))

            async def work() -> None:
                for number, line in lines:  # one iterator for all workers: each takes the next line
                    name = f"line {number}"
                    sent = time.monotonic()
                    try:
                        request = msgspec.json.decode(line, type=Line)
                        name = request.custom_id
                        reply = await stage.client.chat.completions.post(request.body)
                        tally.tokens += reply.usage.total_tokens
                    except (MistralError, msgspec.DecodeError, UnicodeDecodeError) as error:
                        tally.failed(name, error)
                    tally.waited += time.monotonic() - sent
                    progress.advance(bar)

            async with asyncio.TaskGroup() as workers:
                for _ in range(stage.at_once):
                    workers.create_task(work())
    _report(stage, tally, min(limit, total), time.monotonic() - began)


class Rate(ProgressColumn):
    """Completions a second."""

    def render(self, task: Task) -> Text:
        elapsed = task.finished_time or task.elapsed
        return Text(f"{task.completed / elapsed:,.0f}/s" if elapsed else "", style="cyan")


def _columns() -> tuple[ProgressColumn, ...]:
    return TextColumn("  {task.description}"), BarColumn(None), MofNCompleteColumn(), Rate()


def _report(stage: Stage, tally: Tally, sent: int, seconds: float) -> None:
    failures = tally.failures.total()
    rate, each = sent / seconds, tally.waited / max(sent, 1)
    stage.console.print(
        f"  {sent:,} requests in {seconds:.2f} s, {stage.at_once} at a time: [bold]{rate:,.0f} a second[/bold]\n"
        f"  {each:.2f} s each on average, {tally.tokens:,} tokens"
    )
    stage.console.print(f"  failures: [bold {'red' if failures else 'green'}]{failures or 'none'}[/]")
    if not failures:
        return
    rows = table("error", "times", "the first")
    for kind, times in tally.failures.most_common():
        examples = "\n".join(shorten(example, 160) for example in tally.named[kind])
        rows.add_row(f"[red]{kind}[/red]", f"{times:,}", escape(examples))
    stage.console.print(indented(rows))
    raise SceneFailed(f"{failures} of {sent} completions failed")


BULK = Scene(
    name="bulk",
    title="Many completions from a file",
    code="""\
async def work():
    for line in lines:  # one iterator, shared by 64 tasks
        request = msgspec.json.decode(line, type=Line)
        reply = await client.chat.completions.post(request.body)""",
    play=play,
)
