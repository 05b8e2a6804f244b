"""Programs of others as child processes: started on a port of the kernel's choice, and stopped by their pid."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

ROOT = Path(__file__).parents[2]
START_LIMIT = 20.0  # seconds for a program to listen: several start at once on a busy machine
STOP_LIMIT = 5.0  # seconds for it to end when asked, before it is made to

Word: TypeAlias = str | Path | int
"""Of a command line."""

started: list[Program] = []  # whose logs belong into the report of a test that fails


class Port:
    """A port that nobody else is given, for as long as this lives, whether a program listens on it or not.

    It is held by a socket that is bound and does not listen: Linux lets another socket bind it and listen, as both ask
    for SO_REUSEADDR, and no outgoing connection gets it, with which one could meet oneself where the server is away.
    """

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number: int = self._socket.getsockname()[1]

    def close(self) -> None:
        self._socket.close()


class Program:
    """One program that listens on one port, in a process group of its own."""

    def __init__(
        self, name: str, command: Sequence[Word], *, port: Port, home: Path, env: Mapping[str, str] = {}
    ) -> None:
        self.name = name
        self.port = port
        self._command = [str(part) for part in command]
        self._env = {**os.environ, **env}
        self._log = home / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process is not None

    @property
    def log(self) -> str:
        """The last of what it said."""
        return self._log.read_text(errors="replace")[-8000:] if self._log.exists() else ""

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        if self not in started:
            started.append(self)
        limit = time.monotonic() + START_LIMIT
        while not self._listens():
            code = self._process.poll()
            if code is not None or time.monotonic() > limit:
                log_text = self.log
                self.kill()
                how = "does not listen" if code is None else f"ended with status {code}"
                raise AssertionError(f"{self.name} {how}: {' '.join(self._command)}\n{log_text}")
            time.sleep(0.02)

    def signal(self, number: signal.Signals) -> None:
        """To the first process alone, which knows what to do with it."""
        os.kill(self.pid, number)

    def freeze(self) -> None:
        """Let it, and what it has started, do nothing: the kernel takes connections for it, and nobody answers."""
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """Ask it to end, and make it end where it does not."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                pass
        self.kill()

    def kill(self) -> None:
        """End it and what it has started, without a word."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)  # the group is ours: it was made for this program
        except ProcessLookupError:
            pass
        self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        self.port.close()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            return probe.connect_ex(("127.0.0.1", self.port.number)) == 0


def python(module: str, *arguments: Word) -> list[Word]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *arguments]
