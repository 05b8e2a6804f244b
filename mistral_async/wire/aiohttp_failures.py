"""What aiohttp's errors mean in this SDK's terms, decided in one place."""

from __future__ import annotations

import asyncio

import aiohttp

from mistral_async.errors import ConnectError, ProtocolError, TLSError, TransportError
from mistral_async.http import Request
from mistral_async.wire.failures import host_of, lost, no_connection, not_connected_in_time, not_http, silent, stalled
from mistral_async.wire.upload import Stalled


def failure_of(exc: Exception, request: Request, *, answered: bool = False) -> TransportError:
    """The error to raise from one of aiohttp's. ``answered``: the head of the response had arrived."""
    host = host_of(request)
    match exc:
        case Stalled():
            return stalled(request)
        case aiohttp.InvalidURL():
            return ConnectError(f"{host} is no host ({request}); check `base_url`", request=request, retry_safe=False)
        case aiohttp.ConnectionTimeoutError():
            return not_connected_in_time(request)
        case asyncio.TimeoutError():
            return silent(request)
        case aiohttp.ClientSSLError() | aiohttp.ServerFingerprintMismatch():
            return TLSError(f"no secure connection to {host}: {exc} ({request})", request=request)
        case aiohttp.ClientConnectorError():
            return no_connection(exc.os_error, request)
        case aiohttp.ClientPayloadError() if "content-encoding" in str(exc):  # no class of its own says so
            return ProtocolError(f"{host} sent a body that its encoding does not fit ({request})", request=request)
        case aiohttp.ClientResponseError(message=what):
            return not_http(request, what)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError() | aiohttp.ClientOSError():
            return lost(request, answered=answered)
        case _:
            return lost(request, f"the connection to {host} failed: {' '.join(str(exc).split())}", answered=answered)


def cause_of(exc: Exception) -> Exception | None:
    """The cause to show: none where aiohttp's error holds the request's headers, and so the key."""
    return None if isinstance(exc, aiohttp.ClientResponseError) else exc
