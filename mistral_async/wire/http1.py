"""HTTP/1.1, by aiohttp."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from mistral_async.http import NO_URL, Request, Response
from mistral_async.settings.proxy import Proxy
from mistral_async.settings.timeout import Timeout
from mistral_async.wire.aiohttp_failures import TunnelFailed, cause_of, failure_of
from mistral_async.wire.failures import closed_here, no_connection
from mistral_async.wire.http1_connector import Connector
from mistral_async.wire.http1_request import KNOWN, WAITING_SIZE, Endpoint
from mistral_async.wire.http1_response import HEAD_SIZE, MOST_FIELDS, AiohttpResponse, Http1Response, stopped
from mistral_async.wire.proxies import HUNG_UP, asked_for_credentials, authorization
from mistral_async.wire.slots import Slots
from mistral_async.wire.under_way import UnderWay
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
        self._latest: _Route | None = None  # the one that was taken last,
        self._latest_root = NO_URL  # and how the URLs begin that it is for
        self._timeout = Timeout()  # the last one used
        self._limits = _limits(Timeout())  # the same in aiohttp's words
        self._under_way = UnderWay()
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request, /) -> Response:
        """Send it, and return when the head of the response is there."""
        route = self._latest if request.url.startswith(self._latest_root) else None
        if route is None:
            route = self._route_of(request)
        body = large(request.body)
        upload = Upload(body, patience=request.timeout.read) if body is not None else None
        under_way, task = self._under_way, _current_task()
        cancelling = task.cancelling()
        answer: aiohttp.ClientResponse | None = None
        failure: Exception | None = None
        cause: BaseException | None = None
        placed = False
        under_way.waiting.add(task)
        try:
            if not route.slots.take_free():
                await route.slots.take()
            placed = True
            if request.deadline is not None:
                request.deadline.begun = True
            if request.timeout is not self._timeout:
                self._timeout, self._limits = request.timeout, _limits(request.timeout)
            if under_way.closed:
                pass
            elif upload is None and route.direct:
                endpoint = route.endpoint or self._reach(route, request)
                connection = await endpoint.connect(self._limits[0])
                answer = await (await endpoint.write(request, connection)).start(connection)
            else:
                answer = await self._through_session(request, route, upload)
        except (aiohttp.ClientError, OSError, UnicodeError) as exc:  # the last of a name that is none
            if under_way.ended(task, cancelling):  # which aiohttp took for something else
                failure = closed_here(request, answered=False, processed=True)
            else:
                failure, cause = failure_of(exc, request, proxied=route.proxy is not None), cause_of(exc)
        except asyncio.CancelledError:
            if not under_way.ended(task, cancelling):
                raise
            failure = closed_here(request, answered=False, processed=placed)
        finally:
            under_way.waiting.discard(task)
            if answer is None:
                if placed:
                    route.slots.give()
                if upload is not None:
                    await upload.over()
        if answer is not None:
            response = Http1Response(answer, request, upload, route.slots, under_way)
            if route.proxy is None or response.status != 407 or request.url.startswith("https:"):
                return response
            # It was the proxy that answered, and not the origin. Source: RFC 9110 section 15.5.8.
            response.close()
            failure = no_connection(asked_for_credentials(), request)
        elif upload is not None and upload.failure is not None and not under_way.closed:
            failure, cause = stopped(upload.failure, request)
        elif failure is None:
            failure = closed_here(request, answered=False, processed=False)
        # Raised here, for none of aiohttp's errors to be its context: they hold the key.
        raise failure from cause

    async def aclose(self) -> None:
        """Close every connection. Calls under way end."""
        self._under_way.close()
        if self._session is not None:
            await asyncio.sleep(0)  # those that were cancelled drop their connections, which aiohttp would not
            await self._session.close()

    def _through_session(
        self, request: Request, route: _Route, upload: Upload | None
    ) -> Coroutine[Any, Any, aiohttp.ClientResponse]:
        return (self._session or self._open()).request(
            request.method,
            URL(request.url, encoded=True),
            headers={**request.headers, **route.headers} if route.headers else request.headers,
            data=request.body if upload is None else upload,
            allow_redirects=False,
            timeout=self._limits[0 if upload is None else 1],
            proxy=route.proxy,
            proxy_headers=route.proxy_headers,
            ssl=route.tls,
            middlewares=route.middlewares,
            skip_auto_headers=None if _complete(request) else AUTOMATIC,
        )

    def _reach(self, route: _Route, request: Request) -> Endpoint:
        session = self._session or self._open()
        route.endpoint = Endpoint(session, self._connector, URL(f"{request.origin}/", encoded=True), route.tls)
        return route.endpoint

    def _open(self) -> aiohttp.ClientSession:
        self._connector = Connector(self._under_way)
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,  # it would inflate without a bound
            read_bufsize=WAITING_SIZE,
            response_class=AiohttpResponse,
            max_line_size=HEAD_SIZE,
            max_field_size=HEAD_SIZE,
            max_headers=MOST_FIELDS,
        )
        return self._session

    def _route_of(self, request: Request) -> _Route:
        origin = request.origin
        route = self._routes.get(origin)
        if route is None:
            route = self._routes[origin] = self._route_to(origin, request)
        self._latest, self._latest_root = route, f"{origin}/"
        return route

    def _route_to(self, origin: str, request: Request) -> _Route:
        try:
            proxy = self._proxy(origin)
        except OSError as exc:
            raise no_connection(exc, request) from exc
        secure = request.url.startswith("https:")
        credentials = authorization(proxy) if proxy is not None else None
        fields = {"proxy-authorization": credentials} if credentials is not None else {}
        # Some proxies (tinyproxy) close after each answer without saying so: the next request would be lost.
        close = {"connection": "close"} if proxy is not None else {}
        # To the proxy with CONNECT, or with the request where there is no CONNECT, and never to the origin.
        return _Route(
            slots=Slots(self._max_connections),
            tls=self._tls() if secure or (proxy is not None and proxy.url.startswith("https:")) else True,
            proxy=proxy.url if proxy is not None else None,
            proxy_headers=fields if secure and fields else None,
            headers={} if secure else {**fields, **close},
            middlewares=(_connect_once,) if secure and proxy is not None else (),
            direct=KNOWN and proxy is None,
        )


class _Route(msgspec.Struct, eq=False):
    """How an origin is reached."""

    slots: Slots
    tls: ssl.SSLContext | bool
    proxy: str | None
    proxy_headers: Mapping[str, str] | None
    headers: Mapping[str, str]  # that go with each request
    middlewares: tuple[aiohttp.ClientMiddlewareType, ...]
    direct: bool  # small requests are written here, and not by aiohttp's session
    endpoint: Endpoint | None = None  # once one was

    def __repr__(self) -> str:
        # Not the fields, which hold the credentials for the proxy.
        return f"<_Route {'directly' if self.proxy is None else 'through a proxy'}>"


async def _connect_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from asking a proxy again that hangs up, as it would for a GET."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except aiohttp.ClientOSError as exc:
        raise TunnelFailed(str(exc)) from exc
    except aiohttp.ServerDisconnectedError:
        pass
    # Not with that error as its cause: it quotes what the proxy said.
    raise TunnelFailed(HUNG_UP)


def _complete(request: Request) -> bool:
    """Whether aiohttp has nothing to add. To forbid it that costs time: it makes a set of the names, each time."""
    fields = request.headers
    return (
        "user-agent" in fields
        and "accept" in fields
        and "accept-encoding" in fields
        and ("content-type" in fields or (request.body is None and request.method == "GET"))
    )


def _limits(timeout: Timeout) -> tuple[aiohttp.ClientTimeout, aiohttp.ClientTimeout]:
    """Of most requests, and of those whose body takes its time: it says when the wait for the answer begins."""
    # Of connecting all in all, which the name's resolution is a part of. aiohttp's `sock_connect` would limit a part of
    # that by the same, with a timer more.
    upload = aiohttp.ClientTimeout(total=None, connect=timeout.connect)
    whole = aiohttp.ClientTimeout(total=None, connect=timeout.connect, sock_read=timeout.read)
    return whole, upload


def _current_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    assert task is not None  # a coroutine runs in one
    return task
