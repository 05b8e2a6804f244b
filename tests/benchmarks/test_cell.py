"""Contenders do their works, for a moment, against the real server."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import cache_from_source
from pathlib import Path

import msgspec
import pytest

from benchmarks import cell, processes
from benchmarks.contenders.contender import Contender, Encoding
from benchmarks.contenders.ours import Ours
from benchmarks.loads import FILE_SIZE, LOADS, WrongAnswer
from benchmarks.measurement import Measurement
from benchmarks.processes import CellFailed, measure
from benchmarks.service import ROOT, Service
from benchmarks.works import Cell

CONTENDERS = [
    ("aiohttp", False),
    ("aiohttp", True),
    ("floor", False),
    ("floor", True),
    ("ours-h1", False),
    ("ours-h2", True),
]
SLOW = ("live", "held")  # they take two seconds each
WORKS = [work for work in LOADS if work not in (*SLOW, "base64")]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service(workers=1) as started:
        yield started


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("upload") / "upload.jsonl"
    with made.open("wb") as opened:
        opened.truncate(FILE_SIZE)
    return made


def make(name: str, tls: bool, service: Service) -> Contender:
    return cell.make(name, service.place.url(tls), service.place.ca if tls else None)


@pytest.mark.parametrize(("name", "tls"), CONTENDERS)
@pytest.mark.parametrize("work", WORKS)
async def test_a_contender_does_its_work(name: str, tls: bool, work: str, service: Service, file: Path) -> None:
    measured = await cell.measure(make(name, tls, service), work, file, 0.01)

    assert measured["units"] > 0
    assert measured["cpu"] > 0
    assert measured["wall"] > 0
    assert measured["peak"] >= measured["growth"] >= 0


@pytest.mark.parametrize("work", SLOW)
async def test_contenders_do_what_the_server_takes_its_time_for(work: str, service: Service, file: Path) -> None:
    made = [make(name, tls, service) for name, tls in CONTENDERS]
    load = replace(LOADS[work], at_once=8)

    units = await asyncio.gather(*(load.run(contender, file, 0) for contender in made))
    for contender in made:
        await contender.aclose()

    assert set(units) == {800 if work == "live" else 8}


@pytest.mark.parametrize(("name", "package"), [("openai", "openai"), ("mistralai", "mistralai.client")])
async def test_other_sdks_do_a_small_call_and_a_stream(name: str, package: str, service: Service, file: Path) -> None:
    pytest.importorskip(package)
    for work in ("chat-1", "bulk"):
        assert (await cell.measure(make(name, False, service), work, file, 0.01))["units"] > 0


async def test_ours_over_tls_speaks_http_2(service: Service) -> None:
    async with Ours(service.place.url(tls=True), service.place.ca).client as client:
        assert (await client.models().raw()).http_version == "2"


def test_a_process_says_in_json_what_it_used(service: Service) -> None:
    command = [sys.executable, "-m", "benchmarks.cell", "floor", "chat-64", service.place.url(tls=False)]
    done = subprocess.run([*command, "--seconds", "0.01"], cwd=ROOT, capture_output=True, check=True)

    said = msgspec.convert(json.loads(done.stdout), Measurement)
    assert said.units >= 64


@pytest.mark.parametrize("work", ["chat-1", "import", "start"])
@pytest.mark.parametrize("contender", ["aiohttp", "ours-h1"])
def test_a_cell_is_measured_in_a_process_of_its_own(contender: str, work: str, service: Service) -> None:
    measured = measure(Cell(contender, work, tls=False), service, Path(), 0.01)

    assert 0 < measured.cpu < 60
    assert measured.wall > 0


def test_what_is_loaded_once_has_its_byte_code_as_after_an_installation(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path))
    sources = [ROOT / "mistral_async" / "client.py", ROOT / "benchmarks" / "answers" / "chat.py"]
    compiled = [Path(cache_from_source(str(source))) for source in sources]
    for each in compiled:
        each.unlink(missing_ok=True)
    processes.as_installed.cache_clear()

    measure(Cell("ours-h1", "import", tls=False), service, Path(), 0.01)

    assert [each.exists() for each in compiled] == [True, True]


def test_what_a_process_complained_of_is_told(service: Service) -> None:
    with pytest.raises(CellFailed, match=r"No such file or directory"):
        measure(Cell("floor", "upload", tls=False), service, Path("nothing/here"), 0.01)


class Liar:
    """Answers at once, and wrongly."""

    async def chat(self, model: str) -> str:
        return ""

    async def events(self, model: str) -> int:
        return 99

    async def embeddings(self, encoding: Encoding) -> Sequence[Sequence[float]]:
        return ["not a number"] * 64  # type: ignore[list-item]  # pyright: ignore[reportReturnType]  # that is the lie

    async def models(self) -> Sequence[object]:
        return []

    async def upload(self, path: Path) -> int:
        return 0

    async def download(self) -> int:
        return FILE_SIZE - 1

    async def aclose(self) -> None: ...


@pytest.mark.parametrize("work", LOADS)
async def test_nobody_is_fast_by_failing(work: str) -> None:
    with pytest.raises(WrongAnswer):
        await LOADS[work].run(Liar(), Path(), 0)
