"""A local server, and a client of it that knows nothing of this package."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from mistral_async.testing import LocalServer, ManualClock
from tests.testing.api import Api


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def server() -> AsyncIterator[LocalServer]:
    async with LocalServer() as started:
        yield started


@pytest.fixture
async def api(server: LocalServer) -> AsyncIterator[Api]:
    async with Api(server) as opened:
        yield opened


@pytest.fixture
async def timed(clock: ManualClock) -> AsyncIterator[LocalServer]:
    """A server whose jobs move only when the clock does: one second for each state."""
    async with LocalServer(clock=clock, job_step=1.0) as started:
        yield started


@pytest.fixture
async def timed_api(timed: LocalServer) -> AsyncIterator[Api]:
    async with Api(timed) as opened:
        yield opened
