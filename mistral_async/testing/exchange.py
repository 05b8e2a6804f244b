"""The way of one request through the server: arrived, routed, checked, answered, recorded."""

from __future__ import annotations

import asyncio
import hmac
import inspect
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

import msgspec
from aiohttp import web

from mistral_async.operation import Operation
from mistral_async.testing.answers.files import SIGNED, signed_download
from mistral_async.testing.dispatch import Asked, Form, answer, check, specification
from mistral_async.testing.faults import Failure, Hold, Next, Plans, Script
from mistral_async.testing.limits import RateLimiter
from mistral_async.testing.reading import drain, read_body, read_form
from mistral_async.testing.record import Received, Record, public
from mistral_async.testing.refusals import Refusal, body_for, error, rate_limited, unauthorized
from mistral_async.testing.replies import Events, Json, Reply, Scripted
from mistral_async.testing.sending import Sender
from mistral_async.testing.state.account import Account
from mistral_async.testing.wire import Wire

_log = logging.getLogger("mistral_async.testing")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Incoming:
    """A request that has been routed, and then read."""

    request: web.BaseRequest
    received: Received
    operation: Operation | None  # None: a signed download, or a request that is refused
    path: tuple[str, ...] = ()  # the path parameters
    refusal: Refusal | None = None  # what stands against it before it is looked at
    body: bytes = b""
    form: Form | None = None

    def discard(self) -> None:
        """Delete the file of an upload that has not found its place."""
        if self.form is not None and self.form.upload is not None:
            self.form.upload.content.discard()


class Exchanges:
    """Handles the requests of one server. Before the first one it is told by ``begin`` where it runs."""

    _wire: Wire
    _origin: str
    _changed: asyncio.Event

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
        self._key = f"Bearer {api_key}".encode()
        self._largest_file = largest_file
        self._log = log
        self._running: set[asyncio.Task[Any]] = set()

    def begin(self, wire: Wire, *, origin: str, changed: asyncio.Event) -> None:
        """Take the requests of this wire; ``changed`` is set when something may have begun that goes on by itself."""
        self._wire, self._origin, self._changed = wire, origin, changed

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path, _, query = _origin_form(request.raw_path).partition("?")
        received = Received(method=request.method, path=path, query=query, headers=public(request.headers))
        self.record.add(received)
        self._wire.begin(request, received)
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
            self._wire.end(request, received)
            if self._log is not None:
                self._log(received)

    async def stop(self) -> None:
        """Drop every request that is under way."""
        tasks = [task for task in self._running if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _exchange(self, request: web.BaseRequest, received: Received) -> web.StreamResponse:
        incoming = self._routed(request, received)
        planned = self.plans.take(incoming.operation)
        if request.headers.get("expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        reply = await self._reply(incoming, planned)
        headers = self._headers(reply.tokens)
        sender = Sender(request, received, headers, pace=self.pace, cut=planned.cut, hold=planned.hold)
        return await sender.send(reply)

    def _routed(self, request: web.BaseRequest, received: Received) -> _Incoming:
        """Where a request goes. A signed download is no operation, and needs no key."""
        path = received.path
        if path.startswith(SIGNED) and received.method == "GET":
            return _Incoming(
                request=request, received=received, operation=None, path=(unquote(path.removeprefix(SIGNED)),)
            )
        try:
            operation, parameters = specification()[0].find(received.method, path)
        except Refusal as unknown:
            return _Incoming(request=request, received=received, operation=None, refusal=unknown)
        received.operation = str(operation)
        refusal = self._refused(request)
        return _Incoming(request=request, received=received, operation=operation, path=parameters, refusal=refusal)

    def _refused(self, request: web.BaseRequest) -> Refusal | None:
        """Why a request is not let in: None where it has the key."""
        given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        return None if hmac.compare_digest(given, self._key) else unauthorized()

    async def _reply(self, incoming: _Incoming, planned: Next) -> Reply:
        """The reply, whatever happens."""
        try:
            return await self._answer(await self._read(incoming), planned)
        except Refusal as refusal:
            return Json(content=refusal.body, status=refusal.status, headers=refusal.headers)
        except Exception:
            # The user's test shall go on and see a 500, and the reason shall not be lost.
            _log.exception("the local server failed at %s %s", incoming.received.method, incoming.received.path)
            return Json(content=error("The local server failed.", "internal_server_error"), status=500)

    async def _read(self, incoming: _Incoming) -> _Incoming:
        """The request with its body."""
        request, received, operation = incoming.request, incoming.received, incoming.operation
        if operation is not None and operation.files:
            if incoming.refusal is not None:
                await drain(request, received)
                return incoming
            spool = self.account.spool
            form = await read_form(request, received, operation.files[0], spool, self._largest_file)
            return replace(incoming, form=form)
        body = await read_body(request, received) if request.body_exists else b""
        self.record.keep(received, body)
        return replace(incoming, body=body)

    async def _answer(self, incoming: _Incoming, planned: Next) -> Reply:
        """What was planned, or the server's own answer. Raises Refusal."""
        taken = False  # whether the file of an upload has found its place
        try:
            await self._wait(planned.hold)
            if isinstance(planned.answer, Failure):
                return _failure(planned.answer)
            self._admit(incoming)
            if incoming.operation is None:
                with self.account.lock:
                    return signed_download(self.account, incoming.path[0], dict(incoming.request.query))
            asked = self._asked(incoming, incoming.operation)
            if planned.answer is not None:
                check(asked)
                return await _scripted(planned.answer, incoming.received)
            reply = answer(self.account, asked)
            taken = True
        finally:
            if not taken:
                incoming.discard()
        with self.account.lock:
            self.limiter.charge(reply.tokens)
        if incoming.received.method == "POST":
            self._changed.set()
        return reply

    async def _wait(self, hold: Hold | None) -> None:
        seconds = self.latency + (hold.seconds if hold and hold.after_events is None else 0.0)
        if seconds:
            await asyncio.sleep(seconds)

    def _admit(self, incoming: _Incoming) -> None:
        """Raises what stands against a request before it is looked at."""
        if incoming.refusal is not None:
            raise incoming.refusal
        with self.account.lock:
            if not self.limiter.admit():
                raise rate_limited({"retry-after": str(self.limiter.retry_after())})

    def _asked(self, incoming: _Incoming, operation: Operation) -> Asked:
        words = self.plans.words.take(operation) if operation.events else None
        return Asked(
            operation=operation,
            path=incoming.path,
            query=incoming.received.query,
            body=incoming.body,
            form=incoming.form,
            media_type=incoming.request.content_type,
            origin=self._origin,
            words=words.text if words else None,
        )

    def _headers(self, cost: int) -> dict[str, str]:
        with self.account.lock:
            request_id = self.account.ids.hex("request")
            limits = self.limiter.headers(cost)
        return {"x-kong-request-id": request_id, "mistral-correlation-id": request_id, **limits}


def _origin_form(target: str) -> str:
    """The path and query of a request target; one for a proxy comes with the server's address in front.

    Source: RFC 9112 section 3.2.2 (a server accepts the absolute form).
    """
    if target.startswith("/"):
        return target
    _, _, rest = target.partition("://")
    return "/" + rest.partition("/")[2]


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


def _written(body: Any, status: int, headers: Mapping[str, str]) -> Scripted:
    lowered = {name.lower(): value for name, value in headers.items()}
    if isinstance(body, str):
        return Scripted(
            content=body.encode(), status=status, headers={"content-type": "text/plain; charset=utf-8", **lowered}
        )
    content = bytes(body) if isinstance(body, (bytes, bytearray)) else msgspec.json.encode(body)
    return Scripted(content=content, status=status, headers=lowered)


def _event(event: Any) -> bytes:
    """An event's bytes: bytes as they stand, text as its data, anything else as JSON data."""
    if isinstance(event, bytes):
        return event
    data = event.encode() if isinstance(event, str) else msgspec.json.encode(event)
    return b"data: " + data + b"\n\n"
