"""Interpret an operation: arguments to a request, a response to its model or to an error.

The only place that turns a status into an error.
"""

from __future__ import annotations

import functools
import itertools
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
from msgspec import UNSET, UnsetType

from mistral_async._version import __version__
from mistral_async.codec.answers import UNFIT, AnswerDecoder, NotReadable
from mistral_async.codec.load import model
from mistral_async.codec.problem import ErrorEvent, Problem, read_problem
from mistral_async.codec.requests import RequestEncoder
from mistral_async.errors import APIError, ResponseDecodeError, error_for
from mistral_async.fields import EVENT_STREAM, is_event_stream, media_type, request_id, retry_after
from mistral_async.http import Answer, Request, Response, Sending, Transport
from mistral_async.operation import Events, Operation
from mistral_async.settings import Retry, Settings, Timeout
from mistral_async.transport.held import ERROR_LIMIT, beginning

if TYPE_CHECKING:
    from mistral_async.codec.events import EventDecoder
    from mistral_async.codec.lenient import Misfit
    from mistral_async.codec.sse import ServerEvent

log = logging.getLogger("mistral_async")

USER_AGENT = f"mistral-async/{__version__}"
NO_STREAM_LIMIT = 16 * 1024 * 1024  # bytes; more than any completion, and no flood
SHOWN_MISFITS = 5  # of an answer's misfits in one log record; the rest is counted


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What differs for one call."""

    timeout: Timeout | None = None  # None: the client's
    retry: Retry | UnsetType | None = UNSET  # UNSET: the client's
    headers: Mapping[str, str] = {}  # names in lower case
    extra_body: Mapping[str, Any] = {}


DEFAULTS = Options()


@functools.cache
def _encoder(operation: Operation) -> RequestEncoder:
    return RequestEncoder(operation)


@functools.cache
def _decoder(operation: Operation) -> AnswerDecoder[Any] | None:
    return AnswerDecoder(model(operation.answer)) if operation.answer else None


@functools.cache
def _event_decoder(operation: Operation) -> EventDecoder[Any]:
    if operation.events is None:
        raise TypeError(f"{operation} has no events")
    from mistral_async.codec.events import EventDecoder  # by those who stream

    return EventDecoder(model(operation.events.type))


class Engine:
    """Sends operations through a transport, and reads what comes back."""

    def __init__(self, transport: Transport, settings: Settings, *, masked: Callable[[str], str] = str) -> None:
        """``masked`` takes the key out of what is quoted from answers."""
        self._transport = transport
        self._settings = settings
        self._masked = masked
        self._headers = {"user-agent": USER_AGENT, **settings.headers}
        self._told: set[Operation] = set()  # whose answers were found not to fit

    @property
    def max_response_size(self) -> int:
        """Bytes of one answer, or of one event, that may be held in memory."""
        return self._settings.max_response_size

    def request(
        self,
        operation: Operation,
        path: str,
        body: Any,
        params: Mapping[str, Any] | None,
        options: Options = DEFAULTS,
        *,
        answer: Answer = "whole",
        stream: bool = False,
    ) -> Request:
        """The request that a call comes to. Raises ``RequestValidationError``; nothing is sent."""
        encoded = _encoder(operation).encode(
            body, params, stream=stream, extra_body=options.extra_body, validate=self._settings.validation
        )
        headers = {"accept": EVENT_STREAM if stream else operation.accept, **self._headers, **encoded.headers}
        if encoded.content_type is not None:
            headers["content-type"] = encoded.content_type
        headers.update(options.headers)
        url = f"{self._settings.base_url}{path}"
        return Request(
            method=operation.method,
            url=f"{url}?{encoded.query}" if encoded.query else url,
            path=operation.path,
            headers=headers,
            body=encoded.body,
            timeout=options.timeout or self._settings.timeout,
            retry=self._settings.retry if options.retry is UNSET else options.retry,
            repeatable=operation.repeatable,
            answer=answer,
        )

    def begin(self, request: Request) -> Sending:
        """The response, its body unread and whatever its status: of one that is not 2xx, ``error`` is to be raised."""
        return self._transport.send(request)

    async def send(self, request: Request) -> Response:
        """The response, its body unread. Raises ``APIError`` for a status that is not 2xx, ``TransportError``."""
        response = await self._transport.send(request)
        if 200 <= response.status < 300:
            return response
        raise await self.error(request, response)

    async def send_for_events(self, request: Request) -> Response:
        """The response, whose body is a stream of events. Besides, raises ``ResponseDecodeError`` where it is not."""
        response = await self.send(request)
        if is_event_stream(response.headers):
            return response
        body = await beginning(response, self._at_most(NO_STREAM_LIMIT))  # whatever it is, it may have been paid for
        what = f"{media_type(response.headers)} instead of a stream: {read_problem(body).message}"
        raise self._unreadable(request, response, body, what)

    def decode(self, operation: Operation, request: Request, response: Response, body: bytes) -> Any:
        """The answer's model: strictly, and where it does not fit leniently. Raises ``ResponseDecodeError``."""
        decoder = _decoder(operation)
        try:
            if decoder is not None:
                return self._decode_answer(operation, decoder, body)
            if operation.events is not None:
                return [self.decode_event(operation, event) for event in _events(operation.events, body)]
        except (NotReadable, ErrorEvent) as exc:
            raise self._unreadable(request, response, body, str(exc)) from self._cause(exc)
        return body if operation.download else None

    def _decode_answer(self, operation: Operation, decoder: AnswerDecoder[Any], body: bytes) -> Any:
        try:
            # Where an operation may also answer with nothing, its type has null.
            return decoder.strictly(body or b"null")
        except UNFIT as exc:
            if self._settings.strict_responses or not body:
                raise NotReadable(str(exc) if body else "it is empty") from exc
        answer, misfits = decoder.leniently(body)
        self._tell(operation, misfits)
        return answer

    def decode_event(self, operation: Operation, event: ServerEvent) -> Any:
        """The event's model. Raises ``ErrorEvent`` where it is an error, ``NotReadable`` where it cannot be read."""
        decoder = _event_decoder(operation)
        try:
            return decoder.strictly(event)
        except UNFIT as exc:
            unfit = exc
        try:
            decoded, misfits = decoder.leniently(event)
            if self._settings.strict_responses:
                raise NotReadable(str(unfit)) from unfit
        except NotReadable as exc:
            raise NotReadable(self._masked(str(exc))) from self._cause(exc)
        except ErrorEvent as exc:
            problem = exc.problem
        else:
            self._tell(operation, misfits)
            return decoded
        # Raised here, for the error as it came not to be the context of this one.
        raise ErrorEvent(self._told_of(problem))

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "what sends requests holds the key and cannot be pickled; pickle the client, which leaves it out"
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    async def error(self, request: Request, response: Response) -> APIError:
        """The error that a response stands for. Its body is read as far as a message needs it."""
        body = await beginning(response, self._at_most(ERROR_LIMIT))
        problem = read_problem(body)
        return error_for(response.status)(
            f"{response.status} for {request}: {problem.message}",
            status=response.status,
            code=problem.code,
            type=problem.type,
            param=problem.param,
            request_id=request_id(response.headers) or problem.request_id,
            retry_after=retry_after(response.headers),
            detail=problem.detail,
            body=body,
            headers=response.headers,
            request=request,
        ).after(response.attempts)

    def _unreadable(self, request: Request, response: Response, body: bytes, what: str) -> ResponseDecodeError:
        return ResponseDecodeError(
            f"the answer to {request} cannot be read: {self._masked(what)}",
            body=body,
            status=response.status,
            request_id=request_id(response.headers),
            request=request,
        ).after(response.attempts)

    def _at_most(self, limit: int) -> int:
        return min(limit, self._settings.max_response_size)

    def _told_of(self, problem: Problem) -> Problem:
        """The problem of an error event, without the key."""
        shown = {name: getattr(problem, name) for name in ("message", "code", "type", "param", "request_id")}
        kept = {name: self._masked(text) for name, text in shown.items() if text is not None}
        return msgspec.structs.replace(problem, **kept)

    def _cause(self, exc: BaseException) -> BaseException | None:
        """The error as a cause, which a traceback shows; None where it or what led to it quotes the key."""
        seen: BaseException | None = exc
        while seen is not None:
            if self._masked(str(seen)) != str(seen):
                return None
            seen = seen.__cause__
        return exc

    def _tell(self, operation: Operation, misfits: list[Misfit]) -> None:
        """Log what did not fit, once per operation."""
        if operation in self._told or not misfits:
            return
        self._told.add(operation)
        shown = "; ".join(f"{misfit.where}: {misfit.what}" for misfit in misfits[:SHOWN_MISFITS])
        more = f" and {len(misfits) - SHOWN_MISFITS} more" if len(misfits) > SHOWN_MISFITS else ""
        log.warning(
            "an answer to %s does not fit the specification; what fits was kept: %s%s",
            operation,
            self._masked(shown),
            more,
            extra={"operation": str(operation), "misfits": len(misfits)},
        )


async def whole(response: Response) -> bytes:
    """The body of a response, which is closed where it cannot be read to its end."""
    try:
        return await response.read()
    except BaseException:
        response.close()
        raise


def _events(events: Events, body: bytes) -> list[ServerEvent]:
    """Every event of a stream that was read whole, up to its end."""
    from mistral_async.codec.sse import EventParser  # by those who stream

    end = events.end.encode() if events.end is not None else None
    return list(itertools.takewhile(lambda event: event.data != end, EventParser().feed(body)))
