"""What aiohttp's errors mean in this SDK's terms, decided in one place."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp.http_exceptions import (
    BadStatusLine,
    ContentLengthError,
    HttpProcessingError,
    InvalidHeader,
    LineTooLong,
    TransferEncodingError,
)
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
from mistral_async.wire.proxies import HUNG_UP, NO_HTTP, connect_refused, unreachable

_CUT_OFF = (ContentLengthError, TransferEncodingError)  # a body that ends before it should
_UNPARSED: dict[type[Exception], str] = {
    LineTooLong: "a line that is too long",
    InvalidHeader: "a header field that cannot be parsed",
    BadStatusLine: "a status line that cannot be parsed",
}


class Broken(aiohttp.ClientConnectionError):
    """The connection ended after the request was handed to it. Of this class, aiohttp makes no second attempt."""


class HeadTooLarge(aiohttp.ClientError):
    """The head of an answer is larger than it may be."""


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
        case aiohttp.ClientHttpProxyError():
            # Not the proxy's own words, which aiohttp gives too: it may repeat the credentials that it was sent.
            return no_connection(connect_refused(exc.status), request)
        case aiohttp.ClientResponseError(request_info=asked) if asked.method == "CONNECT":
            return no_connection(ProxyRefused(NO_HTTP), request)
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return not_http(request, _unparsed(exc))
        case HeadTooLarge():
            return not_http(request, str(exc))
        case TunnelFailed():
            return no_connection(ProxyRefused(HUNG_UP), request)
        case aiohttp.ClientPayloadError() if _not_cut_off(exc):
            return not_http(request, _unparsed(exc))
        case _:
            return lost(request, answered=answered)


def _of_proxy(exc: aiohttp.ClientConnectorError, request: Request) -> bool:
    """Whether it is the proxy that could not be connected to, where there is one."""
    origin = URL(request.url, encoded=True)
    return (exc.host, exc.port) != (origin.raw_host, origin.port)


def cause_of(exc: Exception) -> Exception | None:
    """The cause to show: none where aiohttp's error holds the request's headers, and so the key, or the server's words.

    It comes without its traceback, and so do its own causes: the frames there hold the headers too.
    """
    if isinstance(exc, aiohttp.ClientResponseError) or any(isinstance(each, HttpProcessingError) for each in _all(exc)):
        return None
    for each in _all(exc):
        each.with_traceback(None)
    return exc


def _all(exc: BaseException) -> list[BaseException]:
    """The exception, its causes and contexts."""
    found: list[BaseException] = []
    left: list[BaseException | None] = [exc]
    while left:
        each = left.pop()
        if each is not None and each not in found:
            found.append(each)
            left += [each.__cause__, each.__context__]
    return found


def _not_cut_off(exc: BaseException) -> bool:
    """Whether a body broke off because it cannot be parsed, and not because the connection ended."""
    return any(isinstance(each, HttpProcessingError) and not isinstance(each, _CUT_OFF) for each in _all(exc))


def _unparsed(exc: BaseException) -> str:
    """What cannot be parsed. Not in aiohttp's words, which quote the server: it may say back what it was sent."""
    for each in _all(exc):
        for kind, what in _UNPARSED.items():
            if isinstance(each, kind):
                return what
    return "a header field or chunk that cannot be parsed"
