"""Read answers before they are handed on, so that a limit, a retry or a circuit covers their bodies too."""

from __future__ import annotations

from mistral_async.errors import ResponseDecodeError
from mistral_async.fields import request_id
from mistral_async.http import Request, Response, Transport
from mistral_async.transport.held import ERROR_LIMIT, Begun, Held, beginning


class Prefetch:
    """Returns a response when its body is there, or for a stream of events when the first bytes are.

    Of an answer that is wanted in chunks nothing is read. Of an error only the beginning is, however it ends.
    """

    def __init__(self, inner: Transport, max_response_size: int) -> None:
        """The size is in bytes, after decompression."""
        self._inner = inner
        self._max_response_size = max_response_size

    async def send(self, request: Request, /) -> Response:
        """Send it, and read its answer. Raises ``ResponseDecodeError`` where that is larger than may be held."""
        response = await self._inner.send(request)
        if not 200 <= response.status < 300:
            return Held(response, await beginning(response, ERROR_LIMIT))
        if request.answer == "bytes":
            return response
        try:
            first = await response.receive()
            if request.answer == "events":
                return Begun(response, first)
            return Held(response, await self._whole(request, response, first))
        except BaseException:
            response.close()
            raise

    async def _whole(self, request: Request, response: Response, first: bytes) -> bytes:
        body, chunk = bytearray(), first
        while chunk:
            room = self._max_response_size - len(body)
            if len(chunk) > room:
                raise self._too_large(request, response, bytes(body) + chunk[:room])
            body += chunk
            chunk = await response.receive()
        return bytes(body)

    def _too_large(self, request: Request, response: Response, body: bytes) -> ResponseDecodeError:
        limit = f"`max_response_size` ({self._max_response_size} bytes)"
        return ResponseDecodeError(
            f"the answer to {request} is larger than {limit}; raise that, "
            "or iterate over the answer, which holds none of it",
            body=body,
            status=response.status,
            request_id=request_id(response.headers),
            request=request,
        )

    async def aclose(self) -> None:
        """Close what is below."""
        await self._inner.aclose()
