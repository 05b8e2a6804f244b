"""A theatre for each test: its own server, its own client."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from mistral_async import MistralClient
from mistral_async.testing import LocalServer
from tests.demo.theatre import Theatre


@pytest.fixture
async def theatre() -> AsyncIterator[Theatre]:
    async with (
        LocalServer() as server,
        MistralClient(api_key=server.api_key, base_url=server.url, retry=None) as client,
    ):
        yield Theatre(server, client)
