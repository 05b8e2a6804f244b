"""What the head of a request says in HTTP/2."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from mistral_async.http import Request
from mistral_async.settings.checks import FRAMING

# Source: RFC 9110 section 8.6: methods that give a body a meaning say so where there is none.
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
MEMO_SIZE = 256  # fields remembered, and as many targets; a client sends few different ones, but ids are endless
MEMO_VALUE = 4096  # characters; longer values are not remembered

Field: TypeAlias = tuple[bytes, bytes]
T = TypeVar("T")


class Heads:
    """The heads of a connection's requests. What many of them have in common is made once."""

    __slots__ = ("_fields", "_targets")

    def __init__(self) -> None:
        self._fields: dict[tuple[str, str], Field] = {}
        self._targets: dict[tuple[str, str], tuple[Field, ...]] = {}  # by method and URL

    def of(self, request: Request) -> list[Field]:
        """Pseudo-fields, then the request's own. Source: RFC 9113 section 8.3.1."""
        known = self._fields
        fields = [
            *(self._targets.get((request.method, request.url)) or self._target(request)),
            *[known.get(item) or self._field(item) for item in request.headers.items() if item[0] not in FRAMING],
        ]
        body = request.body
        length = len(body) if isinstance(body, bytes) else None if body is None else body.length
        if length is not None:
            fields.append((b"content-length", b"%d" % length))
        elif body is None and request.method in _WITH_BODY:
            fields.append((b"content-length", b"0"))
        return fields

    def _field(self, item: tuple[str, str]) -> Field:
        name, value = item
        field = (name.encode("ascii"), value.encode("latin-1"))
        _keep(self._fields, item, field, len(value))
        return field

    def _target(self, request: Request) -> tuple[Field, ...]:
        method, url, origin = request.method, request.url, request.origin
        scheme, _, authority = origin.partition("://")
        path = url[len(origin) :].partition("#")[0]
        target = (
            (b":method", method.encode("ascii")),
            (b":scheme", scheme.encode("ascii")),
            # Source: RFC 9113 section 8.3.1: never with the name of a user.
            (b":authority", authority.rpartition("@")[2].encode("ascii")),
            (b":path", (path if path[:1] == "/" else "/" + path).encode("ascii")),
        )
        _keep(self._targets, (method, url), target, len(url))
        return target


def _keep(memo: dict[tuple[str, str], T], key: tuple[str, str], made: T, size: int) -> None:
    if size <= MEMO_VALUE:
        if len(memo) >= MEMO_SIZE:
            memo.clear()
        memo[key] = made
