"""A local server, and a client whose every message is judged by the specification."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from mistral_async import MistralClient
from mistral_async.settings import Settings
from mistral_async.testing import LocalServer
from mistral_async.wire.network import Network
from tests.checked_wire import CheckedWire


@pytest.fixture
async def server() -> AsyncIterator[LocalServer]:
    async with LocalServer() as started:
        yield started


@pytest.fixture
def wire(server: LocalServer) -> CheckedWire:
    return CheckedWire(Network(Settings(base_url=server.url)))


@pytest.fixture
async def client(server: LocalServer, wire: CheckedWire) -> AsyncIterator[MistralClient]:
    async with MistralClient(api_key=server.api_key, base_url=server.url, retry=None, wire=wire) as opened:
        yield opened


@pytest.fixture
async def unjudged(server: LocalServer) -> AsyncIterator[MistralClient]:
    """A client for what strays from the specification on purpose, and for what is too large to be judged."""
    async with MistralClient(api_key=server.api_key, base_url=server.url, retry=None) as opened:
        yield opened
