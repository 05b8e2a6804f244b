"""What tests with real servers share: a bench to start them on, and their logs in the report of what fails."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator

import pytest

from tests.live.bench import Bench
from tests.live.processes import started


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("bench")) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """A socket or a task that was not closed is complained of by the test that made it, not by a later one."""
    started[:] = [program for program in started if program.runs]
    yield
    gc.collect()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections.extend((f"log of {program.name}", log) for program in started if (log := program.log))
    return report
