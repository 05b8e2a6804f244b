"""The pytest fixtures, in tests of every kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TESTS = """
import json, urllib.request
import pytest

MESSAGES = [{"role": "user", "content": "Hi"}]


def test_sync(mistral_server):
    request = urllib.request.Request(mistral_server.url + "/v1/models", headers=mistral_server.authorization)
    with urllib.request.urlopen(request) as response:
        assert json.load(response)["object"] == "list"


@pytest.mark.asyncio
async def test_asyncio(mistral_server, mistral_client):
    mistral_server.say_next("Hello")
    reply = await mistral_client.chat.completions.post(model="mistral-small-latest", messages=MESSAGES)
    assert reply.choices[0].message.content == "Hello"
    call = mistral_client.chat.completions.post(model="mistral-small-latest", messages=MESSAGES)
    pieces = [event async for event in call]
    assert len(pieces) > 3
    assert len(mistral_server.requests) == 2


def test_left_open_in_a_loop_of_its_own(mistral_client):
    import asyncio

    assert asyncio.run(ask(mistral_client)).object == "list"


async def ask(client):
    return await client.models()


class TestSettings:
    @pytest.fixture
    def mistral_server_settings(self):
        return {"api_key": "mine"}

    def test_other_settings(self, mistral_server):
        assert mistral_server.api_key == "mine"
"""


def test_the_fixtures_serve_tests_with_and_without_a_loop(tmp_path: Path) -> None:
    (tmp_path / "test_user.py").write_text(TESTS)

    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "mistral_async.testing.plugin", "-p", "no:cacheprovider",
            "-W", "error", "-o", "asyncio_default_fixture_loop_scope=function", str(tmp_path),
        ],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, "4 passed" in done.stdout) == (0, True), done.stdout + done.stderr
