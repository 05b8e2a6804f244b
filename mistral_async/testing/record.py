"""What arrived at the server: a bounded record that tests can look into."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import msgspec

_HIDDEN = frozenset({"authorization", "x-api-key", "cookie", "proxy-authorization"})


@dataclass(slots=True, kw_only=True)
class Received:
    """One request, and what became of it. Times are those of :func:`time.monotonic`."""

    method: str
    path: str  # as it was sent, percent-encoded, without the query
    query: str  # as it was sent, without the question mark
    operation: str | None = None  # such as "POST /v1/chat/completions"; None where no operation was meant
    headers: Mapping[str, str] = field(default_factory=dict[str, str])  # names in lower case; no credentials
    connection: int = 0  # the same number for requests over one connection
    arrived: float = field(default_factory=time.monotonic)
    body: bytes = b""  # empty for an upload, and for a body too large to keep
    size: int = 0  # bytes of the body
    digest: str = ""  # SHA-256 of the body (of an upload: of its file) in hexadecimal
    status: int | None = None  # of the answer; None while there is none
    sent: int = 0  # bytes of the answer's body
    events: int = 0  # events of a stream that were sent
    finished: float | None = None  # when the answer was complete
    disconnected: float | None = None  # when the peer went away before the answer was complete
    cut: bool = False  # whether the server itself closed the connection, because a test asked for it

    def json(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body)


class Record(Sequence[Received]):
    """The latest requests, the oldest first. What goes beyond the bounds is forgotten, the oldest first."""

    def __init__(self, *, requests: int, body: int) -> None:
        self._requests: deque[Received] = deque(maxlen=requests)
        self._body = body
        self.total = 0  # requests ever, forgotten ones included

    def add(self, received: Received) -> None:
        self.total += 1
        self._requests.append(received)

    def keep(self, received: Received, body: bytes) -> None:
        """Keep the body of a request, if it is not too large."""
        if len(body) <= self._body:
            received.body = body

    def clear(self) -> None:
        self._requests.clear()
        self.total = 0

    @overload
    def __getitem__(self, index: int) -> Received: ...
    @overload
    def __getitem__(self, index: slice) -> list[Received]: ...
    def __getitem__(self, index: int | slice) -> Received | list[Received]:
        return list(self._requests)[index] if isinstance(index, slice) else self._requests[index]

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[Received]:
        return iter(tuple(self._requests))

    def __repr__(self) -> str:
        return f"<Record of {len(self)} requests, {self.total} in all>"


def public(headers: Mapping[str, str]) -> dict[str, str]:
    """Header fields in lower case, without those that hold credentials."""
    return {name: value for key, value in headers.items() if (name := key.lower()) not in _HIDDEN}
