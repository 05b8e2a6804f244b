"""Programs that are started when a test first asks for them, and run until the last test has ended."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self

from mistral_async import TLS, CircuitBreaker, MistralClient, Proxy, Retry, Timeout
from tests.live.certificates import Certificates
from tests.live.processes import Program


class Way(NamedTuple):
    """How a server is reached, and which version of HTTP must come of it."""

    program: Program
    version: Literal["2", "1.1"]
    authority: Path | None = None  # of its certificate; None where it is spoken to in the clear
    asked: Literal["auto", "2", "1.1"] = "auto"
    proxy: Proxy | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.authority else 'http'}://localhost:{self.program.port.number}"

    def client(
        self,
        *,
        timeout: Timeout = Timeout(),  # noqa: B008  # frozen
        retry: Retry | None = None,  # a failure shall be seen, not mended
        circuit_breaker: CircuitBreaker | None = None,
        max_connections: int = 1000,
        port: int | None = None,  # of something on the way to the server
    ) -> MistralClient:
        return MistralClient(
            api_key="made-up-key",
            base_url=self.url if port is None else f"{self.url.rpartition(':')[0]}:{port}",
            tls=TLS(ca=self.authority) if self.authority else None,
            http_version=self.asked,
            proxy=self.proxy,
            max_connections=max_connections,
            timeout=timeout,
            retry=retry,
            circuit_breaker=circuit_breaker,
        )


class Bench:
    """Where programs are started, each once, and run until it is left."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._certificates = Certificates.made_in(home)
        self._stack = contextlib.ExitStack()
        self._programs: dict[str, Program] = {}
        self._own: list[str] = []

    def program(self, name: str, make: Callable[[], Program]) -> Program:
        if name not in self._programs:
            self._programs[name] = self._stack.enter_context(make())
        return self._programs[name]

    def way(
        self,
        make: Callable[..., Program],
        version: Literal["2", "1.1"],
        *,
        name: str | None = None,  # of the program, where that of its maker would not tell it from another
        clear: bool = False,
        asked: Literal["auto", "2", "1.1"] = "auto",
        proxy: Proxy | None = None,
        **settings: object,
    ) -> Way:
        """The way to a program that others may use too."""
        name = name or make.__name__ + ("-clear" if clear else "")
        certificates = None if clear else self._certificates
        program = self.program(name, lambda: make(certificates, self.home, name=name, **settings))
        return Way(program, version, certificates and certificates.authority, asked, proxy)

    @contextlib.contextmanager
    def own(
        self, make: Callable[..., Program], version: Literal["2", "1.1"] = "2", **settings: object
    ) -> Generator[Way, None, None]:
        """The way to a program of one's own, to stop and to torment. It is stopped at the end of the block."""
        name = f"{make.__name__}-{len(self._own)}"
        self._own.append(name)
        with make(self._certificates, self.home, name=name, **settings) as program:
            yield Way(program, version, self._certificates.authority)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()
