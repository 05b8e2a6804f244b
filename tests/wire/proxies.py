"""Proxies on loopback: a real one as a process of its own, and one that does what its script says."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from mistral_async.settings import TLS, Proxy
from mistral_async.wire.dial import Dialer
from mistral_async.wire.tls import make_context
from tests.wire.listening import Listener

BOTH = ("h2", "http/1.1")
MADE = b"HTTP/1.1 200 Connection established\r\n\r\n"


def dialer(proxy: int | Proxy, ca: Path | None = None) -> Dialer:
    way = Proxy(url=f"http://127.0.0.1:{proxy}") if isinstance(proxy, int) else proxy
    return Dialer(tls=make_context(TLS(ca=ca)), proxy=lambda origin: way)


async def exchange(dialed_by: Dialer, origin: str) -> str | None:
    """Say something, hear it again, and hang up; what was agreed on."""
    dialed = await dialed_by.dial(origin, alpn=BOTH)
    listener = Listener()
    dialed.hand_to(listener)
    dialed.transport.write(b"over the way" * 10_000)
    await listener.until(b"over the way" * 10_000)
    dialed.transport.close()
    await listener.lost.wait()
    return dialed.alpn


@contextmanager
def proxy_py(
    directory: Path, *, credentials: str | None = None, tls: tuple[Path, Path] | None = None
) -> Generator[int, None, None]:
    """The port of a running proxy.py; ``credentials`` are ``user:password``, ``tls`` a certificate and its key."""
    log, port_file = directory / "proxy.log", directory / "proxy.port"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "0", "--port-file", str(port_file)]
    command += ["--num-workers", "1", "--num-acceptors", "1", "--data-dir", str(directory / "proxy")]
    if credentials is not None:
        command += ["--basic-auth", credentials]
    if tls is not None:
        command += ["--cert-file", str(tls[0]), "--key-file", str(tls[1])]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield _port(process, port_file, log)
    finally:
        process.terminate()
        process.wait(10)


def _port(process: subprocess.Popen[bytes], port_file: Path, log: Path) -> int:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        if port_file.exists() and (said := port_file.read_text()).endswith("\n"):
            return int(said)
        time.sleep(0.02)
    raise AssertionError(f"proxy.py did not start:\n{log.read_text()}")


class ScriptedProxy:
    """Answers each CONNECT with the same bytes. What it is told afterwards goes where it was asked to, or nowhere."""

    def __init__(self, answer: bytes, *, tunnel: bool, leave: bool) -> None:
        self.heads: list[bytes] = []
        self.open = 0
        self.port = 0
        self._answer = answer
        self._tunnel = tunnel
        self._leave = leave
        self._writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.open += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            writer.write(self._answer)
            await writer.drain()
            if self._tunnel:
                await self._relay(head, reader, writer)
            elif not self._leave:
                while await reader.read(65536):
                    pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # the other side left
        finally:
            writer.close()
            self.open -= 1

    async def _relay(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, _, port = head.split(b" ")[1].rpartition(b":")
        there, back = await asyncio.open_connection("127.0.0.1", int(port))
        self._writers.append(back)
        await asyncio.gather(_pump(reader, back), _pump(there, writer))

    async def until_free(self) -> None:
        """Wait until nobody is connected."""
        async with asyncio.timeout(5):
            while self.open:
                await asyncio.sleep(0.005)

    async def until_asked(self) -> None:
        async with asyncio.timeout(5):
            while not self.heads:
                await asyncio.sleep(0.005)

    def drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def scripted_proxy(
    answer: bytes = MADE, *, tunnel: bool = False, leave: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[ScriptedProxy, None]:
    """A running one. ``tunnel``: it opens the tunnel that it is asked for; ``leave``: it closes after its answer."""
    made = ScriptedProxy(answer, tunnel=tunnel, leave=leave)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.drop()
        await made.until_free()
