"""A connection with TLS, and the certificate for it.

The records pass through memory: one read and one write of the socket, however many there are.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import cast

import trustme

from benchmarks.server.connection import RECEIVED, Connection
from benchmarks.server.state import Shared

_RECORD = 16 * 1024  # bytes at most in one record; source: RFC 8446 section 5.1
_WRITTEN = 256 * 1024  # bytes encrypted at once; more do not stay in the cache until they are sent


def context_in(directory: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server needs, with a certificate of an authority made up now; and that authority's file."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    path = directory / "ca.pem"
    authority.cert_pem.write_to_path(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)  # pyright: ignore[reportUnknownMemberType]  # pyOpenSSL has no types
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context, path


class TlsConnection(Connection):
    """``greeted`` is called with the protocol that was agreed on, when it is."""

    def __init__(
        self,
        sock: socket.socket,
        shared: Shared,
        poll: select.epoll,
        forget: Callable[[Connection], None],
        context: ssl.SSLContext,
        greeted: Callable[[Connection, str | None], None],
    ) -> None:
        super().__init__(sock, shared, poll, forget)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._greeted = greeted
        self._open = False

    def write(self, data: bytes) -> None:
        if len(data) <= _WRITTEN:
            self._tls.write(data)
            super().write(self._outgoing.read())
            return
        view = memoryview(data)
        for at in range(0, len(view), _WRITTEN):
            if not self.closed:
                self._tls.write(view[at : at + _WRITTEN])
                super().write(self._outgoing.read())

    def _read(self) -> None:
        incoming, tls = self._incoming, self._tls
        if self._open and self.talk.bulk:
            self._read_much()
            return
        data = self._receive(RECEIVED)
        if not data:
            self.close()
            return
        incoming.write(data)
        if not self._open and not self._greet():
            return
        parts: list[bytes] = []
        ended = False
        # What is left in `incoming` may be a part of a record; what OpenSSL has taken from it is whole ones.
        while incoming.pending:
            try:
                part = tls.read(_RECORD)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                ended = True
                break
            if not part:
                ended = True
                break
            parts.append(part)
        if parts:
            self.talk.receive(parts[0] if len(parts) == 1 else b"".join(parts))
        if ended and not self.closed:
            self._farewell()

    def _read_much(self) -> None:
        shared, incoming = self._shared, self._incoming
        size = self._socket.recv_into(shared.buffer)
        if not size:
            self.close()
            return
        incoming.write(shared.buffer[:size])
        plain, filled, ended = shared.plain, 0, False
        while incoming.pending:
            try:
                # With a buffer it returns how much it put there, whatever typeshed says.
                filled += cast(int, self._tls.read(_RECORD, plain[filled : filled + _RECORD]))
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                ended = True
                break
        if filled:
            self.talk.receive(plain[:filled])
        if ended and not self.closed:
            self._farewell()

    def _greet(self) -> bool:
        """Go on with the handshake; whether it is complete."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._open = False
        else:
            self._open = True
        if self._outgoing.pending:
            super().write(self._outgoing.read())
        if self._open:
            self._greeted(self, self._tls.selected_alpn_protocol())
        return self._open and not self.closed

    def _farewell(self) -> None:
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            pass
        super().write(self._outgoing.read())
        self.close()
