"""The workers, as their parent sees them: processes that share two ports."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import traceback
from types import TracebackType
from typing import Any, Self

from benchmarks.server.held import most_at_once
from benchmarks.server.state import Shared
from benchmarks.server.worker import Worker

_BACKLOG = 4096  # connections that come at once


class Workers:
    """So many processes: begun when this is made, ended when it is closed, or when this process is no more."""

    def __init__(self, count: int, context: ssl.SSLContext) -> None:
        # They keep the ports while the workers begin to listen on them.
        plain, secure = _bound(0), _bound(0)
        self.http: int = plain.getsockname()[1]
        self.https: int = secure.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._pids: list[int] = []
        for number in range(count):
            self._begin(number, count, context)
        self._readers = [line.makefile("r", encoding="ascii") for line in self._lines]
        for reader in self._readers:
            if reader.readline() != "listening\n":
                raise RuntimeError("a worker did not begin")
        plain.close()
        secure.close()

    def stats(self) -> dict[str, Any]:
        """What all of them say, together."""
        for line in self._lines:
            line.sendall(b"stats\n")
        told: list[dict[str, Any]] = [json.loads(reader.readline()) for reader in self._readers]
        return {
            "requests": sum(each["requests"] for each in told),
            "cpu": round(sum(each["cpu"] for each in told), 6),
            "held": most_at_once((since, until) for each in told for since, until in each["held"]),
            "connections": sum(each["connections"] for each in told),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        for reader, line in zip(self._readers, self._lines, strict=True):
            reader.close()
            line.close()
        for pid in self._pids:
            os.waitpid(pid, 0)

    def _begin(self, number: int, count: int, context: ssl.SSLContext) -> None:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid:
            theirs.close()
            self._lines.append(ours)
            self._pids.append(pid)
            return
        code = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            # With a copy of a line's other end here, another worker would not see that the parent is gone.
            for line in (*self._lines, ours):
                line.close()
            plain, secure = _bound(self.http), _bound(self.https)
            for listener in (plain, secure):
                listener.listen(_BACKLOG)
            worker = Worker(plain, secure, context, theirs, Shared(number, count))
            theirs.sendall(b"listening\n")
            worker.run()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)  # the rest is the parent's


def _bound(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("127.0.0.1", port))
    return sock
