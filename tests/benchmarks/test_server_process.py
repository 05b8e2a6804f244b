"""The benchmark server as a process: how it begins, what it says, how it ends."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from tests.benchmarks.serving import LIMIT, Answer, chat, post, serving


def _gone(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_it_ends_when_its_input_does_and_leaves_no_file() -> None:
    with serving("--workers", "2") as server:
        authority = Path(server.authority)
        assert authority.exists()

    assert server.process.returncode == 0
    assert not authority.parent.exists()
    assert _gone(server.http)
    assert _gone(server.https)


def test_it_leaves_no_file_when_it_is_told_to_end() -> None:
    with serving("--workers", "2") as server:
        server.process.terminate()
        server.process.wait(LIMIT)

        assert not Path(server.authority).parent.exists()
        assert _gone(server.http)


def test_its_workers_end_when_it_is_killed() -> None:
    with serving("--workers", "2") as server:
        server.process.kill()
        server.process.wait(LIMIT)
        limit = time.monotonic() + LIMIT
        while not (_gone(server.http) and _gone(server.https)):
            assert time.monotonic() < limit
            time.sleep(0.02)
        Path(server.authority).unlink()
        Path(server.authority).parent.rmdir()


def test_it_counts_requests_and_connections() -> None:
    with serving("--workers", "3") as server:
        assert server.workers == 3
        sockets = [server.connect() for _ in range(9)]
        for sock in sockets:
            sock.sendall(post("/v1/chat/completions", chat("small")) * 2)
            assert Answer(sock).status == 200
        while (stats := server.stats())["requests"] < 18:
            time.sleep(0.01)
        for sock in sockets:
            sock.close()

        assert stats["requests"] == 18
        assert stats["connections"] == 9
        assert stats["held"] == 0
        while server.stats()["connections"]:
            time.sleep(0.01)


def test_it_does_nothing_where_there_is_nothing_to_do() -> None:
    with serving("--workers", "1") as server:
        before = server.stats()["cpu"]
        time.sleep(0.5)
        assert server.stats()["cpu"] - before < 0.1
