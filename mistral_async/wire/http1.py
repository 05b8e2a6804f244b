"""HTTP/1.1, by aiohttp."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import NamedTuple

import aiohttp
from yarl import URL

from mistral_async.http import Request, Response
from mistral_async.settings.proxy import Proxy
from mistral_async.settings.timeout import Timeout
from mistral_async.wire.aiohttp_failures import TunnelFailed, cause_of, failure_of
from mistral_async.wire.failures import closed_here, no_connection
from mistral_async.wire.http1_response import AiohttpResponse, Http1Response, stopped
from mistral_async.wire.proxies import authorization
from mistral_async.wire.slots import Slots
from mistral_async.wire.upload import Upload, large

AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")  # what aiohttp would send of its own accord


class Http1:
    """Sends requests over HTTP/1.1, from one event loop. Connections are opened when needed.

    No more than ``max_connections`` go to one origin: further requests wait for their turn, which no limit but the
    caller's own cuts short.
    """

    def __init__(
        self,
        *,
        tls: Callable[[], ssl.SSLContext],
        proxy: Callable[[str], Proxy | None],  # to an origin
        max_connections: int,
    ) -> None:
        self._tls = tls
        self._proxy = proxy
        self._max_connections = max_connections
        self._routes: dict[str, _Route] = {}  # by origin
        self._limits = (Timeout(), _limits(Timeout()))  # the last ones used, in our words and in aiohttp's
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # a queue there would count as connecting
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,  # it would inflate without a bound
            response_class=AiohttpResponse,
        )

    async def send(self, request: Request, /) -> Response:
        """Send it, and return when the head of the response is there."""
        route = self._routes.get(request.origin) or self._route_of(request)
        if request.timeout is not self._limits[0]:
            self._limits = (request.timeout, _limits(request.timeout))
        body = large(request.body)
        upload = Upload(body, patience=request.timeout.read) if body is not None else None
        await route.slots.take()
        answer: aiohttp.ClientResponse | None = None
        failure: Exception | None = None
        cause: BaseException | None = None
        try:
            if not self._session.closed:
                answer = await self._session.request(
                    request.method,
                    URL(request.url, encoded=True),
                    headers={**request.headers, **route.headers} if route.headers else request.headers,
                    data=request.body if upload is None else upload,
                    allow_redirects=False,
                    timeout=self._limits[1],
                    proxy=route.proxy,
                    proxy_headers=route.proxy_headers,
                    ssl=route.tls,
                    middlewares=route.middlewares,
                    skip_auto_headers=None if _complete(request) else AUTOMATIC,
                )
        except (aiohttp.ClientError, OSError, UnicodeError) as exc:  # the last of a name that is none
            if self._session.closed:
                failure = closed_here(request, answered=False, processed=True)
            else:
                failure, cause = failure_of(exc, request, proxied=route.proxy is not None), cause_of(exc)
        finally:
            if answer is None:
                route.slots.give()
                if upload is not None:
                    await upload.over()
        if answer is not None:
            return Http1Response(answer, request, upload, route.slots, self._session)
        if upload is not None and upload.failure is not None:
            failure, cause = stopped(upload.failure, request), None
        if failure is None:
            failure = closed_here(request, answered=False, processed=False)
        # Raised here, for none of aiohttp's errors to be its context: they hold the key.
        raise failure from cause

    async def aclose(self) -> None:
        """Close every connection. Calls under way end."""
        await self._session.close()

    def _route_of(self, request: Request) -> _Route:
        try:
            proxy = self._proxy(request.origin)
        except OSError as exc:
            raise no_connection(exc, request) from exc
        secure = request.url.startswith("https:")
        credentials = authorization(proxy) if proxy is not None else None
        fields = {"proxy-authorization": credentials} if credentials is not None else {}
        # To the proxy with CONNECT, or with the request where there is no CONNECT, and never to the origin.
        route = self._routes[request.origin] = _Route(
            slots=Slots(self._max_connections),
            tls=self._tls() if secure or (proxy is not None and proxy.url.startswith("https:")) else True,
            proxy=proxy.url if proxy is not None else None,
            proxy_headers=fields if secure and fields else None,
            headers={} if secure else fields,
            middlewares=(_connect_once,) if secure and proxy is not None else (),
        )
        return route


class _Route(NamedTuple):
    """How an origin is reached."""

    slots: Slots
    tls: ssl.SSLContext | bool
    proxy: str | None
    proxy_headers: Mapping[str, str] | None
    headers: Mapping[str, str]  # that go with each request
    middlewares: tuple[aiohttp.ClientMiddlewareType, ...]


async def _connect_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from asking a proxy again that hangs up, as it would for a GET."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as exc:
        raise TunnelFailed(str(exc)) from exc


def _complete(request: Request) -> bool:
    """Whether aiohttp has nothing to add. To forbid it that costs time: it makes a set of the names, each time."""
    fields = request.headers
    return (
        "user-agent" in fields
        and "accept" in fields
        and "accept-encoding" in fields
        and ("content-type" in fields or (request.body is None and request.method == "GET"))
    )


def _limits(timeout: Timeout) -> aiohttp.ClientTimeout:
    # The name's resolution is part of connecting, which `sock_connect` alone would not limit.
    return aiohttp.ClientTimeout(
        total=None, connect=timeout.connect, sock_connect=timeout.connect, sock_read=timeout.read
    )
