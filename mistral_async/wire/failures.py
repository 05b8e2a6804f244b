"""What goes wrong between here and a server, said the same way for every version of HTTP."""

from __future__ import annotations

import re
import ssl
from urllib.parse import urlsplit

from mistral_async.errors import (
    ClientClosed,
    ConnectError,
    ConnectionLost,
    ProtocolError,
    ProxyError,
    TimeoutError,
    TLSError,
    TransportError,
)
from mistral_async.http import Request
from mistral_async.origin import NoHost

_CAPITAL = "(?<!^)([A-Z][a-z])"
# In OpenSSL's names for the alerts of RFC 8446 section 6.2, and what it says of a server that is too old for it.
_LASTING = (
    "ALERT_HANDSHAKE_FAILURE",
    "ALERT_PROTOCOL_VERSION",
    "ALERT_INSUFFICIENT_SECURITY",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_UNSUPPORTED_CERTIFICATE",
    "ALERT_NO_CERTIFICATE",
    "ALERT_CERTIFICATE_",
    "ALERT_UNKNOWN_CA",
    "ALERT_ACCESS_DENIED",
    "UNRECOGNIZED_NAME",
    "UNSUPPORTED_PROTOCOL",
)


class ProxyRefused(OSError):
    """The proxy could not be reached, or would not open a tunnel. ``permanent``: it would do the same again."""

    def __init__(self, why: str, *, permanent: bool = False) -> None:
        super().__init__(why)
        self.permanent = permanent


def host_of(request: Request) -> str:
    """Host and port, for messages."""
    return urlsplit(request.url).netloc


def no_connection(exc: OSError | None, request: Request) -> TransportError:
    """From what making a connection raised: ``TLSError``, ``ProxyError`` or ``ConnectError``."""
    host = host_of(request)
    match exc:
        case ProxyRefused():
            return ProxyError(
                f"no tunnel to {host} through the proxy: {exc} ({request}); check `proxy`",
                request=request,
                permanent=exc.permanent,
            )
        case NoHost():
            return ConnectError(f"{host} is no host ({request}); check `base_url`", request=request, permanent=True)
        case ssl.SSLError() if _takes_nothing_offered(exc):
            return TLSError(
                f'{host} speaks no version of HTTP that it was offered ({request}); set `http_version` to "auto"',
                request=request,
                permanent=True,
            )
        case ssl.SSLError():
            return TLSError(
                f"no secure connection to {host}: {in_words(exc)} ({request})",
                request=request,
                permanent=never_secure(exc),
            )
        case _:
            return ConnectError(
                f"no connection to {host}: {in_words(exc)} ({request}); check `base_url` and the way there",
                request=request,
            )


def in_words(exc: BaseException | None) -> str:
    """What an exception says, on one line; where it says nothing, what its class is called."""
    if exc is not None and exc.args and (said := " ".join(str(exc).split())):
        return said
    return "it failed" if exc is None else re.sub(_CAPITAL, r" \1", type(exc).__name__).strip().lower()


def never_secure(exc: BaseException) -> bool:
    """Whether TLS would fail in the same way again: by the certificate, or for want of something in common."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return True
    reason = (getattr(exc, "reason", None) or "") if isinstance(exc, ssl.SSLError) else ""
    return any(each in reason for each in _LASTING)


def _takes_nothing_offered(exc: ssl.SSLError) -> bool:
    """Whether the server has no version of HTTP in common with what ALPN offered. Source: RFC 7301 section 3.2."""
    # By the text, in either spelling: not every version of Python has a name for this alert.
    return "no application protocol" in str(exc).lower().replace("_", " ")


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


def lost(
    request: Request, did: str = "closed the connection", *, answered: bool, processed: bool = True
) -> ConnectionLost:
    """The server ended the connection, or this request's part of it, too soon; ``did`` says how.

    ``processed=False``: the server surely did nothing, so any request may be sent again.
    """
    return ConnectionLost(
        f"{host_of(request)} {did} {_when(answered)} ({request}); {_again(request, processed)}",
        request=request,
        retry_safe=not processed or None,
    )


def closed_here(request: Request, *, answered: bool, processed: bool) -> ClientClosed:
    """The client was closed. ``processed=False``: before the server did anything."""
    when = f"while this was under way, {_when(answered)}" if processed else "before this was sent"
    return ClientClosed(
        f"the client was closed {when} ({request}); {_again(request, processed)}",
        request=request,
        retry_safe=not processed or None,
    )


def response_closed(request: Request) -> ConnectionLost:
    """Somebody reads on in a response that was closed."""
    return ConnectionLost(
        f"this response was closed before its end ({request}); {_again(request, True)}", request=request
    )


def _when(answered: bool) -> str:
    return "in the middle of its answer" if answered else "before it answered"


def _again(request: Request, processed: bool) -> str:
    if not processed:
        return "the server did nothing: it may be sent again"
    return "it may be sent again" if request.repeatable else "it may have been acted on: look before sending it again"


def not_http(request: Request, what: str) -> ProtocolError:
    """The server broke the protocol; ``what`` says how, on one line."""
    return ProtocolError(
        f"{host_of(request)} sent what is not HTTP: {' '.join(what.split())} ({request})", request=request
    )
