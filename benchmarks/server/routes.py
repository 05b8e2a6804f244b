"""Which answer belongs to a request."""

from __future__ import annotations

import re
from enum import Enum, auto

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


class Route(Enum):
    CHAT = auto()
    EMBEDDINGS = auto()
    UPLOAD = auto()
    MODELS = auto()
    CONTENT = auto()
    NOWHERE = auto()


class _Body(msgspec.Struct):
    model: str = ""
    stream: bool = False
    encoding_format: str | None = None


_PLACES = {
    (b"POST", b"/v1/chat/completions"): Route.CHAT,
    (b"POST", b"/v1/embeddings"): Route.EMBEDDINGS,
    (b"POST", b"/v1/files"): Route.UPLOAD,
    (b"GET", b"/v1/models"): Route.MODELS,
}
_CONTENT = re.compile(rb"/v1/files/[^/]+/content")
_CHATS = {("small", False): SMALL, ("held", False): HELD, ("bulk", True): BULK, ("live", True): LIVE}
_decode = msgspec.json.Decoder(_Body).decode


def route(method: bytes, target: bytes) -> Route:
    """Where a request goes; whatever its query says."""
    path = target.partition(b"?")[0]
    if method == b"GET" and _CONTENT.fullmatch(path):
        return Route.CONTENT
    return _PLACES.get((method, path), Route.NOWHERE)


def answer(place: Route, body: bytes) -> Answer:
    """What is said there. Not for uploads, whose answer depends on their size."""
    try:
        if place is Route.CHAT:
            said = _decode(body)
            return _CHATS.get((said.model, said.stream), NOT_FOUND)
        if place is Route.EMBEDDINGS:
            return BASE64 if _decode(body).encoding_format == "base64" else FLOATS
    except msgspec.DecodeError:
        return NOT_FOUND
    if place is Route.MODELS:
        return MODELS
    return CONTENT if place is Route.CONTENT else NOT_FOUND
