"""The README's examples run as they stand, but for where the server is."""

from __future__ import annotations

import asyncio
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mistral_async import demo
from mistral_async.testing import LocalServer
from tests.readme_code import README, blocks

PROMPTS = Path(demo.__file__).parent / "prompts.jsonl"


def example(heading: str) -> str:
    """The Python below a heading."""
    text = README.read_text("utf-8").split(f"## {heading}\n", 1)[1]
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def run(source: str, server: LocalServer) -> dict[str, Any]:
    """Execute an example with its client pointed at the server."""
    place = f"api_key={server.api_key!r}, base_url={server.url!r}, "
    pointed = source.replace("MistralClient(", f"MistralClient({place}")
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(pointed, "README.md", "exec"), namespace)  # noqa: S102  # it is our own README
    return namespace


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer().run_in_thread() as started:
        yield started


def test_the_service_prints_its_answer_twice(server: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    run(example("In a service"), server)

    whole, _, streamed = capsys.readouterr().out.partition("\n")
    assert whole
    assert streamed == whole


def test_the_handler_streams_its_answer(server: LocalServer) -> None:
    app = run(example("In a FastAPI handler"), server)["app"]

    with TestClient(app) as browser:
        answer = browser.get("/ask", params={"question": "What are rivers made of?"})

    assert answer.status_code == 200
    assert len(answer.text) > 20


def test_the_bulk_job_answers_every_line(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = PROMPTS.read_text("utf-8").splitlines()[:50]
    (tmp_path / "prompts.jsonl").write_text("\n".join(lines), "utf-8")

    run(example("In a bulk job"), server)

    assert len((tmp_path / "answers.jsonl").read_text("utf-8").splitlines()) == 50
    assert capsys.readouterr().out == ""


def test_the_example_of_a_test_passes() -> None:
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(example("Test your own service"), "README.md", "exec"), namespace)  # noqa: S102  # our own README

    asyncio.run(namespace["test_what_my_service_does_when_it_is_told_to_wait"]())


def test_every_example_is_python() -> None:
    for source in blocks():
        compile("async def example(call):\n" + textwrap.indent(source, "    "), "README.md", "exec")


def test_what_goes_wrong_is_told_and_tried_again(
    server: LocalServer, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    server.fail_next(status=503, headers={"retry-after-ms": "1"})

    run(example("When things go wrong"), server)

    told, answered, circuit = capsys.readouterr().out.splitlines()
    assert told.startswith("GET /v1/models: attempt 1 failed, the next comes in 0.")
    assert answered == "HTTP/1.1, 2 attempts"
    assert circuit == f"{server.url} closed 1 of 2"
