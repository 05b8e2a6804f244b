"""Which version of HTTP an origin is spoken to in: the one it chooses, or the one that was insisted on."""

from __future__ import annotations

from mistral_async.errors import ConnectError
from mistral_async.http import Request, Response, Sending, Transport
from mistral_async.wire.failures import host_of
from mistral_async.wire.http2.pool import OtherProtocol


class Negotiated:
    """An origin that chooses by ALPN, once: by the first connection, which all requests until then wait for.

    Where that chose HTTP/2 it is used, and otherwise closed. An origin that does not choose HTTP/2, at first or for a
    later connection, gets HTTP/1.1 from then on; streams that are open go on.
    """

    def __init__(self, http2: Transport, http1: Transport) -> None:
        """``http2`` raises ``OtherProtocol``, and is closed with this; ``http1`` is shared with other origins."""
        self._http2 = http2
        self._http1 = http1
        self._chose_http1 = False

    def send(self, request: Request, /) -> Sending:
        """Send it, and return when the head of the response is there."""
        return self._http1.send(request) if self._chose_http1 else self._choose(request)

    async def _choose(self, request: Request) -> Response:
        try:
            return await self._http2.send(request)
        except OtherProtocol:
            self._chose_http1 = True
        return await self._http1.send(request)

    async def aclose(self) -> None:
        """Close the connections over HTTP/2."""
        await self._http2.aclose()


class Insisted:
    """An origin that is spoken to in HTTP/2, or not at all."""

    def __init__(self, http2: Transport) -> None:
        self._http2 = http2

    async def send(self, request: Request, /) -> Response:
        """Send it, and return when the head of the response is there. ``ConnectError`` where it is HTTP/1.1 or none."""
        try:
            return await self._http2.send(request)
        except OtherProtocol:
            pass
        raise ConnectError(
            f'{host_of(request)} does not speak HTTP/2 ({request}); set `http_version` to "auto"',
            request=request,
            permanent=True,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http2.aclose()
