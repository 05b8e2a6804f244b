"""The benchmark server as a process, and raw sockets to talk to it."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

LIMIT = 20.0  # seconds for anything


class Served:
    """A running server."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self._questions, self._answers = process.stdin, process.stdout
        said = json.loads(self._answers.readline())
        self.http: int = said["http"]
        self.https: int = said["https"]
        self.authority: str = said["ca"]
        self.workers: int = said["workers"]

    def url(self, *, tls: bool) -> str:
        return f"https://localhost:{self.https}" if tls else f"http://127.0.0.1:{self.http}"

    def stats(self) -> dict[str, Any]:
        self._questions.write("stats\n")
        self._questions.flush()
        told: dict[str, Any] = json.loads(self._answers.readline())
        return told

    def connect(self, protocol: str | None = None) -> socket.socket:
        """A connection without TLS, or with it where a protocol is named."""
        port = self.http if protocol is None else self.https
        sock = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if protocol is None:
            return sock
        context = ssl.create_default_context(cafile=self.authority)
        context.set_alpn_protocols([protocol])
        secure = context.wrap_socket(sock, server_hostname="localhost")
        assert secure.selected_alpn_protocol() == protocol
        return secure


@contextmanager
def serving(*arguments: str) -> Generator[Served, None, None]:
    """Run it; it ends with the block."""
    command = (sys.executable, "-m", "benchmarks.server", *arguments)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Served(process)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.close()
            process.wait(LIMIT)
        finally:
            process.kill()  # does nothing to one that ended
            process.wait()
            process.stdout.close()


def post(path: str, body: bytes, **fields: str) -> bytes:
    """A request of HTTP/1.1."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"POST {path} HTTP/1.1\r\nhost: localhost\r\n{more}content-length: {len(body)}\r\n\r\n".encode() + body


def chat(model: str, *, stream: bool = False) -> bytes:
    return json.dumps({"model": model, "messages": [{"role": "user", "content": "Well?"}], "stream": stream}).encode()


class Answer:
    """One answer of HTTP/1.1, as it is read from a socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._data = b""
        head = self._line_end(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ")[1])
        self.fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        self.number = len(lines)
        self.chunks: list[bytes] = []
        if "content-length" in self.fields:
            self.body = self._exactly(int(self.fields["content-length"]))
            return
        while size := int(self._line_end(b"\r\n"), 16):
            self.chunks.append(self._exactly(size))
            assert self._exactly(2) == b"\r\n"
        assert self._exactly(2) == b"\r\n"
        self.body = b"".join(self.chunks)

    @property
    def rest(self) -> bytes:
        """What came after it."""
        return self._data

    def _line_end(self, end: bytes) -> bytes:
        while end not in self._data:
            self._more()
        line, _, self._data = self._data.partition(end)
        return line

    def _exactly(self, size: int) -> bytes:
        while len(self._data) < size:
            self._more()
        part, self._data = self._data[:size], self._data[size:]
        return part

    def _more(self) -> None:
        data = self._sock.recv(65536)
        assert data, "the server closed the connection"
        self._data += data
