"""Connections to origins, opened directly or through a proxy."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from typing import cast

from mistral_async.origin import Origin
from mistral_async.settings import Proxy
from mistral_async.wire.addresses import connect
from mistral_async.wire.failures import ProxyRefused
from mistral_async.wire.proxies import HUNG_UP, connect_answer, connect_request, unreachable
from mistral_async.wire.tls import make_context, offering

HEAD_SIZE = 64 * 1024  # bytes; what a proxy may answer to CONNECT, and an origin say before it was asked anything
NO_LIMIT = 24 * 3600.0  # seconds; who dials says how long that may take, where asyncio would say 60
GOODBYE = 2.0  # seconds for the end of TLS: few peers answer it, and nothing depends on it


class Early(asyncio.Protocol):
    """Keeps what arrives before anybody took the connection over."""

    def __init__(self) -> None:
        self.successor: asyncio.Protocol | None = None  # who took over
        self.received = bytearray()
        self.lost = False
        self.failure: Exception | None = None
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        if len(self.received) > HEAD_SIZE and self._transport is not None:
            self._transport.abort()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost, self.failure = True, exc
        self._wake()
        if self.successor is not None:
            # asyncio may still call this protocol's connection_lost after set_protocol.
            self.successor.connection_lost(exc)

    async def changed(self) -> None:
        """Wait for more, or the end."""
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Dialed:
    """An open connection that waits for a protocol, which ``hand_to`` gives it.

    ``alpn`` is what was agreed on, None where nothing was.
    """

    __slots__ = ("_early", "_received", "alpn", "transport")

    def __init__(
        self, transport: asyncio.Transport, alpn: str | None, received: bytes = b"", early: Early | None = None
    ) -> None:
        self.transport = transport
        self.alpn = alpn
        self._received = received
        self._early = early

    @property
    def received(self) -> bytes:
        """What has arrived until now, and until another protocol is set."""
        return self._received if self._early is None else bytes(self._early.received)

    def hand_to(self, protocol: asyncio.Protocol) -> None:
        """Let the protocol take over. It is told all that happened until now, the end included if that came."""
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        if received := self.received:
            protocol.data_received(received)
        if self._early is None:
            return
        self._early.successor = protocol
        if self._early.lost:
            protocol.connection_lost(self._early.failure)


class Dialer:
    """Opens connections to origins.

    ``tls`` is a context that is ready but for ALPN, None for the system's trust; ``proxy`` says which proxy an origin
    is reached through.
    """

    def __init__(self, *, tls: ssl.SSLContext | None, proxy: Callable[[str], Proxy | None]) -> None:
        self._tls = tls
        self._proxy = proxy
        self._offering: dict[tuple[str, ...], ssl.SSLContext] = {}

    async def dial(self, origin: str, *, alpn: Sequence[str]) -> Dialed:
        """Connect, securely where the origin is https. Nothing stays open when it fails or is cancelled.

        There is no limit of time here. Raises ``OSError``, of which ``ssl.SSLError`` and ``ProxyRefused`` say more.
        """
        target = Origin.of(origin)
        proxy = self._proxy(origin)
        line = await (_connected(target) if proxy is None else self._through(proxy, target))
        if target.scheme == "https":
            await line.secure(self._context(alpn), target.host)
        return line.dialed()

    async def _through(self, proxy: Proxy, target: Origin) -> _Line:
        at = Origin.of(proxy.url)
        try:
            line = await _connected(at)
            if at.scheme == "https":
                await line.secure(self._context(["http/1.1"]), at.host)
        except OSError as exc:
            raise unreachable(at.authority, exc) from exc
        await line.open_tunnel(target, proxy)
        return line

    def _context(self, alpn: Sequence[str]) -> ssl.SSLContext:
        wanted = tuple(alpn)
        if wanted not in self._offering:
            self._offering[wanted] = offering(self._tls or make_context(None), wanted)
        return self._offering[wanted]


class _Line:
    """A connection while it is made. What fails in a step of it closes it."""

    def __init__(self, transport: asyncio.Transport, early: Early) -> None:
        self._transport = transport
        self._early = early

    async def secure(self, tls: ssl.SSLContext, host: str) -> None:
        """Put TLS around what follows, inside of TLS that may be there."""
        early = Early()
        try:
            if self._early.received:
                raise OSError("it spoke before TLS began: is it https?")
            secured = await asyncio.get_running_loop().start_tls(
                self._transport,
                early,
                tls,
                # Source: RFC 6066 section 3 (without the dot at the end); a zone is ours alone (RFC 6874 section 1).
                server_hostname=host.partition("%")[0].rstrip("."),
                ssl_handshake_timeout=NO_LIMIT,
                ssl_shutdown_timeout=GOODBYE,
            )
            if secured is None:  # the peer was gone at the very end of the handshake
                raise ConnectionResetError
        except BaseException as exc:
            self._transport.abort()
            if isinstance(exc, OSError) and not str(exc):
                raise ConnectionResetError("the connection was closed while TLS began") from exc
            raise
        self._transport, self._early = secured, early
        early.connection_made(secured)

    async def open_tunnel(self, target: Origin, proxy: Proxy) -> None:
        """CONNECT. Source: RFC 9110 section 9.3.6."""
        try:
            self._transport.write(connect_request(target, proxy))
            while not connect_answer(await self._head(), proxy):
                pass
        except BaseException:
            self._transport.abort()
            raise

    async def _head(self) -> bytes:
        early = self._early
        while (end := early.received.find(b"\r\n\r\n")) < 0:
            if len(early.received) > HEAD_SIZE:
                raise ProxyRefused(f"its answer to CONNECT has a head of more than {HEAD_SIZE} bytes")
            if early.lost:
                raise ProxyRefused(HUNG_UP) from early.failure
            await early.changed()
        head = bytes(early.received[:end])
        del early.received[: end + 4]
        return head

    def dialed(self) -> Dialed:
        tls: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object")
        return Dialed(self._transport, tls.selected_alpn_protocol() if tls else None, early=self._early)


async def _connected(there: Origin) -> _Line:
    raw = await connect(there.host, there.port)
    return _Line(*await asyncio.get_running_loop().create_connection(Early, sock=raw))
