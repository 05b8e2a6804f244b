"""Answers over HTTP/1.1: aiohttp's, as the layers above see every response."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp.connector import Connection

from mistral_async.http import Headers, Request
from mistral_async.wire.aiohttp_failures import Broken, cause_of, failure_of
from mistral_async.wire.failures import closed_here, response_closed, stalled
from mistral_async.wire.slots import Slots
from mistral_async.wire.upload import Stalled, Upload


class Http1Response:
    """A response of aiohttp's, seen as the layers above see every response."""

    attempts = 1

    def __init__(
        self,
        answer: aiohttp.ClientResponse,
        request: Request,
        upload: Upload | None,
        slots: Slots,
        session: aiohttp.ClientSession,
    ) -> None:
        self._session = session
        self._answer = answer
        self._request = request
        self._upload = upload
        self.status = answer.status
        self.headers = Headers(answer.raw_headers)
        version = answer.version
        self.http_version: str = f"{version.major}.{version.minor}" if version else "1.1"
        self._transport: asyncio.Transport | None = None
        if upload is not None:
            upload.answered()
        if (connection := answer.connection) is None:  # the body has arrived whole
            slots.give()
        else:
            self._transport = connection.transport
            connection.add_callback(slots.give)

    async def read(self) -> bytes:
        """The whole body."""
        try:
            return await self._answer.content.read()
        except (aiohttp.ClientError, OSError) as exc:
            failure: Exception = exc
        except RuntimeError as exc:
            if not self._closing():
                self.close()
                raise
            failure = exc
        except BaseException:
            self.close()
            raise
        raise self._ended_by(failure) from cause_of(failure)

    async def receive(self) -> bytes:
        """The next chunk of the body; empty at the end."""
        try:
            return await self._answer.content.readany()
        except (aiohttp.ClientError, OSError) as exc:
            failure: Exception = exc
        except RuntimeError as exc:
            if not self._closing():
                raise
            failure = exc
        raise self._ended_by(failure) from cause_of(failure)

    def close(self) -> None:
        """Drop the connection, unless the body has arrived whole: then another request may be using it."""
        if self._transport is not None and not self._answer.content.is_eof():
            self._transport.abort()  # to close it could wait for the server, which need not read on nor say goodbye
        self._answer.close()

    def _closing(self) -> bool:
        """Whether aiohttp's RuntimeError says that the connection is about to end; else two tasks read at once."""
        return self._transport is not None and self._transport.is_closing()

    def _ended_by(self, exc: Exception) -> Exception:
        closed_before = self._answer.closed
        self.close()
        if self._upload is not None and self._upload.failure is not None:
            return stopped(self._upload.failure, self._request)
        if self._session.closed:
            return closed_here(self._request, answered=True, processed=True)
        if closed_before:
            return response_closed(self._request)
        return failure_of(exc, self._request, answered=True)


class AiohttpResponse(aiohttp.ClientResponse):
    """aiohttp's response, from the moment when its request has been handed to a connection."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Wait for the head. A failure drops the connection there and then, and is final."""
        transport = connection.transport
        try:
            return await super().start(connection)
        except BaseException as exc:
            if transport is not None:
                transport.abort()  # to close it would wait for what was not read yet, and for the end of TLS
            if isinstance(exc, aiohttp.ClientOSError | aiohttp.ServerDisconnectedError):
                # After these two, aiohttp would send a GET, PUT or DELETE again by itself, unseen and uncounted.
                raise Broken(str(exc)) from exc
            raise


def stopped(failure: Exception, request: Request) -> Exception:
    """What to raise for an upload that stopped: where whoever made the body failed, it is not the network's fault."""
    return stalled(request) if isinstance(failure, Stalled) else failure
