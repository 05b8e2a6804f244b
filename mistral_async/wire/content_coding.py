"""Content codings: what a request accepts, and answers as they were before they were compressed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mistral_async.errors import ProtocolError
from mistral_async.http import Request, Response, Wrapped
from mistral_async.settings.client import Compression
from mistral_async.wire.decoders import ALIASES, CODINGS, OFFERED, Coding
from mistral_async.wire.failures import host_of
from mistral_async.wire.inflate import IN_ONE_TURN, Corrupt, Inflated, Later, Turn

PIECE = 256 * 1024  # bytes at once; more blocks the loop, less costs time
MOST_CODINGS = 3  # one over the other; nobody needs two
_FIELD = b"content-encoding"
_FIELD_SIZE = len(_FIELD)


def accept(request: Request, compression: Compression) -> str:
    """The value of ``accept-encoding``: what is read while it arrives comes uncompressed, unless ``"always"``."""
    if compression == "never" or (compression == "auto" and request.answer != "whole"):
        # A download is a file that mostly is compressed already; an event would wait in the server's compressor.
        return "identity"
    return OFFERED


def decoded(response: Response, request: Request) -> Response:
    """The response, inflated where it is compressed. Its header fields stay as they came.

    Where nobody here knows the coding, an answer raises ``ProtocolError`` and is closed, and an error is left as it is:
    its status says enough.
    """
    for name, value in response.headers.fields:
        # By its length first, since every answer comes by here: that spares the other fields a copy in lower case.
        if len(name) == _FIELD_SIZE and name.lower() == _FIELD and value.strip().lower() != b"identity":
            break
    else:
        return response
    try:
        codings = _codings(response.headers["content-encoding"])
    except Corrupt as exc:
        if not 200 <= response.status < 300:
            return response
        response.close()
        raise _unreadable(request, str(exc)) from None
    return Decoded(response, codings, request) if codings else response


class Decoded(Wrapped):
    """Another response, inflated while it is read, however the compressed bytes are cut. Never much is held."""

    def __init__(self, inner: Response, codings: list[Coding], request: Request) -> None:
        """The codings stand in the order in which they were applied, of which there is at least one."""
        super().__init__(inner)
        self._request = request
        self._chunk = b""
        self._taken = 0  # bytes of the chunk
        self._turn = Turn()
        self._stages: list[Inflated] = []
        fetch: Callable[[int], bytes] = self._fetch
        for coding in reversed(codings):
            self._stages.append(Inflated(coding, fetch, self._turn))
            fetch = self._stages[-1].take
        self._take = fetch

    async def read(self) -> bytes:
        """What is left of the body. Raises ``ProtocolError`` where it cannot be inflated."""
        pieces: list[bytes] = []
        while piece := await self.receive():
            pieces.append(piece)
        return b"".join(pieces)

    async def receive(self) -> bytes:
        """The next piece of the body; empty at the end. Raises ``ProtocolError`` where it cannot be inflated."""
        try:
            if piece := await self._held():
                # Nothing was waited for: what inflates to very much must not keep the loop from everybody else.
                await asyncio.sleep(0)
                return piece
            while chunk := await self._inner.receive():
                self._chunk, self._taken = chunk, 0
                if piece := await self._held():
                    return piece
            if not all(stage.complete for stage in self._stages):
                raise Corrupt("it ends too soon")
        except Corrupt as exc:
            raise _unreadable(self._request, str(exc)) from exc
        return b""

    async def _held(self) -> bytes:
        """The next piece of what has arrived; empty at its end. The loop gets a turn where it takes long to find."""
        while True:
            self._turn.left = IN_ONE_TURN
            try:
                return self._take(PIECE)
            except Later:
                await asyncio.sleep(0)

    def _fetch(self, limit: int) -> bytes:
        """The next bytes of the chunk that has arrived; empty at its end."""
        start, self._taken = self._taken, self._taken + limit
        return self._chunk[start : self._taken]


def _codings(field: str) -> list[Coding]:
    names = [name for each in field.split(",") if (name := each.strip().lower()) and name != "identity"]
    if len(names) > MOST_CODINGS:
        raise Corrupt(f"{len(names)} codings one over the other")
    codings: list[Coding] = []
    for name in names:
        coding = CODINGS.get(ALIASES.get(name, name))
        if coding is None:
            # Not quoted: it is the server's to choose, which may say back what it was sent.
            raise Corrupt("in a coding that nothing here decodes; it was not asked for")
        codings.append(coding)
    return codings


def _unreadable(request: Request, what: str) -> ProtocolError:
    return ProtocolError(
        f"the body that {host_of(request)} sent cannot be decompressed: {what} ({request})", request=request
    )
