"""Servers and proxies of the system's packages, over real sockets."""

from __future__ import annotations

from tests.interop.conftest import backend
from tests.interop.programs import nginx
from tests.live import checks
from tests.live.bench import Bench

# The same tests as of the servers from the package index, with the `client` and `way` of this directory.
from tests.live.test_servers import *  # noqa: F403  # all of them


async def test_50_first_calls_at_once_open_one_connection(bench: Bench) -> None:
    async with bench.way(nginx, "2", backend=backend(bench)).client() as client:
        answers = await checks.together(client.models().raw() for _ in range(50))

    assert {answer.http_version for answer in answers} == {"2"}
    assert len({answer.headers["x-connection"] for answer in answers}) == 1
