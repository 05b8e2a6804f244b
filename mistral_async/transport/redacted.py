"""A response in which the key does not stand, should the server repeat it in what it says."""

from __future__ import annotations

from mistral_async.http import Headers, Response, Wrapped

MASK = b"***"
SHORTEST = 8  # characters; a shorter key is a made-up one, and may be part of any word


class Redacted(Wrapped):
    """Another response, with a secret masked in its header fields and its body, however the body is cut."""

    __slots__ = ("_held", "_secret")

    def __init__(self, inner: Response, secret: str) -> None:
        super().__init__(inner)
        self._secret = secret.encode()
        self._held = b""  # what may be the beginning of the secret
        self.headers = Headers(tuple((name, value.replace(self._secret, MASK)) for name, value in inner.headers.fields))

    async def read(self) -> bytes:
        """What is left of the body, masked."""
        held, self._held = self._held, b""
        return (held + await self._inner.read()).replace(self._secret, MASK)

    async def receive(self) -> bytes:
        """The next chunk, masked; empty at the end."""
        while chunk := await self._inner.receive():
            seen = (self._held + chunk).replace(self._secret, MASK)
            cut = len(seen) - _begun(seen, self._secret)
            ready, self._held = seen[:cut], seen[cut:]
            if ready:
                return ready
        rest, self._held = self._held, b""
        return rest


def redacted(response: Response, secret: str) -> Response:
    """The response, masked where it says no: an answer is the caller's own, an error ends in logs."""
    return response if 200 <= response.status < 300 or len(secret) < SHORTEST else Redacted(response, secret)


def _begun(data: bytes, secret: bytes) -> int:
    """How many bytes at the end of the data may be the beginning of the secret."""
    return next((size for size in range(min(len(data), len(secret) - 1), 0, -1) if data.endswith(secret[:size])), 0)
