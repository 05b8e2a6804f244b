"""Answers that are read while they arrive."""

from __future__ import annotations

import asyncio
import sys
import warnings
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from mistral_async.codec.answers import NotReadable
from mistral_async.codec.problem import ErrorEvent, Problem
from mistral_async.codec.sse import EventParser, ServerEvent
from mistral_async.errors import ConnectionLost, MistralError, StreamError, TransportError
from mistral_async.fields import request_id
from mistral_async.http import Headers, Request, Response

E = TypeVar("E")

HELD_EVENTS = 1024  # how many events an error can show; more would let an endless stream fill the memory
LAST_WORDS = 0.25  # seconds for a server to end its answer after the last event: less work than a new connection


class ByteStream(AsyncIterator[bytes]):
    """The body of an answer in chunks of the network's making. The request is sent when the first is asked for.

    It closes itself at the end, when it fails, when it is cancelled, and when nobody holds it any more.
    """

    __slots__ = ("_done", "_open", "_response")

    def __init__(self, open_response: Callable[[], Awaitable[Response]]) -> None:
        self._open = open_response
        self._response: Response | None = None
        self._done = False

    @property
    def opened(self) -> bool:
        """Whether the head of the answer has arrived."""
        return self._response is not None

    @property
    def headers(self) -> Headers | None:
        """Those of the answer, once they have arrived."""
        return self._response.headers if self._response is not None else None

    @property
    def attempts(self) -> int:
        """How often the request was sent, until its answer began."""
        return self._response.attempts if self._response is not None else 0

    @property
    def ended(self) -> bool:
        """Whether it was read to its end, or closed."""
        return self._done

    async def __anext__(self) -> bytes:
        if self._done:
            raise StopAsyncIteration
        try:
            response = self._response or await self._opened()
            chunk = await response.receive()
        except BaseException as exc:
            if isinstance(exc, MistralError) and not exc.of_caller and self._response is not None:
                exc.after(self._response.attempts)
            self.close()
            raise
        if not chunk:
            self.close()
            raise StopAsyncIteration
        return chunk

    def close(self) -> None:
        """Give up what has not been read. Does nothing a second time."""
        self._done = True
        if self._response is not None:
            self._response.close()

    async def aclose(self) -> None:
        """The same, for ``contextlib.aclosing``."""
        self.close()

    async def __aenter__(self) -> Self:
        if not self._done:
            try:
                await self._opened()
            except BaseException:
                self.close()
                raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def _opened(self) -> Response:
        """The response; the first to ask sends the request."""
        if self._response is None:
            response = await self._open()
            if self._done or self._response is not None:
                # Closed, or opened by another task, while this one waited: nobody would close this response.
                response.close()
                raise RuntimeError("a stream is read by one task at a time, and this one was closed or read by another")
            self._response = response
        return self._response

    def __del__(self) -> None:
        # A loop that is left by `break` drops its iterator: this is how the server gets to know.
        if self._done:
            return
        self.close()
        if self._response is None:
            warnings.warn("a stream was made and never read: nothing was sent", RuntimeWarning, stacklevel=2)


class EventStream(AsyncIterator[E], Generic[E]):
    """The events of an answer, each decoded when it is asked for. Closes itself as a ``ByteStream`` does."""

    __slots__ = ("_bytes", "_decode", "_end", "_limit", "_parser", "_ready", "_recent", "_request")

    def __init__(
        self,
        open_response: Callable[[], Awaitable[Response]],
        decode: Callable[[ServerEvent], E],  # raises NotReadable and ErrorEvent
        *,
        request: Request,
        end: str | None,
        limit: int = sys.maxsize,
    ) -> None:
        """``limit`` is in bytes of one event."""
        self._bytes = ByteStream(open_response)
        self._decode = decode
        self._request = request
        self._end = end.encode() if end is not None else None  # data of the event that ends the stream
        self._limit = limit
        self._parser = EventParser(limit)
        self._ready: deque[ServerEvent] = deque()
        # As they came: what they were decoded to is of more and larger objects, which the collector would look through.
        self._recent: deque[ServerEvent] = deque(maxlen=HELD_EVENTS)

    async def __anext__(self) -> E:
        ready = self._ready
        while not ready:
            # No coroutine of its own: that would cost time for each event of a stream that comes slowly.
            if self._parser.too_large:
                raise self._too_large()
            ended_before = self._bytes.ended
            try:
                chunk = await anext(self._bytes)
            except StopAsyncIteration:
                if ended_before or self._may_end():
                    raise
                raise self._broken(f"the stream of {self._request} ended before its last event") from None
            except ConnectionLost as exc:
                if not self._bytes.opened:
                    raise
                raise self._broken(f"the stream of {self._request} broke off: {exc}") from exc
            ready.extend(self._parser.feed(chunk))
        event = ready.popleft()
        if event.data.rstrip() == self._end:
            ready.clear()
            await self._finish()
            raise StopAsyncIteration
        try:
            decoded = self._decode(event)
        except ErrorEvent as exc:
            self.close()
            what = f"the server reported an error in the stream of {self._request}: {exc.problem.message}"
            raise self._broken(what, exc.problem) from exc
        except NotReadable as exc:
            self.close()
            raise self._broken(f"an event of {self._request} cannot be read: {exc}") from exc
        except BaseException:
            self.close()
            raise
        self._recent.append(event)
        return decoded

    def _may_end(self) -> bool:
        """Whether an answer may end here: it needs no last event, or that is there, but for a line end."""
        if self._end is None:
            return True
        last = self._parser.unfinished()
        return last is not None and last.data.rstrip() == self._end

    def _too_large(self) -> StreamError:
        self.close()
        return self._broken(
            f"an event of {self._request} is larger than `max_response_size` ({self._limit} bytes); raise that"
        )

    async def _finish(self) -> None:
        """Let the answer end, so that the connection can be used again; drop it where that takes long."""
        try:
            async with asyncio.timeout(LAST_WORDS):
                async for _ in self._bytes:
                    pass
        except (TimeoutError, TransportError):
            pass  # every event is here: how the connection ends is nobody's concern
        finally:
            self.close()

    def _broken(self, message: str, problem: Problem | None = None) -> StreamError:
        headers = self._bytes.headers
        return StreamError(
            message,
            events=[self._decode(event) for event in self._recent],
            code=problem.code if problem else None,
            type=problem.type if problem else None,
            param=problem.param if problem else None,
            request_id=(request_id(headers) if headers else None) or (problem.request_id if problem else None),
            request=self._request,
        ).after(self._bytes.attempts)

    def close(self) -> None:
        """Give up what has not been read: the server stops, and stops charging."""
        self._ready.clear()
        self._bytes.close()

    async def aclose(self) -> None:
        """The same, for ``contextlib.aclosing``."""
        self.close()

    async def __aenter__(self) -> Self:
        await self._bytes.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
