"""A response that arrives over HTTP/2."""

from __future__ import annotations

from mistral_async.http import Headers, Reading
from mistral_async.wire.http2.exchange import Exchange


class Http2Response:
    """The head of an answer, and its body as it comes."""

    __slots__ = ("_exchange", "headers", "status")

    http_version = "2"
    attempts = 1

    def __init__(self, exchange: Exchange, status: int) -> None:
        self._exchange = exchange
        self.status = status
        self.headers = Headers(exchange.stream.fields)

    async def read(self) -> bytes:
        """The whole body."""
        exchange = self._exchange
        stream = exchange.stream
        chunks: list[bytes] = []
        while not stream.ended:
            chunks.append(await exchange.receive())
        if rest := exchange.take():
            chunks.append(rest)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def receive(self) -> Reading:
        """The next chunk of the body; empty at the end."""
        return self._exchange.receive()

    def close(self) -> None:
        """Reset the stream, unless its end has arrived. The connection goes on."""
        self._exchange.close()

    def __del__(self) -> None:
        # Nobody can read it any more: the server need not send the rest, nor a stream stay taken.
        self._exchange.close()
