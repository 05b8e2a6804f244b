"""Read answers before they are handed on, so that a limit, a retry or a circuit covers their bodies too."""

from __future__ import annotations

from io import BytesIO

from mistral_async.errors import ResponseDecodeError
from mistral_async.fields import is_event_stream, request_id
from mistral_async.http import Request, Response, Transport
from mistral_async.transport.first_event import FirstEvent
from mistral_async.transport.held import ERROR_LIMIT, Begun, Held, beginning


class Prefetch:
    """Returns a response when its body is there; a stream of events when the first event is, chunks when one is.

    Of an error only the beginning is read, however it ends.
    """

    def __init__(self, inner: Transport, max_response_size: int) -> None:
        """The size is in bytes, after decompression."""
        self._inner = inner
        self._max_response_size = max_response_size

    async def send(self, request: Request, /) -> Response:
        """Send it, and read its answer. Raises ``ResponseDecodeError`` where that is larger than may be held."""
        response = await self._inner.send(request)
        if not 200 <= response.status < 300:
            return Held(response, await beginning(response, min(ERROR_LIMIT, self._max_response_size)))
        try:
            first = await response.receive()
            if request.answer == "whole":
                return Held(response, await self._whole(request, response, first))
            if request.answer == "events" and is_event_stream(response.headers):
                first = await self._first_event(response, first)
            return Begun(response, first)
        except BaseException:
            response.close()
            raise

    async def _whole(self, request: Request, response: Response, first: bytes) -> bytes:
        body, chunk = BytesIO(), first  # it gives what it holds without a copy, of which a bytearray would make one
        while chunk:
            room = self._max_response_size - body.tell()
            if len(chunk) > room:
                raise self._too_large(request, response, body.getvalue() + chunk[:room])
            body.write(chunk)
            chunk = await response.receive()
        return body.getvalue()

    async def _first_event(self, response: Response, first: bytes) -> bytes:
        """What comes up to the chunk that completes an event, or up to the end.

        An event larger than may be held is handed on in part: who reads on finds that out.
        """
        body, chunk, event = bytearray(), first, FirstEvent()
        while chunk:
            body += chunk
            if event.completed_by(chunk) or len(body) > self._max_response_size:
                break
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
