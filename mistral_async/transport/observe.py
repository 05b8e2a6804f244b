"""Tell who wants to know: a log record for each call, and the client's hooks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from mistral_async.errors import MistralError
from mistral_async.fields import request_id
from mistral_async.hooks import Answered, Hooks, call
from mistral_async.http import Request, Response, Sending, Transport

log = logging.getLogger("mistral_async")


class Observe:
    """Logs each call once, at DEBUG, and calls ``on_request`` and ``on_response``. The outermost layer.

    ``clock`` is in seconds.
    """

    def __init__(self, inner: Transport, hooks: Hooks, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._inner = inner
        self._hooks = hooks
        self._hooked = hooks.on_request is not None or hooks.on_response is not None
        self._clock = clock

    def send(self, request: Request, /) -> Sending:
        """Send it. What a hook raises is logged and goes no further."""
        if self._hooked or log.isEnabledFor(logging.DEBUG):
            return self._watched(request)
        return self._inner.send(request)

    async def aclose(self) -> None:
        """Close what is below."""
        await self._inner.aclose()

    async def _watched(self, request: Request) -> Response:
        if self._hooks.on_request is not None:
            call(self._hooks.on_request, request, "on_request")
        start = self._clock()
        try:
            response = await self._inner.send(request)
        except BaseException as exc:
            _log_failure(request, exc, self._clock() - start)
            raise
        answered = Answered(
            request=request,
            status=response.status,
            headers=response.headers,
            http_version=response.http_version,
            attempts=response.attempts,
            duration=self._clock() - start,
            request_id=request_id(response.headers),
        )
        _log_answer(answered)
        if self._hooks.on_response is not None:
            call(self._hooks.on_response, answered, "on_response")
        return response


def _log_answer(answered: Answered) -> None:
    request = answered.request
    log.debug(
        "%s: %d in %.3f s over HTTP/%s, %d %s",
        request,
        answered.status,
        answered.duration,
        answered.http_version,
        answered.attempts,
        "attempt" if answered.attempts == 1 else "attempts",
        extra={
            "method": request.method,
            "path": request.path,
            "status": answered.status,
            "attempts": answered.attempts,
            "duration": answered.duration,
            "http_version": answered.http_version,
            "request_id": answered.request_id,
            "error": None,
        },
    )


def _log_failure(request: Request, exc: BaseException, duration: float) -> None:
    # An error is named, not quoted: it may be one of the caller's own, and say anything.
    name = type(exc).__name__
    log.debug(
        "%s: %s after %.3f s",
        request,
        name,
        duration,
        extra={
            "method": request.method,
            "path": request.path,
            "status": None,
            "attempts": exc.attempts if isinstance(exc, MistralError) else None,
            "duration": duration,
            "http_version": None,
            "request_id": None,
            "error": name,
        },
    )
