"""What the head of a request says in HTTP/2."""

from __future__ import annotations

from functools import lru_cache

from mistral_async.http import Request
from mistral_async.settings.checks import FRAMING

# Source: RFC 9110 section 8.6: methods that give a body a meaning say so where there is none.
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def head_of(request: Request) -> list[tuple[bytes, bytes]]:
    """Pseudo-fields, then the request's own. Source: RFC 9113 section 8.3.1."""
    origin = request.origin
    scheme, authority = _parts_of(origin)
    path = request.url[len(origin) :].partition("#")[0]
    fields = [
        (b":method", request.method.encode("ascii")),
        scheme,
        authority,
        (b":path", (path if path[:1] == "/" else "/" + path).encode("ascii")),
    ]
    fields += [
        (name.encode("ascii"), value.encode("latin-1"))
        for name, value in request.headers.items()
        if name not in FRAMING
    ]
    body = request.body
    length = len(body) if isinstance(body, bytes) else None if body is None else body.length
    if length is not None:
        fields.append((b"content-length", b"%d" % length))
    elif body is None and request.method in _WITH_BODY:
        fields.append((b"content-length", b"0"))
    return fields


@lru_cache(maxsize=64)
def _parts_of(origin: str) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
    scheme, _, authority = origin.partition("://")
    # Source: RFC 9113 section 8.3.1: never with the name of a user.
    return (b":scheme", scheme.encode("ascii")), (b":authority", authority.rpartition("@")[2].encode("ascii"))
