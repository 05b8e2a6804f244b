"""A file goes up, a job works through it, another file comes down."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from mistral_async.demo.show import indented, shorten, table
from mistral_async.demo.stage import CHAT_MODEL, Scene, SceneFailed, Stage
from mistral_async.models import BatchJobOut

SIZE = 40  # requests in the job
SHOWN = 4  # of its results
UNFINISHED = frozenset({"QUEUED", "RUNNING", "CANCELLATION_REQUESTED"})


class Answer(msgspec.Struct):
    status_code: int
    body: dict[str, Any]


class Result(msgspec.Struct):
    """A line of the output file."""

    custom_id: str
    response: Answer


async def play(stage: Stage) -> None:
    client = stage.client
    with stage.prompts.open("rb") as prompts:
        content = b"".join(itertools.islice(prompts, SIZE))

    file = await client.files.post(file=("prompts.jsonl", content), purpose="batch")
    stage.console.print(f"  uploaded [cyan]{file.filename}[/cyan]: {file.bytes:,} bytes")
    job = await client.batch.jobs.post(input_files=[file.id], endpoint="/v1/chat/completions", model=CHAT_MODEL)
    job = await finished(stage, job)
    if job.status != "SUCCESS" or not job.output_file:
        raise SceneFailed(f"the job ended as {job.status}")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.jsonl"
        await client.files[job.output_file].content().save(path)
        stage.console.print(f"  downloaded [cyan]{path.name}[/cyan]: {path.stat().st_size:,} bytes")
        show(stage, results(path))

    for id in (file.id, job.output_file, job.error_file):
        if id:
            await client.files[id].delete()
    if job.failed_requests:
        raise SceneFailed(f"{job.failed_requests} of {job.total_requests} requests failed")


async def finished(stage: Stage, job: BatchJobOut) -> BatchJobOut:
    """Ask for the job until it is done, and show how far it is."""
    columns = (TextColumn("  job {task.description}"), BarColumn(24), MofNCompleteColumn(), TextColumn("requests"))
    with Progress(*columns, console=stage.console) as progress:
        bar = progress.add_task(job.status, total=job.total_requests)
        while job.status in UNFINISHED:
            await asyncio.sleep(0.1)
            job = await stage.client.batch.jobs[job.id]()
            progress.update(bar, description=job.status, completed=job.completed_requests, total=job.total_requests)
    return job


def results(path: Path) -> Iterator[Result]:
    with path.open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=Result)


def show(stage: Stage, results: Iterator[Result]) -> None:
    rows = table("request", "status", "answer")
    for result in itertools.islice(results, SHOWN):
        text = result.response.body["choices"][0]["message"]["content"]
        name, answer = escape(result.custom_id), escape(shorten(text, 50))
        rows.add_row(f"[cyan]{name}[/cyan]", str(result.response.status_code), answer)
    stage.console.print(indented(rows))
    stage.console.print(f"  [dim]… and {sum(1 for _ in results)} more[/dim]")


BATCH = Scene(
    name="batch",
    title="Upload, batch job, results",
    code="""\
file = await client.files.post(file=Path("prompts.jsonl"), purpose="batch")
job = await client.batch.jobs.post(
    input_files=[file.id], endpoint="/v1/chat/completions", model=model
)
job = await client.batch.jobs[job.id]()  # and again, until it is done
await client.files[job.output_file].content().save("results.jsonl")""",
    play=play,
    not_live="a job may wait for hours, and stays in the account's list",
)
