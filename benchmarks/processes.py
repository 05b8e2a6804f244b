"""Start the process of a cell, and measure what it does."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from benchmarks.measurement import Measurement
from benchmarks.service import ROOT, Place, Service
from benchmarks.works import Cell

LONGEST = 180  # seconds of one cell
OURS = ("mistral_async", "benchmarks")  # what is loaded from the checkout, and everything else as it was installed
REPEATED = 3  # processes for one measurement of what happens once in a process
IMPORTS = {
    "aiohttp": "aiohttp, msgspec",
    "openai": "openai",
    "mistralai": "mistralai.client",
    "ours-h1": "mistral_async",
}
IMPORT = """
import json, time
from benchmarks import usage
before, wall, cpu = usage.resident(), time.perf_counter(), time.process_time()
import {modules}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
peak = usage.peak()
print(json.dumps({{"units": 1, "cpu": cpu, "wall": wall, "peak": peak, "growth": peak - before}}))
"""
PROGRAMS = {
    "aiohttp": "raw_aiohttp",
    "floor": "floor",
    "openai": "openai_sdk",
    "mistralai": "mistralai_sdk",
    "ours-h1": "ours",
    "ours-h2": "ours",
}


class CellFailed(Exception):
    """A contender did not do its work."""


def measure(cell: Cell, service: Service, file: Path, seconds: float) -> Measurement:
    """One measurement. Raises ``CellFailed``."""
    if cell.work in ("import", "start"):
        as_installed()
    if cell.work == "import":
        return _median(lambda: _import(cell))
    if cell.work == "start":
        return _median(lambda: _start(cell, service.place))
    before = service.stats()
    place = service.place
    measured = _run(
        ["-m", "benchmarks.cell", cell.contender, cell.work, place.url(cell.tls)]
        + (["--ca", place.ca] if cell.tls else [])
        + ["--file", str(file), "--seconds", str(seconds)],
        _environment(place),
    )
    after = service.stats()
    return msgspec.structs.replace(
        measured,
        held=after.held if cell.work == "held" else None,
        server=(after.cpu - before.cpu) / max(1, after.requests - before.requests),
    )


@functools.cache
def as_installed() -> None:
    """See to it that the checkout has its byte code, which ``pip install`` has written of all others.

    Raises ``CellFailed`` where it cannot be written.
    """
    done = subprocess.run(
        [sys.executable, "-m", "compileall", "-q", *OURS],
        cwd=ROOT,
        env=_environment(None),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        raise CellFailed(f"no byte code: {_last_line(done.stdout)}")


def _median(measured: Callable[[], Measurement]) -> Measurement:
    """The one of several with the median wall time."""
    return sorted((measured() for _ in range(REPEATED)), key=lambda one: one.wall)[REPEATED // 2]


def _import(cell: Cell) -> Measurement:
    return _run(["-c", IMPORT.format(modules=IMPORTS[cell.contender])], _environment(None))


def _start(cell: Cell, place: Place) -> Measurement:
    """Wall time from the start of the process to its answer; CPU of the whole of it, its end included."""
    program = ROOT / "benchmarks" / "first_answer" / f"{PROGRAMS[cell.contender]}.py"
    command = [sys.executable, str(program), place.url(cell.tls), *([place.ca] if cell.tls else [])]
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=_environment(place), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    too_long = threading.Timer(LONGEST, process.kill)
    too_long.start()
    try:
        with process.stdout, process.stderr:
            line = process.stdout.readline()
            wall = time.perf_counter() - started
            complaint = process.stderr.read()
            _, status, used = os.wait4(process.pid, 0)
    finally:
        too_long.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if line != b"answered\n" or process.returncode != 0:
        raise CellFailed(_last_line(complaint))
    return Measurement(units=1, cpu=used.ru_utime + used.ru_stime, wall=wall)


def _run(arguments: list[str], environment: Mapping[str, str]) -> Measurement:
    try:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired as exc:
        raise CellFailed(f"not done after {LONGEST} s") from exc
    if done.returncode != 0:
        raise CellFailed(_last_line(done.stderr))
    return msgspec.json.decode(done.stdout, type=Measurement)


def _last_line(complaint: bytes) -> str:
    lines = complaint.decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it ended without a word")


def _environment(place: Place | None) -> dict[str, str]:
    """This process's, with the checkout to import from and the certificate to trust, and without proxies.

    Byte code is where ``pip`` writes it, and is used.
    """
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    for elsewhere in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
        environment.pop(elsewhere, None)
    environment["PYTHONPATH"] = str(ROOT)
    if place is not None:
        environment["SSL_CERT_FILE"] = place.ca
    return environment
