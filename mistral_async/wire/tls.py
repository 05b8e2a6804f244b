"""Contexts for TLS: of the settings, or the user's own; and what they offer by ALPN."""

from __future__ import annotations

import functools
import ssl
import threading
from collections.abc import Sequence

from mistral_async.settings import TLS

# Source: RFC 7301 sections 3.1 and 6.
HTTP2, HTTP1 = "h2", "http/1.1"

# Held while a context offers what it does not offer otherwise.
_LOCK = threading.Lock()


def make_context(tls: TLS | ssl.SSLContext | None, *, alpn: Sequence[str] | None = None) -> ssl.SSLContext:
    """A context that does what ``tls`` says and offers ``alpn``; None leaves what is offered as it is.

    A context of the user's cannot be copied, and others may use it too: what is returned then is another one that
    borrows it (``offering``). The same goes for the system's trust, which is loaded once: it is long.

    Raises ``ValueError`` naming what of the settings is wrong.
    """
    if isinstance(tls, ssl.SSLContext):
        if tls.protocol == ssl.PROTOCOL_TLS_SERVER:
            raise ValueError("tls: the context is a server's; ssl.create_default_context() makes a client's")
        made = tls
    elif tls is None:
        made = _system()
    else:
        made = ssl.create_default_context() if tls.ca is None else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.configure(made)
    return made if alpn is None else offering(made, alpn)


def offering(context: ssl.SSLContext, alpn: Sequence[str]) -> ssl.SSLContext:
    """A context that does what another does, but offers ``alpn``. The other one is left as it is."""
    return Borrowed(context.lender if isinstance(context, Borrowed) else context, alpn)


class Borrowed(ssl.SSLContext):
    """Makes connections by another context, which offers something else for as long as it takes to begin one.

    OpenSSL copies what is offered from the context when a connection begins (SSL_new(3)), so it can be put back at
    once. No attribute tells what that was: it is read from the first message of a handshake that goes nowhere. What
    else uses the context in another thread may meet it in between.
    """

    lender: ssl.SSLContext
    _alpn: list[str]

    def __new__(cls, lender: ssl.SSLContext, alpn: Sequence[str]) -> Borrowed:
        made = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        made.lender = lender
        made._alpn = list(alpn)
        return made

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """What asyncio, and any loop that fits it, begins a connection by."""
        with _LOCK:
            before = offered(self.lender)
            _offer(self.lender, self._alpn)
            try:
                return self.lender.wrap_bio(incoming, outgoing, server_side, server_hostname, session)
            finally:
                _offer(self.lender, before)


def offered(context: ssl.SSLContext) -> list[str]:
    """What a context offers by ALPN, in its order."""
    outgoing = ssl.MemoryBIO()
    probe = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    try:
        probe.do_handshake()
    except ssl.SSLWantReadError:
        pass  # it waits for an answer that nobody gives
    return _alpn_of(outgoing.read())


def _offer(context: ssl.SSLContext, alpn: list[str]) -> None:
    try:
        context.set_alpn_protocols(alpn)
    except MemoryError:
        if alpn:
            raise
        # OpenSSL 1.1.1 says this of an empty list, after it has forgotten the one before.


def _alpn_of(hello: bytes) -> list[str]:
    # Source: RFC 8446 sections 5.1 (5 bytes before a record), 4 (4 before a message) and 4.1.2 (ClientHello).
    at = 5 + 4 + 2 + 32  # version, random
    at += 1 + hello[at]  # session id
    at += 2 + int.from_bytes(hello[at : at + 2])  # cipher suites
    at += 1 + hello[at]  # compression methods
    at += 2  # length of all extensions
    while at + 4 <= len(hello):
        kind, length = int.from_bytes(hello[at : at + 2]), int.from_bytes(hello[at + 2 : at + 4])
        if kind == 16:  # application_layer_protocol_negotiation. Source: RFC 7301 sections 3.1 and 6
            return _names(hello[at + 6 : at + 4 + length])
        at += 4 + length
    return []


def _names(listed: bytes) -> list[str]:
    names: list[str] = []
    while listed:
        names.append(listed[1 : 1 + listed[0]].decode("ascii"))
        listed = listed[1 + listed[0] :]
    return names


@functools.lru_cache(maxsize=1)
def _system() -> ssl.SSLContext:
    return ssl.create_default_context()
