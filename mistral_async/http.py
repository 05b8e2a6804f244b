"""What goes to a server and what comes back: requests, responses, headers, bodies."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine, Iterator, Mapping
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import msgspec

from mistral_async.origin import origin_of
from mistral_async.settings.retry import Retry
from mistral_async.settings.timeout import Timeout

# Header fields that hold credentials. Source: RFC 9110 sections 11.6.2 and 11.7.2, RFC 6265 section 5.4.
SECRET_FIELDS = frozenset({"authorization", "cookie", "proxy-authorization"})


class Headers(Mapping[str, str]):
    """The header fields of a message: names in any case, in the order they came, repeated or not.

    Fields are kept as the bytes the wire gave and decoded when first looked at, since most are never read.
    A lookup of a field that came more than once gives its values joined by ``", "``.

    Source: RFC 9110 section 5.3 (joining) and 5.5 (bytes outside ASCII are read as ISO 8859-1).
    """

    __slots__ = ("_fields", "_index")

    def __init__(self, fields: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        self._fields = fields
        self._index: dict[str, str] | None = None

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Headers:
        """Headers from text, for responses that no wire has read."""
        return cls(tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()))

    @property
    def fields(self) -> tuple[tuple[bytes, bytes], ...]:
        """Every field as it came."""
        return self._fields

    def _by_name(self) -> dict[str, str]:
        if self._index is None:
            index: dict[str, str] = {}
            for raw_name, raw_value in self._fields:
                name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
                index[name] = f"{index[name]}, {value}" if name in index else value
            self._index = index
        return self._index

    def __getitem__(self, name: str) -> str:
        return self._by_name()[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name())

    def __len__(self) -> int:
        return len(self._by_name())

    def __repr__(self) -> str:
        return f"Headers({dict(self._by_name())!r})"


@runtime_checkable
class Body(Protocol):
    """A request body that is produced while it is sent, a chunk at a time."""

    @property
    def length(self) -> int | None:
        """Size in bytes, or None where nobody knows before the end."""
        ...

    @property
    def replayable(self) -> bool:
        """Whether iterating it, or iterating it again, gives all the bytes.

        What can be read once says True until that has begun; a second pass is refused with an error.
        """
        ...

    def __aiter__(self) -> AsyncGenerator[bytes, None]: ...


NO_URL = "\0"  # no URL begins with it

Answer: TypeAlias = Literal["whole", "events", "bytes"]
"""How an answer is wanted: held in memory, as a stream of events, or in chunks as they arrive."""


class TimeLimit:
    """By when a call must be over, and how far it has come: kept up to date by the layers that it passes."""

    __slots__ = ("at", "attempts", "begun")

    def __init__(self, at: float) -> None:
        self.at = at  # the loop's time
        self.attempts = 0  # that have ended, and are followed by another
        self.begun = False  # the wire has a connection for the present one: it waits for the server now

    def anew(self) -> TimeLimit:
        """The same limit for what has not begun."""
        return TimeLimit(self.at)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request, complete but for what a layer adds (authorization) and the wire knows (host, framing).

    Header names are lower case.
    """

    method: str
    url: str  # absolute, already percent-encoded
    path: str  # the operation's template, such as "/v1/models/{model_id}": for messages and logs
    headers: Mapping[str, str] = {}
    body: bytes | Body | None = None
    timeout: Timeout = Timeout()
    deadline: TimeLimit | None = None  # when the last byte must be there, set from ``timeout.total``
    retry: Retry | None = None  # None: it is sent once
    repeatable: bool = False  # sending it twice does no harm
    answer: Answer = "whole"

    @property
    def origin(self) -> str:
        """Scheme, host and port of the URL, as they stand there."""
        return origin_of(self.url)

    def with_headers(self, headers: Mapping[str, str]) -> Request:
        """The same request with these fields added, or replaced where they were there."""
        return msgspec.structs.replace(self, headers={**self.headers, **headers})

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def __repr__(self) -> str:
        # Neither headers nor URL: both may hold what must not be shown.
        return f"<Request {self}>"


Reading: TypeAlias = Coroutine[Any, Any, bytes]
"""What reading a response returns, of one that hands on another's: that one's, as for ``Sending``."""


class Response(Protocol):
    """A response whose head has arrived. Its body is read once: by ``read``, or piece by piece by ``receive``.

    Reading to the end gives the connection back; ``close`` before the end drops it. Whoever holds a response
    reads it to the end or closes it.
    """

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Headers: ...

    @property
    def http_version(self) -> str:
        """Such as ``"1.1"``."""
        ...

    @property
    def attempts(self) -> int:
        """How often the request was sent, until this answer came."""
        ...

    def read(self) -> Reading:
        """The whole body; after ``receive``, what is left of it."""
        ...

    def receive(self) -> Reading:
        """The next chunk of the body, of whatever size it arrives in; empty at the end."""
        ...

    def close(self) -> None:
        """Give up what has not been read. Does nothing after the end, or a second time; never waits."""
        ...


Sending: TypeAlias = Coroutine[Any, Any, Response]
"""What ``send`` returns, of a transport that has nothing to do with the answer: another's, and no coroutine of its own.

Each that is, is entered anew when something arrives, which costs more than the little that it does.
"""


class Transport(Protocol):
    """Sends one request and returns its response, whatever the status.

    Raises only when none arrived; but for ``ResponseDecodeError``, where one is too large to be held.
    """

    def send(self, request: Request, /) -> Sending: ...

    async def aclose(self) -> None: ...


class Wrapped:
    """Another response, passed on as it is: what is different, a subclass says."""

    __slots__ = ("_inner", "attempts", "headers", "http_version", "status")

    def __init__(self, inner: Response) -> None:
        self.status = inner.status
        self.headers = inner.headers
        self.http_version = inner.http_version
        self.attempts = inner.attempts
        self._inner = inner

    # These two only hand on: a coroutine of their own would cost time for each chunk.

    def read(self) -> Reading:
        """What is left of the body."""
        return self._inner.read()

    def receive(self) -> Reading:
        """The next chunk of the body; empty at the end."""
        return self._inner.receive()

    def close(self) -> None:
        """Give up what has not been read."""
        self._inner.close()
