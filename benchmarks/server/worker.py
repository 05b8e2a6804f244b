"""One worker: a loop over what is ready, and over what is due."""

from __future__ import annotations

import gc
import json
import select
import socket
import ssl
import time

from benchmarks.server.connection import Connection
from benchmarks.server.http1 import Http1
from benchmarks.server.http2 import Http2
from benchmarks.server.opening import Opening
from benchmarks.server.state import Shared
from benchmarks.server.tls import TlsConnection


class Worker:
    """Serves two listening sockets until ``control``, the line to its parent, ends."""

    def __init__(
        self, plain: socket.socket, secure: socket.socket, context: ssl.SSLContext, control: socket.socket,
        shared: Shared,
    ) -> None:  # fmt: skip
        self._plain = plain
        self._secure = secure
        self._context = context
        self._control = control
        self._shared = shared
        self._poll = select.epoll()
        self._connections: dict[int, Connection] = {}

    def run(self) -> None:
        gc.freeze()  # what is there now stays
        gc.set_threshold(100_000, 50, 50)
        for each in (self._plain, self._secure, self._control):
            each.setblocking(False)
            self._poll.register(each, select.EPOLLIN)
        connections, shared, poll = self._connections, self._shared, self._poll
        fileno = poll.fileno()
        while True:
            wait = shared.run_due()
            shared.heads.look()
            # epoll waits for whole milliseconds: too coarse for phases of live streams.
            if wait is not None and not select.select((fileno,), (), (), wait)[0]:
                continue
            ready = poll.poll(None if wait is None else 0)
            for number, events in ready:
                connection = connections.get(number)
                if connection is not None:
                    connection.ready(events)
                elif number == self._control.fileno():
                    if not self._report():
                        return
                elif number == self._plain.fileno():
                    self._accept(self._plain, secure=False)
                elif number == self._secure.fileno():
                    self._accept(self._secure, secure=True)

    def _accept(self, listener: socket.socket, *, secure: bool) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return  # there is no more, or it is gone already
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if secure:
                connection: Connection = TlsConnection(
                    sock, self._shared, self._poll, self._forget, self._context, self._greeted
                )
            else:
                connection = Connection(sock, self._shared, self._poll, self._forget)
            connection.talk = Opening(connection, self._shared)
            self._connections[connection.fileno] = connection

    def _greeted(self, connection: Connection, agreed: str | None) -> None:
        if agreed == "h2":
            connection.talk = Http2(connection, self._shared)
        else:
            connection.talk = Http1(connection, self._shared)

    def _forget(self, connection: Connection) -> None:
        del self._connections[connection.fileno]

    def _report(self) -> bool:
        """Answer a question of the parent's; whether there is a parent."""
        if not self._control.recv(64):
            return False
        shared = self._shared
        report = {
            "requests": shared.requests,
            "cpu": time.process_time(),
            "connections": len(self._connections),
            "held": shared.held.take(),
        }
        self._control.setblocking(True)
        self._control.sendall(json.dumps(report).encode() + b"\n")
        self._control.setblocking(False)
        return True
