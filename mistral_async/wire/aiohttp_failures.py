"""What aiohttp's errors mean in this SDK's terms, decided in one place."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import aiohttp
from yarl import URL

from mistral_async.errors import ConnectError, TransportError
from mistral_async.http import Request
from mistral_async.wire.failures import (
    ProxyRefused,
    certificate_refused,
    host_of,
    lost,
    no_connection,
    not_connected_in_time,
    not_http,
    silent,
)


class Broken(aiohttp.ClientConnectionError):
    """The connection ended after the request was handed to it. Of this class, aiohttp makes no second attempt."""


class NoWay(aiohttp.ClientConnectionError):
    """The proxy closed the connection before it answered CONNECT: the request was handed to nobody."""


def failure_of(exc: Exception, request: Request, *, answered: bool = False, proxied: bool = False) -> TransportError:
    """The error to raise from one of aiohttp's. ``answered``: the head of the response had arrived."""
    host = host_of(request)
    if not answered and (refusal := certificate_refused(exc)) is not None:
        return no_connection(refusal, request)
    match exc:
        case Broken():
            return lost(request, answered=answered)
        case aiohttp.InvalidURL() | UnicodeError():
            return ConnectError(f"{host} is no host ({request}); check `base_url`", request=request, retry_safe=False)
        case aiohttp.ConnectionTimeoutError():
            return not_connected_in_time(request)
        case asyncio.TimeoutError():
            return silent(request)
        case aiohttp.ClientConnectorError() if proxied and _of_proxy(exc, request):
            return no_connection(ProxyRefused(f"no connection to {exc.host}:{exc.port}: {exc.os_error}"), request)
        case aiohttp.ClientConnectorError():
            return no_connection(exc.os_error, request)
        case aiohttp.ClientResponseError(request_info=asked) if asked.method == "CONNECT":
            return no_connection(ProxyRefused(_refusal(exc.status)), request)
        case aiohttp.ClientResponseError(message=what):
            return not_http(request, what)
        case NoWay():
            return no_connection(ProxyRefused("it closed the connection before it answered CONNECT"), request)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError() | aiohttp.ClientOSError():
            return lost(request, answered=answered)
        case _:
            return lost(request, f"the connection to {host} failed: {' '.join(str(exc).split())}", answered=answered)


def _of_proxy(exc: aiohttp.ClientConnectorError, request: Request) -> bool:
    """Whether it is the proxy that could not be connected to, where there is one."""
    origin = URL(request.url, encoded=True)
    return (exc.host, exc.port) != (origin.raw_host, origin.port)


def _refusal(status: int) -> str:
    # Not the proxy's own words: it may repeat the credentials that it was sent.
    if status not in {each.value for each in HTTPStatus}:
        return f"it answered CONNECT with {status}"
    hint = "; it wants other credentials" if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED else ""
    return f"it answered CONNECT with {status} {HTTPStatus(status).phrase}{hint}"


def cause_of(exc: Exception) -> Exception | None:
    """The cause to show: none where aiohttp's error holds the request's headers, and so the key."""
    return None if isinstance(exc, aiohttp.ClientResponseError) else exc
