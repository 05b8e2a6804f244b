"""``mistral-async serve``, as a program."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mistral_async.testing import LocalServer

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "mistral_async.cli"]


@contextmanager
def serving(*arguments: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """The running program, and its URL."""
    with subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first.startswith("Local server at http://127.0.0.1:"), first
            yield process, first.removeprefix("Local server at ").partition(";")[0]
        finally:
            process.kill()


def rest(process: subprocess.Popen[str]) -> tuple[list[str], list[str]]:
    """The lines that a program writes from now on to its end; ``communicate`` would lose those read ahead."""
    assert process.stdout is not None
    assert process.stderr is not None
    lines = process.stdout.read().splitlines(), process.stderr.read().splitlines()
    process.wait(timeout=10)
    return lines


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)


def ask(url: str, key: str = "local-key") -> Any:
    body = {"model": "anything", "messages": [{"role": "user", "content": "Hi"}]}
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request(url + "/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as response:  # our own server
        return json.load(response)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_cleanly(number: signal.Signals) -> None:
    with serving("--api-key", "mine", "--any-model") as (process, url):
        reply = ask(url, "mine")
        process.send_signal(number)
        (export, client, line, end), err = rest(process)

    assert reply["model"] == "anything"
    assert (export.strip(), client.strip()) == ("export MISTRAL_API_KEY=mine", f'MistralClient(base_url="{url}")')
    assert line.split()[1:4] == ["200", "POST", "/v1/chat/completions"]
    assert (end, err, process.returncode) == ("Ended.", [], 0)


def test_a_quiet_server_writes_no_line_for_a_request() -> None:
    with serving("--quiet", "--any-model", "--latency", "0.01", "--requests-per-minute", "9") as (process, url):
        ask(url)
        process.terminate()
        out, _ = rest(process)

    assert len(out) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "x"], "argument --port: 'x' is not a whole number of 0 or more"),
        (["--port", "65536"], "argument --port: '65536' is not a port: 0 to 65535"),
        (["--pace", "slow"], "argument --pace: 'slow' is not a number of seconds of 0 or more"),
        (["--pace=-1"], "argument --pace: '-1' is not a number of seconds of 0 or more"),
        (["--job-step", "-"], "argument --job-step: '-' is not a number of seconds of 0 or more"),
        (["--latency", "inf"], "argument --latency: 'inf' is not a number of seconds of 0 or more"),
        (["--latency", "nan"], "argument --latency: 'nan' is not a number of seconds of 0 or more"),
        (["--api-key", ""], "argument --api-key: a key is made of printable ASCII characters without spaces"),
        (["--unheard-of"], "unrecognized arguments: --unheard-of"),
    ],
)
def test_a_bad_option_is_named_in_one_line(arguments: list[str], message: str) -> None:
    done = run("serve", *arguments)

    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]


def test_a_port_that_is_taken_is_named_in_one_line() -> None:
    with LocalServer().run_in_thread() as server:
        port = server.url.rpartition(":")[2]
        done = run("serve", "--port", port)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"mistral-async: cannot listen at 127.0.0.1:{port}: address already in use\n"


def test_an_unknown_host_is_named_in_one_line() -> None:
    done = run("serve", "--host", "no.such.host.invalid")

    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)


def test_without_a_command_the_usage_is_shown() -> None:
    assert "COMMAND" in run().stderr


def test_the_version_is_shown() -> None:
    assert run("--version").stdout.startswith("mistral-async ")
