"""The server that all contenders ask, in processes of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

ROOT = Path(__file__).parent.parent


class ServiceError(Exception):
    """The server did not start, or does not answer any more."""


class Place(msgspec.Struct, frozen=True):
    """Where the server is."""

    http: int  # port
    https: int  # port
    ca: str  # path of the PEM file of the certificate to trust
    workers: int

    def url(self, tls: bool) -> str:
        return f"https://127.0.0.1:{self.https}" if tls else f"http://127.0.0.1:{self.http}"


class Stats(msgspec.Struct, frozen=True):
    """What the server has done since it began; ``held`` since it was asked last."""

    requests: int
    cpu: float  # seconds of all workers
    held: int  # calls that were held at the same moment
    connections: int  # open now


class Service:
    """The server, running until the end of ``with``."""

    place: Place

    def __init__(self, workers: int | None = None) -> None:
        self._arguments = [] if workers is None else ["--workers", str(workers)]

    def stats(self) -> Stats:
        stdin, _ = self._pipes()
        try:
            stdin.write(b"stats\n")
            stdin.flush()
        except OSError as exc:
            raise ServiceError("the benchmark server has ended") from exc
        return msgspec.json.decode(self._line(), type=Stats)

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.server", *self._arguments]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.place = msgspec.json.decode(self._line(), type=Place)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        stdin, stdout = self._pipes()
        stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        stdout.close()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def _line(self) -> bytes:
        _, stdout = self._pipes()
        line = stdout.readline()
        if not line:
            raise ServiceError(f"the benchmark server ended with exit code {self._process.wait(10)}")
        return line
