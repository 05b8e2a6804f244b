"""The network: every origin, in the version of HTTP that it speaks, from whatever event loop.

A version is loaded when it is spoken: aiohttp alone takes longer to load than a first answer over HTTP/2 to come.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from mistral_async.http import NO_URL, Request, Response, Sending, Transport
from mistral_async.settings import Proxy, Settings
from mistral_async.settings.client import Compression, HttpVersion
from mistral_async.wire.content_coding import accept, decoded
from mistral_async.wire.failures import closed_here
from mistral_async.wire.loops import PerLoop
from mistral_async.wire.memory import keep_pieces
from mistral_async.wire.proxies import proxy_for
from mistral_async.wire.tls import HTTP1, HTTP2, make_context

if TYPE_CHECKING:
    from mistral_async.wire.dial import Dialer


class Network:
    """Opens connections when they are needed; they belong to the loop they were opened in, which closes them.

    It may be made before any loop runs and used from several. After a fork it starts with no connection.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises ``ValueError`` where the settings for TLS do not hold."""
        keep_pieces()
        if _is_http1(settings.http_version, settings.base_url):
            import_module("mistral_async.wire.http1")  # here, for no loop to be held up by it later
        self._compression: Compression = settings.compression
        self._loops = PerLoop(functools.partial(_make, settings, _Tls(settings)))

    async def send(self, request: Request, /) -> Response:
        """Send it, and return when the head of the response is there."""
        if "accept-encoding" not in request.headers:
            request = request.with_headers({"accept-encoding": accept(request, self._compression)})
        here = self._loops.present() or await self._loops.get()
        return decoded(await here.send(request), request)

    async def aclose(self) -> None:
        """Close every connection, those of other loops included where these run. A loop that rests closes its own."""
        await self._loops.aclose()


class LoopNetwork:
    """The network as seen from one event loop: one way to each origin."""

    def __init__(
        self,
        *,
        http_version: HttpVersion,
        http1: Callable[[], Transport],
        dialer: Callable[[], Dialer],
        max_connections: int,
    ) -> None:
        self._http_version: HttpVersion = http_version
        self._http1 = _WhenNeeded(http1)
        self._dialer = functools.cache(dialer)
        self._max_connections = max_connections
        self._ways: dict[str, Transport] = {}
        # One client asks one origin, as a rule: remembering it spares finding its end in every URL.
        self._latest: Transport = self._http1  # the way that was taken last,
        self._latest_root = NO_URL  # and how the URLs begin that it is for

    def send(self, request: Request, /) -> Sending:
        """Send it the way that its origin wants."""
        way = self._latest if request.url.startswith(self._latest_root) else self._way_of(request)
        return way.send(request)

    async def aclose(self) -> None:
        """Close every connection, side by side: each may wait a moment for its peer."""
        ways = {id(way): way for way in [*self._ways.values(), self._http1]}
        await asyncio.gather(*(way.aclose() for way in ways.values()))

    def _way_of(self, request: Request) -> Transport:
        origin = request.origin
        way = self._ways.get(origin)
        if way is None:
            way = self._ways[origin] = self._way_to(origin)
        self._latest, self._latest_root = way, f"{origin}/"
        return way

    def _way_to(self, origin: str) -> Transport:
        if _is_http1(self._http_version, origin):
            return self._http1
        from mistral_async.wire.http2.pool import Pool
        from mistral_async.wire.negotiation import Insisted, Negotiated

        def pool(*alpn: str) -> Pool:
            dial = functools.partial(self._dialer().dial, origin, alpn=alpn)
            return Pool(dial, max_connections=self._max_connections)

        if self._http_version == "auto":
            return Negotiated(pool(HTTP2, HTTP1), self._http1)
        # Without TLS, that it is HTTP/2 is known beforehand. Source: RFC 9113 section 3.3.
        return Insisted(pool(HTTP2) if origin.startswith("https:") else pool())


def _is_http1(http_version: HttpVersion, url: str) -> bool:
    """Whether a URL's origin is spoken to in HTTP/1.1, without asking it."""
    return http_version == "1.1" or (http_version == "auto" and not url.startswith("https:"))


class _WhenNeeded:
    """A transport that is made for its first request, if one ever comes."""

    def __init__(self, make: Callable[[], Transport]) -> None:
        self._make = make
        self._made: Transport | None = None
        self._closed = False

    def send(self, request: Request, /) -> Sending:
        """Send it, and return when the head of the response is there."""
        if self._made is None:
            if self._closed:
                raise closed_here(request, answered=False, processed=False)
            self._made = self._make()
        return self._made.send(request)

    async def aclose(self) -> None:
        """Close it, and make none any more."""
        self._closed = True
        if self._made is not None:
            await self._made.aclose()


class _Tls:
    """The contexts of a client, made when first needed where nothing can be wrong with them."""

    def __init__(self, settings: Settings) -> None:
        self.base = make_context(settings.tls) if settings.tls is not None else None
        self._http1: ssl.SSLContext | None = None

    def http1(self) -> ssl.SSLContext:
        """For aiohttp, which must not be chosen for HTTP/2."""
        if self._http1 is None:
            self._http1 = make_context(self.base, alpn=[HTTP1])
        return self._http1


def _make(settings: Settings, tls: _Tls) -> LoopNetwork:
    proxy: Callable[[str], Proxy | None] = functools.partial(
        proxy_for, proxy=settings.proxy, trust_env=settings.trust_env
    )
    return LoopNetwork(
        http_version=settings.http_version,
        http1=lambda: _http1(settings, tls, proxy),
        dialer=lambda: _dialer(tls, proxy),
        max_connections=settings.max_connections,
    )


def _dialer(tls: _Tls, proxy: Callable[[str], Proxy | None]) -> Dialer:
    from mistral_async.wire.dial import Dialer

    return Dialer(tls=tls.base, proxy=proxy)


def _http1(settings: Settings, tls: _Tls, proxy: Callable[[str], Proxy | None]) -> Transport:
    from mistral_async.wire.http1 import Http1

    return Http1(tls=tls.http1, proxy=proxy, max_connections=settings.max_connections)
