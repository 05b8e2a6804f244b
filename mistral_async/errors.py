"""Everything that this SDK raises."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, Protocol, Self, TypeVar

from mistral_async.http import Headers

_E = TypeVar("_E", bound="MistralError")


class Target(Protocol):
    """What an error is about: a request, or an operation that never became one."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def repeatable(self) -> bool: ...


class MistralError(Exception):
    """Root of every error of this SDK.

    Any of them can be pickled, and none of them holds the key.
    """

    retry_safe: bool = False
    """Whether the same call may be made again without the risk of doing something twice."""

    attempts: int = 0
    """How often the request was sent; 0 where nothing was."""

    of_caller: bool = False
    """Whether it came out of the request's own body or key function, and not of sending it."""

    def __init__(self, message: str, *, request: Target | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.method = request.method if request else None
        self.path = request.path if request else None  # the operation's template, such as "/v1/models/{model_id}"

    def after(self, attempts: int) -> Self:
        """The same error, saying how many attempts were made."""
        if attempts > 1:
            # What another error said may stand in this one's message: once is enough.
            said, before = f" ({attempts} attempts)", f" ({self.attempts} attempts)"
            message = self.message.removesuffix(before)
            self.say(message if said in message else message + said)
        self.attempts = attempts
        return self

    def say(self, message: str) -> None:
        """Take another message in the place of the present one."""
        self.message = message
        self.args = (message, *self.args[1:])

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(error_type: type[_E], args: tuple[Any, ...], state: dict[str, Any]) -> _E:
    error = error_type.__new__(error_type, *args)
    error.args = args  # which an OSError, as our TimeoutError is one, takes from __init__ alone
    error.__dict__.update(state)
    return error


class RequestValidationError(MistralError, ValueError):
    """The request does not fit the API's specification. Nothing was sent."""

    def __init__(self, message: str, *, field: str | None = None, request: Target | None = None) -> None:
        super().__init__(message, request=request)
        self.field = field  # where in the request, such as "messages[0].content"


class TransportError(MistralError):
    """No answer arrived."""

    attempts = 1

    permanent: bool = False
    """Whether trying again cannot help: the same would happen."""

    def __init__(
        self,
        message: str,
        *,
        request: Target | None = None,
        retry_safe: bool | None = None,
        permanent: bool = False,
    ) -> None:
        super().__init__(message, request=request)
        # Without other knowledge, the server may have acted on a request that it never answered.
        self.retry_safe = retry_safe if retry_safe is not None else bool(request and request.repeatable)
        self.permanent = permanent


class ConnectError(TransportError):
    """No connection could be made: nothing was sent."""

    def __init__(
        self, message: str, *, request: Target | None = None, retry_safe: bool = True, permanent: bool = False
    ) -> None:
        super().__init__(message, request=request, retry_safe=retry_safe, permanent=permanent)


class TLSError(ConnectError):
    """The connection could not be made secure: nothing was sent."""


class ProxyError(ConnectError):
    """The proxy could not be reached, or refused: nothing was sent."""


class TimeoutError(TransportError, builtins.TimeoutError):
    """A time limit ran out. ``limit`` says which: ``"connect"``, ``"read"`` or ``"total"``."""

    def __init__(
        self, message: str, *, limit: str, request: Target | None = None, retry_safe: bool | None = None
    ) -> None:
        super().__init__(message, request=request, retry_safe=retry_safe)
        self.limit = limit


class ProtocolError(TransportError):
    """What the server sent is not HTTP."""


class ConnectionLost(TransportError):
    """The connection ended before the answer did."""


class ClientClosed(ConnectionLost):
    """The client was closed while the call was under way."""

    def __init__(self, message: str, *, request: Target | None = None, retry_safe: bool | None = None) -> None:
        super().__init__(message, request=request, retry_safe=retry_safe, permanent=True)


class CircuitOpenError(TransportError):
    """The circuit breaker is open: nothing was sent. ``retry_after`` is in seconds."""

    attempts = 0

    def __init__(self, message: str, *, retry_after: float, request: Target | None = None) -> None:
        super().__init__(message, request=request, retry_safe=True)
        self.retry_after = retry_after


class APIError(MistralError):
    """The server answered, and said no.

    ``code``, ``type`` and ``param`` are what the error body says, where it says them; ``retry_after`` is in seconds;
    ``body`` is the beginning of the error body, as it came.
    """

    attempts = 1

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        type: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        detail: Sequence[Any] = (),
        body: bytes = b"",
        headers: Headers | None = None,
        request: Target | None = None,
    ) -> None:
        super().__init__(message, request=request)
        self.status = status
        self.code = code
        self.type = type
        self.param = param
        self.request_id = request_id
        self.retry_after = retry_after
        self.detail = tuple(detail)  # what a 422 lists: objects with `loc`, `msg` and `type`
        self.body = body
        self.headers = headers if headers is not None else Headers()
        # A 429 was refused before anything was done; after a 5xx nobody knows.
        self.retry_safe = status == 429 or (status >= 500 and bool(request and request.repeatable))


class BadRequestError(APIError):
    """400: the request makes no sense to the server."""


class AuthenticationError(APIError):
    """401: the key is missing, wrong or revoked."""


class PermissionDeniedError(APIError):
    """403: the key is good, and may not do this."""


class NotFoundError(APIError):
    """404: there is nothing of that id or path."""


class ConflictError(APIError):
    """409: the state of things does not allow it."""


class UnprocessableEntityError(APIError):
    """422: a field is missing or wrong; ``detail`` lists them."""


class RateLimitError(APIError):
    """429: too many requests or tokens; ``retry_after`` says when to come again, where the server does."""


class ServerError(APIError):
    """5xx: the server failed."""


class ResponseDecodeError(MistralError):
    """The answer cannot be read: it is no JSON, of another shape altogether, or above ``max_response_size``.

    ``body`` holds it as it came; of one that is too large, only the beginning.
    """

    attempts = 1

    def __init__(
        self,
        message: str,
        *,
        body: bytes,
        status: int,
        request_id: str | None = None,
        request: Target | None = None,
    ) -> None:
        super().__init__(message, request=request)
        self.body = body
        self.status = status
        self.request_id = request_id


class StreamError(MistralError):
    """A stream broke off, or the server reported an error in it. ``events`` holds what came before, newest last.

    Of a very long stream only the last 1,024 events are held.
    """

    attempts = 1

    def __init__(
        self,
        message: str,
        *,
        events: Sequence[Any] = (),
        code: str | None = None,
        type: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
        request: Target | None = None,
    ) -> None:
        super().__init__(message, request=request)
        self.events = tuple(events)
        self.code = code
        self.type = type
        self.param = param
        self.request_id = request_id
        self.retry_safe = bool(request and request.repeatable)


_BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def error_for(status: int) -> type[APIError]:
    """The class that stands for a status."""
    return _BY_STATUS.get(status) or (ServerError if status >= 500 else APIError)
