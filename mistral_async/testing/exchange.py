"""The way of one request through the server: arrived, routed, checked, answered, recorded."""

from __future__ import annotations

import asyncio
import hmac
import inspect
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import msgspec
from aiohttp import web

from mistral_async.operation import Operation
from mistral_async.testing.answers.files import SIGNED, signed_download
from mistral_async.testing.dispatch import Asked, Form, answer, check, specification
from mistral_async.testing.faults import Failure, Hold, Plans, Script
from mistral_async.testing.limits import RateLimiter
from mistral_async.testing.reading import drain, read_body, read_form
from mistral_async.testing.record import Received, Record, public
from mistral_async.testing.refusals import Refusal, body_for, error, rate_limited, unauthorized
from mistral_async.testing.replies import Events, Json, Raw, Reply
from mistral_async.testing.sending import Sender
from mistral_async.testing.state.account import Account
from mistral_async.testing.wire import Wire

_log = logging.getLogger("mistral_async.testing")


class Exchanges:
    """Handles the requests of one server."""

    def __init__(
        self,
        *,
        api_key: str,
        account: Account,
        limiter: RateLimiter,
        record: Record,
        plans: Plans,
        pace: float,
        latency: float,
        largest_file: int,
        log: Callable[[Received], None] | None,
    ) -> None:
        self.account = account
        self.limiter = limiter
        self.record = record
        self.plans = plans
        self.pace = pace
        self.latency = latency
        self.origin = ""
        self.wire: Wire | None = None
        self.changed: asyncio.Event | None = None  # set when something may have begun that goes on by itself
        self._key = f"Bearer {api_key}".encode()
        self._largest_file = largest_file
        self._log = log
        self._running: set[asyncio.Task[Any]] = set()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path, _, query = _origin_form(request.raw_path).partition("?")
        received = Received(method=request.method, path=path, query=query, headers=public(request.headers))
        self.record.add(received)
        if self.wire is not None:
            self.wire.begin(request, received)
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        try:
            response = await self._exchange(request, received)
            if not received.cut:
                received.finished = time.monotonic()
            return response
        except ConnectionError:
            # The peer was found gone while something was written to it, before the loop told of it.
            received.disconnected = time.monotonic()
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        finally:
            if self.wire is not None:
                self.wire.end(request, received)
            if self._log is not None:
                self._log(received)

    async def stop(self) -> None:
        """Drop every request that is under way."""
        tasks = [task for task in self._running if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _exchange(self, request: web.BaseRequest, received: Received) -> web.StreamResponse:
        operation, path, refusal = _route(received)
        plans = self.plans
        planned, cut, hold = plans.answers.take(operation), plans.cuts.take(operation), plans.holds.take(operation)
        if request.headers.get("expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        headers: dict[str, str] = {}
        reply: Reply
        form: Form | None = None
        taken = False  # whether the file of an upload has found its place
        try:
            body, form = await self._body(request, received, operation, refusal or self._stranger(request, received))
            await self._wait(hold)
            if isinstance(planned, Failure):
                reply = _failure(planned)
            else:
                self._admit(request, received, refusal)
                reply = await self._reply(request, received, operation, path, body, form, planned)
                taken = planned is None
        except Refusal as refused:
            headers.update(refused.headers)
            reply = Json(content=refused.body, status=refused.status)
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception:
            # The user's test shall go on and see a 500, and the reason shall not be lost.
            _log.exception("the local server failed at %s %s", received.method, received.path)
            reply = Json(content=error("The local server failed.", "internal_server_error"), status=500)
        finally:
            if form is not None and form.upload is not None and not taken:
                form.upload.content.discard()
        sender = Sender(
            request, received, {**self._headers(reply.tokens), **headers}, pace=self.pace, cut=cut, hold=hold
        )
        return await sender.send(reply)

    async def _body(
        self, request: web.BaseRequest, received: Received, operation: Operation | None, refusal: Refusal | None
    ) -> tuple[bytes, Form | None]:
        if operation is not None and operation.files:
            if refusal is not None:
                await drain(request, received)
                return b"", None
            spool = self.account.spool
            return b"", await read_form(request, received, operation.files[0], spool, self._largest_file)
        body = await read_body(request, received) if request.body_exists else b""
        self.record.keep(received, body)
        return body, None

    async def _wait(self, hold: Hold | None) -> None:
        seconds = self.latency + (hold.seconds if hold and hold.after_events is None else 0.0)
        if seconds:
            await asyncio.sleep(seconds)

    def _stranger(self, request: web.BaseRequest, received: Received) -> Refusal | None:
        """Why somebody is not let in; None for those who are."""
        if received.path.startswith(SIGNED):
            return None
        given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        return None if hmac.compare_digest(given, self._key) else unauthorized()

    def _admit(self, request: web.BaseRequest, received: Received, refusal: Refusal | None) -> None:
        """Raises what stands against a request before it is looked at."""
        if refusal is not None:
            raise refusal
        if refusal := self._stranger(request, received):
            raise refusal
        with self.account.lock:
            if not self.limiter.admit():
                raise rate_limited({"retry-after": str(self.limiter.retry_after())})

    async def _reply(
        self,
        request: web.BaseRequest,
        received: Received,
        operation: Operation | None,
        path: tuple[str, ...],
        body: bytes,
        form: Form | None,
        script: Script | None,
    ) -> Reply:
        if operation is None:
            with self.account.lock:
                return signed_download(self.account, path[0], dict(request.query))
        words = self.plans.words.take(operation) if operation.events else None
        asked = Asked(
            operation=operation,
            path=path,
            query=received.query,
            body=body,
            form=form,
            media_type=request.content_type,
            origin=self.origin,
            words=words.text if words else None,
        )
        if script is not None:
            check(asked)
            return await _scripted(script, received)
        reply = answer(self.account, asked)
        with self.account.lock:
            self.limiter.charge(reply.tokens)
        if self.changed is not None and request.method == "POST":
            self.changed.set()
        return reply

    def _headers(self, cost: int) -> dict[str, str]:
        with self.account.lock:
            id = self.account.ids.hex("request")
            return {"x-kong-request-id": id, "mistral-correlation-id": id, **self.limiter.headers(cost)}


def _origin_form(target: str) -> str:
    """The path and query of a request target; one for a proxy comes with the server's address in front.

    Source: RFC 9112 section 3.2.2 (a server accepts the absolute form).
    """
    if target.startswith("/"):
        return target
    _, _, rest = target.partition("://")
    return "/" + rest.partition("/")[2]


def _route(received: Received) -> tuple[Operation | None, tuple[str, ...], Refusal | None]:
    """The operation and its path parameters, or why there is none. A signed download is no operation."""
    path = received.path
    if path.startswith(SIGNED) and received.method == "GET":
        return None, (unquote(path.removeprefix(SIGNED)),), None
    try:
        operation, parameters = specification()[0].find(received.method, path)
    except Refusal as refusal:
        return None, (), refusal
    received.operation = str(operation)
    return operation, parameters, None


def _failure(failure: Failure) -> Reply:
    body: Any = body_for(failure.status) if failure.body is None else failure.body
    return _written(body, failure.status, failure.headers)


async def _scripted(script: Script, received: Received) -> Reply:
    body: Any = script.body(received) if callable(script.body) else script.body
    if inspect.isawaitable(body):
        body = await body
    if script.events:
        return Events(events=[_event(event) for event in body], status=script.status, headers=script.headers)
    return _written(body, script.status, script.headers)


def _written(body: Any, status: int, headers: Mapping[str, str]) -> Raw:
    lowered = {name.lower(): value for name, value in headers.items()}
    if isinstance(body, str):
        return Raw(
            content=body.encode(), status=status, headers={"content-type": "text/plain; charset=utf-8", **lowered}
        )
    content = bytes(body) if isinstance(body, (bytes, bytearray)) else msgspec.json.encode(body)
    return Raw(content=content, status=status, headers=lowered)


def _event(event: Any) -> bytes:
    """An event's bytes: bytes as they stand, text as its data, anything else as JSON data."""
    if isinstance(event, bytes):
        return event
    data = event.encode() if isinstance(event, str) else msgspec.json.encode(event)
    return b"data: " + data + b"\n\n"
