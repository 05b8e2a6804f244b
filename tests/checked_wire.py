"""A wire that judges what passes through it by the specification, in both directions."""

from __future__ import annotations

import msgspec

from mistral_async.http import Request, Response, Transport, Wrapped
from tests.openapi_check import check_answer, check_request


class CheckedWire:
    """Sends by another wire. Requests and successful answers that the specification does not allow raise ``Violation``.

    ``seen`` gathers the operations that passed, method and path template.
    """

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.seen: set[tuple[str, str]] = set()

    async def send(self, request: Request, /) -> Response:
        body = b""
        if isinstance(request.body, bytes):
            body = request.body
        elif request.body is not None and request.body.replayable:
            body = b"".join([chunk async for chunk in request.body])
            if not request.body.replayable:  # what was judged cannot be read again
                request = msgspec.structs.replace(request, body=body)
        method, path = check_request(request.method, request.url, request.headers, body)
        self.seen.add((method, path))
        response = await self._inner.send(request)
        return CheckedResponse(response, method, path) if response.status == 200 else response

    async def aclose(self) -> None:
        await self._inner.aclose()


class CheckedResponse(Wrapped):
    """A response whose body is judged when it has been read to its end."""

    def __init__(self, inner: Response, method: str, path: str) -> None:
        super().__init__(inner)
        self._method = method
        self._path = path
        self._received = b""

    async def read(self) -> bytes:
        body = await self._inner.read()
        check_answer(self._method, self._path, self.headers["content-type"], body)
        return body

    async def receive(self) -> bytes:
        chunk = await self._inner.receive()
        self._received += chunk
        if not chunk:
            check_answer(self._method, self._path, self.headers["content-type"], self._received)
        return chunk
