"""What aiohttp's errors mean in this SDK's terms, decided in one place."""

from __future__ import annotations

import asyncio

import aiohttp
from yarl import URL

from mistral_async.errors import TransportError
from mistral_async.http import Request
from mistral_async.origin import NoHost
from mistral_async.wire.failures import (
    ProxyRefused,
    certificate_refused,
    lost,
    no_connection,
    not_connected_in_time,
    not_http,
    silent,
)
from mistral_async.wire.proxies import HUNG_UP, connect_refused, unreachable


class Broken(aiohttp.ClientConnectionError):
    """The connection ended after the request was handed to it. Of this class, aiohttp makes no second attempt."""


class TunnelFailed(aiohttp.ClientConnectionError):
    """The proxy closed the connection before it answered CONNECT: the request was handed to nobody."""


def failure_of(exc: Exception, request: Request, *, answered: bool = False, proxied: bool = False) -> TransportError:
    """The error to raise from one of aiohttp's. ``answered``: the head of the response had arrived."""
    if not answered and (refusal := certificate_refused(exc)) is not None:
        return no_connection(refusal, request)
    match exc:
        case Broken():
            return lost(request, answered=answered)
        case aiohttp.InvalidURL() | UnicodeError():
            return no_connection(NoHost(str(exc)), request)
        case aiohttp.ConnectionTimeoutError():
            return not_connected_in_time(request)
        case asyncio.TimeoutError():
            return silent(request)
        case aiohttp.ClientConnectorError() if proxied and _of_proxy(exc, request):
            return no_connection(unreachable(f"{exc.host}:{exc.port}", exc.os_error), request)
        case aiohttp.ClientConnectorError():
            return no_connection(exc.os_error, request)
        case aiohttp.ClientResponseError(request_info=asked) if asked.method == "CONNECT":
            # Not the proxy's own words, which aiohttp gives too: it may repeat the credentials that it was sent.
            return no_connection(connect_refused(exc.status), request)
        case aiohttp.ClientResponseError(message=what):
            return not_http(request, what)
        case TunnelFailed():
            return no_connection(ProxyRefused(HUNG_UP), request)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError() | aiohttp.ClientOSError():
            return lost(request, answered=answered)
        case _:
            return lost(request, f"dropped the connection: {' '.join(str(exc).split())}", answered=answered)


def _of_proxy(exc: aiohttp.ClientConnectorError, request: Request) -> bool:
    """Whether it is the proxy that could not be connected to, where there is one."""
    origin = URL(request.url, encoded=True)
    return (exc.host, exc.port) != (origin.raw_host, origin.port)


def cause_of(exc: Exception) -> Exception | None:
    """The cause to show: none where aiohttp's error holds the request's headers, and so the key."""
    return None if isinstance(exc, aiohttp.ClientResponseError) else exc
