"""Calls: values that know how to be sent, and are sent once."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import AsyncIterator, Coroutine, Generator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

import msgspec

from mistral_async.engine import DEFAULTS, Engine, Options, whole
from mistral_async.http import Answer, Request, Response
from mistral_async.operation import Operation
from mistral_async.raw import Raw
from mistral_async.settings import Retry, Timeout
from mistral_async.settings.checks import check_extra_body, check_headers, check_timeout
from mistral_async.settings.values import check_kind

if TYPE_CHECKING:
    from mistral_async.streams import ByteStream, EventStream

T = TypeVar("T")
C = TypeVar("C", bound="Call[Any]")
T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E")
Item = TypeVar("Item")


class Call(Coroutine[Any, Any, T_co]):
    """A call of an operation. Nothing is sent before it is awaited.

    It is a coroutine to whoever takes one: ``create_task`` of asyncio or a ``TaskGroup``, ``gather``, ``wait_for``.
    It can be sent once. Awaiting it raises ``RequestValidationError`` before anything is sent, ``TransportError`` where
    no answer arrived, ``APIError`` where the answer says no, ``ResponseDecodeError`` where it cannot be read.
    """

    __slots__ = ("_body", "_coroutine", "_engine", "_operation", "_options", "_params", "_path", "_spent")

    def __init__(
        self,
        engine: Engine,
        operation: Operation,
        path: str,
        request: object = None,
        params: Mapping[str, Any] | None = None,
        options: Options = DEFAULTS,
    ) -> None:
        self._engine = engine
        self._operation = operation
        self._path = path
        self._body = request
        self._params = params
        self._options = options
        self._coroutine: Coroutine[Any, Any, T_co] | None = None
        self._spent = False

    def options(
        self,
        *,
        timeout: float | Timeout | msgspec.UnsetType | None = msgspec.UNSET,
        headers: Mapping[str, str] | None = None,
        retry: Retry | msgspec.UnsetType | None = msgspec.UNSET,
        extra_body: Mapping[str, Any] | None = None,
    ) -> Self:
        """The same call with settings of its own; it takes this one's place.

        ``timeout`` is in seconds, ``retry=None`` sends it once, ``headers`` are added to the client's, ``extra_body``
        holds fields that the specification does not know yet: they are sent unchecked, save the one that asks for a
        stream, which is the call's own. What is given a second time adds to the first.
        """
        changed = msgspec.structs.replace(
            self._options,
            timeout=self._options.timeout if timeout is msgspec.UNSET else check_timeout(timeout),
            retry=self._options.retry if retry is msgspec.UNSET else check_kind("retry", retry, Retry),
            headers={**self._options.headers, **check_headers(headers)},
            extra_body={**self._options.extra_body, **check_extra_body(extra_body)},
        )
        self._spend()
        return self._as(type(self), changed)

    def raw(self) -> RawCall[T_co]:
        """The same call, answered with status, headers and body; ``decode()`` gives what this one would have given."""
        self._spend()
        return self._as(RawCall[T_co], self._options)

    def _spend(self) -> None:
        if self._spent:
            raise RuntimeError(
                f"{self!r} was used already (sent, closed, or replaced by .options() or .raw()): make it anew"
            )
        self._spent = True

    def _as(self, call_type: type[C], options: Options) -> C:
        return call_type(self._engine, self._operation, self._path, self._body, self._params, options)

    def _request(self, answer: Answer = "whole", *, stream: bool = False) -> Request:
        return self._engine.request(
            self._operation, self._path, self._body, self._params, self._options, answer=answer, stream=stream
        )

    def _run(self) -> Coroutine[Any, Any, T_co]:
        return self._answer()

    async def _answer(self) -> T_co:
        request = self._request()
        # It is sent once: while it waits, nobody has to keep what was encoded.
        self._body = self._params = None
        response = await self._engine.begin(request)
        if not 200 <= response.status < 300:
            raise await self._engine.error(request, response)
        return cast(T_co, self._engine.decode(self._operation, request, response, await whole(response)))

    def __await__(self) -> Generator[Any, Any, T_co]:
        self._spend()
        return self._run().__await__()

    def send(self, value: Any, /) -> Any:
        """Part of being a coroutine: an event loop's business."""
        return self._running().send(value)

    def throw(
        self,
        exc_type: type[BaseException] | BaseException,
        exc: BaseException | object | None = None,
        traceback: TracebackType | None = None,
        /,
    ) -> Any:
        """Part of being a coroutine: an event loop's business."""
        raised = exc if isinstance(exc, BaseException) else exc_type
        return self._running().throw(raised if isinstance(raised, BaseException) else raised())

    def close(self) -> None:
        """Part of being a coroutine: a call that is closed unsent is never sent."""
        self._spent = True
        if self._coroutine is not None:
            self._coroutine.close()

    def _running(self) -> Coroutine[Any, Any, T_co]:
        if self._coroutine is None:
            self._spend()
            self._coroutine = self._run()
        return self._coroutine

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._operation}>"

    def __del__(self) -> None:
        if not getattr(self, "_spent", True):  # unset where the call could not even be made
            warnings.warn(f"{self!r} was never sent: await it", RuntimeWarning, stacklevel=2, source=self)


class RawCall(Call[Raw[T]]):
    """A call that is answered with everything the server sent."""

    __slots__ = ()

    async def _run(self) -> Raw[T]:
        request = self._request(stream=self._operation.answer is None and self._operation.events is not None)
        response = await self._engine.send(request)
        body = await whole(response)
        return Raw(response, body, lambda: self._engine.decode(self._operation, request, response, body))


class StreamingCall(Call[T], Generic[T, E]):
    """A call that can also be iterated: then its answer is streamed, event by event.

    Besides what awaiting raises, iterating raises ``StreamError`` where the stream breaks off or reports an error.
    """

    __slots__ = ()

    def stream(self) -> EventStream[E]:
        """The events, for ``async with``: closed at the end of the block, however it is left."""
        from mistral_async.streams import EventStream  # by those who stream

        self._spend()
        operation, request = self._operation, self._request("events", stream=True)
        return EventStream(
            lambda: self._engine.send_for_events(request),
            functools.partial(self._engine.decode_event, operation),
            request=request,
            end=operation.events.end if operation.events else None,
            limit=self._engine.max_response_size,
        )

    def __aiter__(self) -> EventStream[E]:
        return self.stream()

    def _run(self) -> Coroutine[Any, Any, T]:
        return self._answer() if self._operation.answer is not None else self._all()

    async def _all(self) -> T:
        events = self._as(type(self), self._options)
        return cast(T, [event async for event in events])  # an operation that only streams: all of its events


class PagedCall(Call[T], Generic[T, Item]):
    """A call that can also be iterated: then it gives the items of this page and of all that follow."""

    __slots__ = ()

    def __aiter__(self) -> AsyncIterator[Item]:
        self._spend()
        return self._items()

    async def _items(self) -> AsyncIterator[Item]:
        from mistral_async.pages import next_parameter  # by those who want more than one

        pages = self._operation.pages
        if pages is None:
            raise TypeError(f"{self._operation} has no pages")
        params: dict[str, Any] | None = dict(self._params or {})
        seen = 0
        while params is not None:
            page: Any = await Call[T](self._engine, self._operation, self._path, self._body, params, self._options)
            found = getattr(page, pages.items, None)
            # An answer that does not fit may have something else in their place.
            items = cast(list[Item], found) if isinstance(found, list) else []
            for item in items:
                yield item
            seen += len(items)
            params = next_parameter(pages, params, page, count=len(items), seen=seen)


class DownloadCall(Call[bytes]):
    """A call whose answer is bytes: awaited it gives them all, iterated it gives them as they arrive."""

    __slots__ = ()

    def stream(self) -> ByteStream:
        """The chunks, for ``async with``: closed at the end of the block, however it is left."""
        from mistral_async.streams import ByteStream  # by those who stream

        self._spend()
        return ByteStream(self._open)

    def __aiter__(self) -> ByteStream:
        return self.stream()

    async def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the answer to a file, and return its path. The file appears when it is complete, or not at all.

        Raises ``OSError`` where it cannot be written.
        """
        from mistral_async.saving import save  # by those who do

        async with self.stream() as chunks:
            return await save(chunks, Path(path))

    async def _open(self) -> Response:
        return await self._engine.send(self._request("bytes"))
