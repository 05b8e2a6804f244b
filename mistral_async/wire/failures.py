"""What goes wrong between here and a server, said the same way for every version of HTTP."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from mistral_async.errors import (
    ConnectError,
    ConnectionLost,
    ProtocolError,
    ProxyError,
    TimeoutError,
    TLSError,
    TransportError,
)
from mistral_async.http import Request


class ProxyRefused(OSError):
    """The proxy could not be reached, or would not make the way."""


def host_of(request: Request) -> str:
    """Host and port, for messages."""
    return urlsplit(request.url).netloc


def no_connection(exc: OSError | None, request: Request) -> TransportError:
    """From what making a connection raised: ``TLSError``, ``ProxyError`` or ``ConnectError``."""
    host = host_of(request)
    match exc:
        case ProxyRefused():
            return ProxyError(f"no way to {host} through the proxy: {exc} ({request}); check `proxy`", request=request)
        case ssl.SSLError() | ssl.CertificateError():
            return TLSError(f"no secure connection to {host}: {exc} ({request})", request=request)
        case _:
            return ConnectError(
                f"no connection to {host}: {exc} ({request}); check `base_url` and the way there", request=request
            )


def certificate_refused(exc: BaseException | None) -> ssl.SSLError | None:
    """The alert by which a server refuses this client's certificate, or wants one; None where it is something else.

    Source: RFC 8446 section 6.2. With TLS 1.3 it may come when the client takes the connection for made already.
    """
    while exc is not None and not isinstance(exc, ssl.SSLError):
        exc = exc.__cause__
    reason: str = getattr(exc, "reason", None) or ""  # aiohttp makes some that lack it
    return exc if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason) else None


def not_connected_in_time(request: Request) -> TimeoutError:
    """The limit ``connect`` ran out: nothing was sent."""
    return TimeoutError(
        f"no connection to {host_of(request)} within {request.timeout.connect} s ({request}); is it reachable? "
        "else raise `timeout`",
        limit="connect",
        request=request,
        retry_safe=True,
    )


def silent(request: Request) -> TimeoutError:
    """The limit ``read`` ran out: the server said nothing for as long as it may."""
    return TimeoutError(
        f"no byte from {host_of(request)} for {request.timeout.read} s ({request}); raise `timeout` for long answers",
        limit="read",
        request=request,
    )


def stalled(request: Request) -> TimeoutError:
    """The limit ``read`` ran out: the server read none of the request's body for as long as it may."""
    return TimeoutError(
        f"{host_of(request)} has read nothing for {request.timeout.read} s ({request}); "
        "raise `timeout` if the way there is slow",
        limit="read",
        request=request,
    )


def lost(request: Request, what: str = "", *, answered: bool, processed: bool = True) -> ConnectionLost:
    """The connection, or this request's part of it, ended too soon.

    ``processed=False``: the server surely did nothing, so any request may be sent again.
    """
    when = "in the middle of its answer" if answered else "before it answered"
    if not processed:
        again = "the server did nothing: it may be sent again"
    elif request.repeatable:
        again = "it may be sent again"
    else:
        again = "it may have been acted on: look before sending it again"
    said = what or f"{host_of(request)} closed the connection {when}"
    return ConnectionLost(f"{said} ({request}); {again}", request=request, retry_safe=not processed or None)


def not_http(request: Request, what: str) -> ProtocolError:
    """The server broke the protocol; ``what`` says how, on one line."""
    return ProtocolError(
        f"{host_of(request)} sent what is not HTTP: {' '.join(what.split())} ({request})", request=request
    )
