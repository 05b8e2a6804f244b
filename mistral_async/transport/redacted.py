"""A response in which no credential stands, should the server repeat one in what it says."""

from __future__ import annotations

from mistral_async.http import Headers, Response, Wrapped

MASK = "***"
SHORTEST = 8  # characters; a shorter key is a made-up one, and may be part of any word


class Redacted(Wrapped):
    """Another response, with secrets masked in its header fields and its body, however the body is cut."""

    __slots__ = ("_held", "_secrets")

    def __init__(self, inner: Response, secrets: tuple[str, ...]) -> None:
        super().__init__(inner)
        self._secrets = [secret.encode() for secret in _longest_first(secrets)]
        self._held = b""  # what may be the beginning of a secret
        self.headers = Headers(tuple((name, self._masked(value)) for name, value in inner.headers.fields))

    async def read(self) -> bytes:
        """What is left of the body, masked."""
        held, self._held = self._held, b""
        return self._masked(held + await self._inner.read())

    async def receive(self) -> bytes:
        """The next chunk, masked; empty at the end."""
        while chunk := await self._inner.receive():
            seen = self._masked(self._held + chunk)
            cut = len(seen) - max(_begun(seen, secret) for secret in self._secrets)
            ready, self._held = seen[:cut], seen[cut:]
            if ready:
                return ready
        rest, self._held = self._held, b""
        return rest

    def _masked(self, data: bytes) -> bytes:
        for secret in self._secrets:
            data = data.replace(secret, MASK.encode())
        return data


def redacted(response: Response, secrets: tuple[str, ...]) -> Response:
    """The response, with what is long enough to be a secret masked."""
    real = tuple(secret for secret in secrets if len(secret) >= SHORTEST)
    return Redacted(response, real) if real else response


def masked(text: str, secrets: tuple[str, ...]) -> str:
    """The text, with what is long enough to be a secret masked."""
    for secret in _longest_first(secrets):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, MASK)
    return text


def _longest_first(secrets: tuple[str, ...]) -> list[str]:
    # One may be a part of another, of which the rest would stay.
    return sorted(secrets, key=len, reverse=True)


def _begun(data: bytes, secret: bytes) -> int:
    """How many bytes at the end of the data may be the beginning of the secret."""
    return next((size for size in range(min(len(data), len(secret) - 1), 0, -1) if data.endswith(secret[:size])), 0)
