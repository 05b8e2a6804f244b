"""Ways to servers from the package index."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from mistral_async import MistralClient, Proxy
from tests.live import servers
from tests.live.bench import Bench, Way
from tests.live.fixtures import bench as bench
from tests.live.fixtures import nothing_is_left_behind as nothing_is_left_behind
from tests.live.fixtures import pytest_runtest_makereport as pytest_runtest_makereport


def proxy(bench: Bench) -> Proxy:
    program = bench.program("proxy", lambda: servers.proxy(bench.home, credentials="user:secret"))
    return Proxy(url=f"http://127.0.0.1:{program.port.number}", user="user", password="secret")


WAYS: dict[str, Callable[[Bench], Way]] = {
    "granian": lambda bench: bench.way(servers.granian, "2"),
    "granian, asked for 1.1": lambda bench: bench.way(servers.granian, "1.1", asked="1.1"),
    "hypercorn": lambda bench: bench.way(servers.hypercorn, "2"),
    "hypercorn in the clear, told to speak 2": lambda bench: bench.way(servers.hypercorn, "2", clear=True, asked="2"),
    "aiohttp": lambda bench: bench.way(servers.aiohttp, "1.1"),
    "aiohttp in the clear": lambda bench: bench.way(servers.aiohttp, "1.1", clear=True),
    "granian through a proxy": lambda bench: bench.way(servers.granian, "2", proxy=proxy(bench)),
    "aiohttp through a proxy": lambda bench: bench.way(servers.aiohttp, "1.1", proxy=proxy(bench)),
}


@pytest.fixture(scope="session", params=WAYS)
def way(request: pytest.FixtureRequest, bench: Bench) -> Way:
    return WAYS[request.param](bench)


@pytest.fixture
async def client(way: Way) -> AsyncIterator[MistralClient]:
    async with way.client() as opened:
        yield opened
