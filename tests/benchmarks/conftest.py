"""One server for all tests of it: they count what they do themselves, or start their own."""

from __future__ import annotations

import select
from collections.abc import Generator

import pytest

from tests.benchmarks.serving import Served, serving

collect_ignore_glob = [] if hasattr(select, "epoll") else ["test_server_*.py"]  # the server is for Linux alone


@pytest.fixture(scope="session")
def server() -> Generator[Served, None, None]:
    with serving("--workers", "2") as served:
        yield served
