"""What aiohttp's errors mean in this SDK's terms, decided in one place."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import aiohttp

from mistral_async.errors import (
    ConnectError,
    ConnectionLost,
    ProtocolError,
    TimeoutError,
    TLSError,
    TransportError,
)
from mistral_async.http import Request
from mistral_async.wire.upload import Stalled


def failure_of(exc: Exception, request: Request, *, answered: bool = False) -> TransportError:
    """The error to raise from one of aiohttp's. ``answered``: the head of the response had arrived."""
    host = urlsplit(request.url).netloc
    limits = request.timeout
    again = "it may be sent again" if request.repeatable else "it may have been acted on: look before sending it again"
    match exc:
        case Stalled():
            return TimeoutError(
                f"{host} has read nothing for {limits.read} s ({request}); raise `timeout` if the way there is slow",
                limit="read",
                request=request,
            )
        case aiohttp.InvalidURL():
            return ConnectError(f"{host} is no host ({request}); check `base_url`", request=request, retry_safe=False)
        case aiohttp.ConnectionTimeoutError():
            return TimeoutError(
                f"no connection to {host} within {limits.connect} s ({request}); is it reachable? else raise `timeout`",
                limit="connect",
                request=request,
                retry_safe=True,
            )
        case aiohttp.SocketTimeoutError():
            return TimeoutError(
                f"no byte from {host} for {limits.read} s ({request}); raise `timeout` for long answers",
                limit="read",
                request=request,
            )
        case asyncio.TimeoutError():
            return TimeoutError(
                f"no complete answer from {host} within {limits.total} s ({request}); raise `timeout.total`",
                limit="total",
                request=request,
            )
        case aiohttp.ClientSSLError() | aiohttp.ServerFingerprintMismatch():
            return TLSError(f"no secure connection to {host}: {exc} ({request})", request=request)
        case aiohttp.ClientConnectorError():
            return ConnectError(
                f"no connection to {host}: {exc.os_error} ({request}); check `base_url` and the way there",
                request=request,
            )
        case aiohttp.ClientPayloadError() if "content-encoding" in str(exc):  # no class of its own says so
            return ProtocolError(f"{host} sent a body that its encoding does not fit ({request})", request=request)
        case aiohttp.ClientResponseError(message=what):
            return ProtocolError(f"{host} sent what is not HTTP: {_one_line(what)} ({request})", request=request)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError() | aiohttp.ClientOSError():
            when = "in the middle of its answer" if answered else "before it answered"
            return ConnectionLost(f"{host} closed the connection {when} ({request}); {again}", request=request)
        case _:
            what = _one_line(str(exc))
            return ConnectionLost(f"the connection to {host} failed: {what} ({request}); {again}", request=request)


def cause_of(exc: Exception) -> Exception | None:
    """The cause to show: none where aiohttp's error holds the request's headers, and so the key."""
    return None if isinstance(exc, aiohttp.ClientResponseError) else exc


def _one_line(text: str) -> str:
    return " ".join(text.split())
