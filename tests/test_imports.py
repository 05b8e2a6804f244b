"""What an import loads, and what it does not."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mistral_async


def loaded_by(statement: str) -> set[str]:
    """Names of the modules that a new interpreter has after a statement."""
    program = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_import_loads_neither_models_nor_aiohttp() -> None:
    loaded = loaded_by("import mistral_async")

    heavy = ("aiohttp", "msgspec", "mistral_async.models", "mistral_async.resources", "pytest", "rich")
    assert [name for name in loaded if name.startswith(heavy)] == []


def test_a_client_loads_no_model_before_its_first_call() -> None:
    loaded = loaded_by("from mistral_async import MistralClient; MistralClient(api_key='k').chat.completions")

    assert [name for name in loaded if name.startswith("mistral_async.models")] == []


def test_a_model_loads_only_its_own_module_and_what_is_shared() -> None:
    loaded = loaded_by("from mistral_async.models import ChatCompletionRequest")

    assert {name for name in loaded if name.startswith("mistral_async.models.")} == {
        "mistral_async.models.chat",
        "mistral_async.models.shared",
    }


ASK = """
import asyncio, sys
from mistral_async import MistralClient
from tests.fakes import ScriptedResponse, ScriptedWire

async def ask():
    answer = b'{"id": "i", "object": "o", "created": 1, "model": "m", "choices": [], "usage": {}}'
    async with MistralClient(api_key="k", wire=ScriptedWire(ScriptedResponse(200, answer))) as client:
        await client.chat.completions.post(model="m", messages=[{"role": "user", "content": "hi"}])

asyncio.run(ask())
print(*sys.modules)
"""

NOT_FOR_A_PLAIN_CALL = (
    "codec.complaint",
    "codec.events",
    "codec.file_input",
    "codec.file_reader",
    "codec.lenient",
    "codec.multipart",
    "codec.sse",
    "pages",
    "streams",
    "transport.circuit",
    "transport.circuits",
    "vector",
    "wire.network",
)


def test_a_plain_call_loads_nothing_that_streams_pages_files_failures_or_circuits_need() -> None:
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert "mistral_async.codec.requests" in loaded
    assert {f"mistral_async.{name}" for name in NOT_FOR_A_PLAIN_CALL} & loaded == set()


def test_every_name_that_is_offered_is_there() -> None:
    for name in dir(mistral_async):
        assert getattr(mistral_async, name) is not None
    assert {"MistralClient", "UNSET", "TimeoutError", "__version__"} <= set(dir(mistral_async))


def test_a_star_import_brings_the_public_names_and_no_others() -> None:
    namespace: dict[str, object] = {}
    exec("from mistral_async import *", namespace)  # noqa: S102  # what is tested

    assert "MistralClient" in namespace
    assert "import_module" not in namespace


def test_a_name_that_is_not_offered_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Client'"):
        getattr(mistral_async, "Client")  # noqa: B009  # checkers refuse the plain spelling, as they should
