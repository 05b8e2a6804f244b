"""One connection: bytes from its socket to its protocol, and back as far as the peer takes them."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from typing import Protocol

from benchmarks.server.state import Shared

READ, READ_AND_WRITE = select.EPOLLIN, select.EPOLLIN | select.EPOLLOUT
RECEIVED = 64 * 1024  # bytes taken at once


class Talk(Protocol):
    """A protocol's side of a connection."""

    bulk: bool  # much is expected: an upload

    def receive(self, data: bytes | memoryview, /) -> None:
        """Bytes came, cut anywhere. A view is to be read at once: it does not stay as it is."""
        ...

    def more(self) -> bool:
        """The peer took all that was written: write more, where there is more; whether there is more still."""
        ...

    def lost(self) -> None:
        """The connection is closed."""
        ...


class Connection:
    """A socket without TLS. ``ready`` is called when epoll says that something can be done."""

    def __init__(
        self, sock: socket.socket, shared: Shared, poll: select.epoll, forget: Callable[[Connection], None]
    ) -> None:
        self.fileno = sock.fileno()
        self.talk: Talk
        self.closed = False
        self._socket = sock
        self._receive = sock.recv
        self._send = sock.send
        self._shared = shared
        self._poll = poll
        self._forget = forget
        self._unsent: list[memoryview] = []
        self._mask = READ
        poll.register(sock, READ)

    def ready(self, events: int) -> None:
        try:
            if events & ~select.EPOLLOUT:
                self._read()
            if events & select.EPOLLOUT and not self.closed:
                self._write_more()
        except BlockingIOError:
            pass
        except OSError:  # of TLS too
            self.close()

    def write(self, data: bytes) -> None:
        """Send it, now or when the peer takes it."""
        if self._unsent:
            self._unsent.append(memoryview(data))
            return
        try:
            sent = self._send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        if sent < len(data):
            self._unsent.append(memoryview(data)[sent:])
            self.want_more()

    @property
    def blocked(self) -> bool:
        """The peer has not taken all that was written."""
        return bool(self._unsent)

    def want_more(self) -> None:
        """Call ``more`` of the protocol when the peer takes more."""
        if self._mask != READ_AND_WRITE and not self.closed:
            self._mask = READ_AND_WRITE
            self._poll.modify(self.fileno, READ_AND_WRITE)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._poll.unregister(self.fileno)
            self._socket.close()
            self._unsent.clear()
            self._forget(self)
            self.talk.lost()

    def _read(self) -> None:
        if self.talk.bulk:
            shared = self._shared
            size = self._socket.recv_into(shared.buffer)
            if size:
                self.talk.receive(shared.buffer[:size])
            else:
                self.close()
            return
        data = self._receive(RECEIVED)
        if data:
            self.talk.receive(data)
        else:
            self.close()

    def _write_more(self) -> None:
        unsent = self._unsent
        while unsent:
            sent = self._send(unsent[0])
            if sent < len(unsent[0]):
                unsent[0] = unsent[0][sent:]
                return
            del unsent[0]
        if not self.talk.more() and not self._unsent and not self.closed:
            self._mask = READ
            self._poll.modify(self.fileno, READ)
