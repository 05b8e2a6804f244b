"""Servers from the package index, each with the same application behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.live.certificates import Certificates
from tests.live.processes import Port, Program, Word, python


def granian(
    certificates: Certificates | None, home: Path, *, name: str = "granian", more: Sequence[Word] = ()
) -> Program:
    port = Port()
    tls: list[Word] = []
    if certificates is not None:
        tls = ["--ssl-certificate", certificates.chain, "--ssl-keyfile", certificates.key]
    limits: list[Word] = ["--backlog", 4096, "--backpressure", 4096]  # of requests at once: a 503 is not what is tested
    command = python(
        "granian", "--interface", "asgi", "--port", port.number, *limits, *tls, *more, "tests.live.app:app"
    )
    return Program(name, command, port=port, home=home)


def hypercorn(certificates: Certificates | None, home: Path, *, name: str = "hypercorn") -> Program:
    port = Port()
    tls: list[Word] = [] if certificates is None else ["--certfile", certificates.chain, "--keyfile", certificates.key]
    bind: list[Word] = ["--bind", f"127.0.0.1:{port.number}", "--backlog", 4096, "--graceful-timeout", 1]
    return Program(name, python("hypercorn", *bind, *tls, "tests.live.app:app"), port=port, home=home)


def aiohttp(certificates: Certificates | None, home: Path, *, name: str = "aiohttp") -> Program:
    port = Port()
    tls: list[Word] = [] if certificates is None else [certificates.chain, certificates.key]
    return Program(name, python("tests.live.aiohttp_server", port.number, *tls), port=port, home=home)


def proxy(home: Path, *, credentials: str | None = None) -> Program:
    """proxy.py, which takes CONNECT and plain requests."""
    port = Port()
    auth: list[Word] = [] if credentials is None else ["--basic-auth", credentials]
    command = python("proxy", "--hostname", "127.0.0.1", "--port", port.number, "--num-workers", 1, *auth)
    return Program("proxy", command, port=port, home=home)
