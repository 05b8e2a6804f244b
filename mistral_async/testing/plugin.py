"""pytest fixtures: a local server for each test, and a client of it.

pytest finds them by itself where this package is installed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mistral_async import MistralClient
    from mistral_async.testing.server import LocalServer


@pytest.fixture
def mistral_server_settings() -> dict[str, Any]:
    """Settings of ``mistral_server``, as for ``LocalServer``: override this fixture to change them."""
    return {}


@pytest.fixture
def mistral_server(mistral_server_settings: dict[str, Any]) -> Iterator[LocalServer]:
    """A local server that runs, new for each test.

    It has a thread and a loop of its own, so that tests may be synchronous or use any plugin for async.
    """
    from mistral_async.testing.server import LocalServer

    with LocalServer(**mistral_server_settings).run_in_thread() as server:
        yield server


@pytest.fixture
def mistral_client(mistral_server: LocalServer) -> Iterator[MistralClient]:
    """A client of ``mistral_server``, closed after the test."""
    client = mistral_server.client()
    yield client
    # Not asyncio.run, which would leave the thread without the loop that a test may have set.
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(client.aclose())
    finally:
        loop.close()
