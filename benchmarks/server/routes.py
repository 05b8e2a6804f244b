"""Which answer belongs to a request."""

from __future__ import annotations

import re

import msgspec

from benchmarks.server.answers import (
    BASE64,
    BULK,
    CONTENT,
    FLOATS,
    HELD,
    LIVE,
    MODELS,
    NOT_FOUND,
    SMALL,
    Answer,
)

_MEMO = 4096  # bodies that are known again; then the memo begins anew


class Route:
    """A place where requests go. There is one object of each."""

    def __init__(self) -> None:
        self._known: dict[bytes, Answer] = {}

    def answer(self, body: bytes) -> Answer:
        """What is said to a request with this body. Not for uploads, whose answer depends on their size."""
        found = self._known.get(body)
        if found is None:
            found = _answer(self, body)
            if len(self._known) >= _MEMO:
                self._known.clear()
            self._known[body] = found
        return found


CHAT, EMBEDDINGS, UPLOAD, MODEL_LIST, FILE_CONTENT, NOWHERE = (Route() for _ in range(6))


class _Body(msgspec.Struct):
    model: str = ""
    stream: bool = False
    encoding_format: str | None = None


_PLACES = {
    (b"POST", b"/v1/chat/completions"): CHAT,
    (b"POST", b"/v1/embeddings"): EMBEDDINGS,
    (b"POST", b"/v1/files"): UPLOAD,
    (b"GET", b"/v1/models"): MODEL_LIST,
}
_CONTENT = re.compile(rb"/v1/files/[^/]+/content")
_CHATS = {("small", False): SMALL, ("held", False): HELD, ("bulk", True): BULK, ("live", True): LIVE}
_decode = msgspec.json.Decoder(_Body).decode


def route(method: bytes, target: bytes) -> Route:
    """Where a request goes; whatever its query says."""
    path = target.partition(b"?")[0]
    if method == b"GET" and _CONTENT.fullmatch(path):
        return FILE_CONTENT
    return _PLACES.get((method, path), NOWHERE)


def _answer(place: Route, body: bytes) -> Answer:
    try:
        if place is CHAT:
            said = _decode(body)
            return _CHATS.get((said.model, said.stream), NOT_FOUND)
        if place is EMBEDDINGS:
            return BASE64 if _decode(body).encoding_format == "base64" else FLOATS
    except msgspec.DecodeError:
        return NOT_FOUND
    if place is MODEL_LIST:
        return MODELS
    return CONTENT if place is FILE_CONTENT else NOT_FOUND
