"""Answers over HTTP/1.1: aiohttp's, as the layers above see every response."""

from __future__ import annotations

import asyncio
import itertools

import aiohttp
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError

from mistral_async.errors import MistralError
from mistral_async.http import Headers, Request
from mistral_async.wire.aiohttp_failures import Broken, HeadTooLarge, cause_of, failure_of
from mistral_async.wire.failures import closed_here, response_closed, stalled
from mistral_async.wire.http1_listener import Listener, listener
from mistral_async.wire.slots import Slots
from mistral_async.wire.under_way import UnderWay
from mistral_async.wire.upload import Stalled, Upload

HEAD_SIZE = 64 * 1024  # bytes of header fields, counted as over HTTP/2: RFC 9113 section 6.5.2
FIELD_SIZE = 32  # bytes that each field counts for beside its name and value
MOST_FIELDS = HEAD_SIZE // FIELD_SIZE


class Http1Response:
    """A response of aiohttp's, seen as the layers above see every response."""

    attempts = 1

    def __init__(
        self,
        answer: aiohttp.ClientResponse,
        request: Request,
        upload: Upload | None,
        slots: Slots,
        under_way: UnderWay,
    ) -> None:
        self._under_way = under_way
        self._answer = answer
        self._request = request
        self._upload = upload
        self.status = answer.status
        self.headers = Headers(answer.raw_headers)
        version = answer.version
        self.http_version: str = f"{version.major}.{version.minor}" if version else "1.1"
        self._transport: asyncio.Transport | None = None
        self._listener: Listener | None = None
        if upload is not None:
            upload.answered()
        if (connection := answer.connection) is None:  # the body has arrived whole
            slots.give()
        else:
            self._transport = connection.transport
            self._listener = listener(self._transport)
            connection.add_callback(slots.give)
            if self._listener is not None:
                connection.add_callback(self._listener.rest)
            under_way.keep(self)

    async def read(self) -> bytes:
        """The whole body."""
        content = self._answer.content
        limited = self._transport is not None and self._begin_to_wait()
        try:
            # Most answers arrive whole: nothing is waited for then, nor asked for again.
            return content.read_nowait() if content.is_eof() else await content.read()
        except (aiohttp.ClientError, OSError, HttpProcessingError) as exc:
            failure: Exception = exc
        except RuntimeError as exc:
            if not self._closing():
                self.close()
                raise
            failure = exc
        except BaseException:
            self.close()
            raise
        finally:
            if limited:
                self._limit(None)
        failure, cause = self._ended_by(failure)
        raise failure from cause

    async def receive(self) -> bytes:
        """The next chunk of the body; empty at the end."""
        content, heard = self._answer.content, self._listener
        limited = False
        if heard is not None and self._upload is None and not content.is_eof():
            heard.expect(self._request.timeout.read, content)
        else:
            heard = None
            limited = self._transport is not None and self._begin_to_wait()
        try:
            return await content.readany()
        except (aiohttp.ClientError, OSError, HttpProcessingError) as exc:
            if rest := self._rest(exc):
                return rest
            failure: Exception = exc
        except RuntimeError as exc:
            if not self._closing():
                raise
            failure = exc
        finally:
            if heard is not None and self._answer.connection is not None:
                heard.rest()
            elif limited:
                self._limit(None)
        failure, cause = self._ended_by(failure)
        raise failure from cause

    def close(self) -> None:
        """Drop the connection, unless the body has arrived whole: then another request may be using it."""
        if self._transport is not None and not self._answer.content.is_eof():
            self._transport.abort()  # to close it could wait for the server, which need not read on nor say goodbye
        self._answer.close()

    def lost(self, transport: asyncio.Transport | None) -> None:
        """A connection has ended. Where it is this one's, who waits for more is told so.

        aiohttp does not, where it was its parser that gave up: who waits would wait without an end.
        """
        content = self._answer.content
        if transport is self._transport and not content.is_eof() and content.exception() is None:
            content.set_exception(HttpProcessingError())

    def _begin_to_wait(self) -> bool:
        """Let the limit ``read`` begin, where there is one and it may come to waiting."""
        limit = self._request.timeout.read
        if limit is None or self._answer.content.is_eof():
            return False
        if self._upload is None or self._upload.done:
            self._limit(limit)
        else:
            self._limit(None)  # while its maker takes its time, the server may do so too
            self._upload.await_answer(True)
        return True

    def _limit(self, seconds: float | None) -> None:
        """Set how long nothing may arrive, from now on, if the connection is this response's still."""
        if self._upload is not None:
            self._upload.await_answer(False)
        if self._listener is not None and self._answer.connection is not None:
            self._listener.expect(seconds, self._answer.content)

    def _rest(self, exc: Exception) -> bytes:
        """What had arrived before the error, which aiohttp keeps back from then on."""
        content = self._answer.content
        if self._answer.closed or content.exception() is None:
            return b""
        content.set_exception(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # it has no other way
        try:
            return content.read_nowait()
        finally:
            content.set_exception(exc)

    def _closing(self) -> bool:
        """Whether aiohttp's RuntimeError says that the connection is about to end; else two tasks read at once."""
        return self._transport is not None and self._transport.is_closing()

    def _ended_by(self, exc: Exception) -> tuple[Exception, BaseException | None]:
        """What to raise, and its cause."""
        closed_before = self._answer.closed
        self.close()
        if self._under_way.closed:
            return closed_here(self._request, answered=True, processed=True), cause_of(exc)
        if self._upload is not None and self._upload.failure is not None:
            return stopped(self._upload.failure, self._request)
        if closed_before:
            return response_closed(self._request), cause_of(exc)
        return failure_of(exc, self._request, answered=True), cause_of(exc)


class AiohttpResponse(aiohttp.ClientResponse):
    """aiohttp's response, from the moment when its request has been handed to a connection."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Wait for the head. A failure drops the connection there and then, and is final."""
        transport, protocol = connection.transport, connection.protocol
        heard = listener(transport)
        if heard is not None and protocol is not None:
            # Set by what was asked of the session, and kept here instead, from now on.
            heard.expect(protocol.read_timeout, None)
            protocol.read_timeout = None
            protocol.start_timeout()  # which ends the one that may run
        try:
            answer = await super().start(connection)
            if _size(answer.raw_headers) > HEAD_SIZE:
                raise HeadTooLarge(f"a head of more than {HEAD_SIZE} bytes")
            return answer
        except BaseException as exc:
            if transport is not None:
                transport.abort()  # to close it would wait for what was not read yet, and for the end of TLS
            self.close()
            # After these two, aiohttp would send a GET, PUT or DELETE again by itself, unseen and uncounted.
            if isinstance(exc, aiohttp.ClientOSError):
                raise Broken(str(exc)) from exc
            if not isinstance(exc, aiohttp.ServerDisconnectedError):
                raise
        finally:
            if heard is not None:
                heard.rest()
        # Not with that error as its cause: it quotes the head as far as it came.
        raise Broken("the server disconnected")


def _size(fields: tuple[tuple[bytes, bytes], ...]) -> int:
    return FIELD_SIZE * len(fields) + sum(map(len, itertools.chain.from_iterable(fields)))


def stopped(failure: Exception, request: Request) -> tuple[Exception, BaseException | None]:
    """What to raise for an upload that stopped: where whoever made the body failed, it is not the network's fault."""
    if isinstance(failure, Stalled):
        return stalled(request), None
    if isinstance(failure, MistralError):
        failure.of_caller = True
    return failure, failure.__cause__
