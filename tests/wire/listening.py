"""Servers on loopback that tell who is connected, and say back what they are told."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any


class Echo:
    """A server that says back what it is told, and first what it is made with."""

    def __init__(self, greeting: bytes = b"") -> None:
        self.greeting = greeting
        self.port = 0
        self.accepted = 0
        self.live: set[_Peer] = set()

    def origin(self, scheme: str = "https", host: str = "localhost") -> str:
        return f"{scheme}://{host}:{self.port}"

    async def until_live(self, count: int) -> None:
        """Wait until so many connections are open."""
        async with asyncio.timeout(5):
            while len(self.live) != count:
                await asyncio.sleep(0.005)

    async def until_accepted(self, count: int = 1) -> None:
        async with asyncio.timeout(5):
            while self.accepted < count:
                await asyncio.sleep(0.005)

    @property
    def peer(self) -> _Peer:
        (only,) = self.live
        return only


class _Peer(asyncio.Protocol):
    def __init__(self, echo: Echo) -> None:
        self._echo = echo
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._echo.live.add(self)
        self._echo.accepted += 1
        if self._echo.greeting:
            self.transport.write(self._echo.greeting)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._echo.live.discard(self)

    @property
    def subject(self) -> object:
        """Whom the client's certificate is for; None without one."""
        certificate: dict[str, object] = self.transport.get_extra_info("peercert") or {}
        return certificate.get("subject")


@asynccontextmanager
async def echo(
    tls: ssl.SSLContext | None = None, *, greeting: bytes = b"", host: str = "127.0.0.1"
) -> AsyncGenerator[Echo, None]:
    """A running one. It ends what is still open when it is left."""
    made = Echo(greeting)
    server = await asyncio.get_running_loop().create_server(lambda: _Peer(made), host, 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for peer in list(made.live):
            peer.transport.abort()
        await made.until_live(0)


@contextmanager
def alerting(tls: ssl.SSLContext) -> Generator[int, None, None]:
    """The port of a server that says why it refuses a client, as servers do; asyncio's hang up without a word.

    It says back what it is told, to one client at a time.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_serve, args=(listening, tls))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listening: socket.socket, tls: ssl.SSLContext) -> None:
    while True:
        try:
            raw, _ = listening.accept()
        except OSError:
            return  # shut down
        raw.settimeout(5)
        try:
            with tls.wrap_socket(raw, server_side=True) as peer:
                while data := peer.recv(65536):
                    peer.sendall(data)
        except OSError:
            raw.close()


class Listener(asyncio.Protocol):
    """The client's side: keeps what it is told."""

    def __init__(self) -> None:
        self.received = b""
        self.lost = asyncio.Event()
        self.failure: Exception | None = None

    def data_received(self, data: bytes) -> None:
        self.received += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.failure = exc
        self.lost.set()

    async def until(self, received: bytes) -> None:
        async with asyncio.timeout(5):
            while self.received != received:
                await asyncio.sleep(0.005)
