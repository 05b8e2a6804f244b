"""Ways to servers and through proxies from the system's packages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from mistral_async import MistralClient, Proxy
from tests.interop.programs import h2o, haproxy, nginx, squid, tinyproxy
from tests.live import servers
from tests.live.bench import Bench, Way
from tests.live.fixtures import bench as bench
from tests.live.fixtures import nothing_is_left_behind as nothing_is_left_behind
from tests.live.fixtures import pytest_runtest_makereport as pytest_runtest_makereport
from tests.live.processes import Port


def application(bench: Bench) -> Way:
    """Where the application is, for servers that have none of their own."""
    return bench.way(servers.granian, "1.1", clear=True)


def backend(bench: Bench) -> Port:
    return application(bench).program.port


def by_tinyproxy(bench: Bench) -> Proxy:
    port = bench.program("tinyproxy", lambda: tinyproxy(bench.home)).port
    return Proxy(url=f"http://127.0.0.1:{port.number}", user="user", password="secret")


def by_squid(bench: Bench) -> Proxy:
    port = bench.program("squid", lambda: squid(bench.home)).port
    return Proxy(url=f"http://127.0.0.1:{port.number}")


WAYS: dict[str, Callable[[Bench], Way]] = {
    "nginx": lambda bench: bench.way(nginx, "2", backend=backend(bench)),
    "nginx, told to speak 2": lambda bench: bench.way(nginx, "2", asked="2", backend=backend(bench)),
    "nginx without 2": lambda bench: bench.way(nginx, "1.1", name="nginx-h1", http2=False, backend=backend(bench)),
    "h2o": lambda bench: bench.way(h2o, "2", backend=backend(bench)),
    "h2o, asked for 1.1": lambda bench: bench.way(h2o, "1.1", asked="1.1", backend=backend(bench)),
    "haproxy": lambda bench: bench.way(haproxy, "2", backend=backend(bench)),
    "haproxy, asked for 1.1": lambda bench: bench.way(haproxy, "1.1", asked="1.1", backend=backend(bench)),
    # Not nginx: tinyproxy delays small packets, so that an upload in windows of 64 KiB takes half a minute.
    "h2o through tinyproxy": lambda bench: bench.way(h2o, "2", proxy=by_tinyproxy(bench), backend=backend(bench)),
    "h2o through tinyproxy, asked for 1.1": lambda bench: bench.way(
        h2o, "1.1", asked="1.1", proxy=by_tinyproxy(bench), backend=backend(bench)
    ),
    "nginx through squid": lambda bench: bench.way(nginx, "2", proxy=by_squid(bench), backend=backend(bench)),
    "nginx through squid, asked for 1.1": lambda bench: bench.way(
        nginx, "1.1", asked="1.1", proxy=by_squid(bench), backend=backend(bench)
    ),
    "plainly through squid": lambda bench: application(bench)._replace(proxy=by_squid(bench)),
}


@pytest.fixture(scope="session", params=WAYS)
def way(request: pytest.FixtureRequest, bench: Bench) -> Way:
    return WAYS[request.param](bench)


@pytest.fixture
async def client(way: Way) -> AsyncIterator[MistralClient]:
    async with way.client() as opened:
        yield opened
