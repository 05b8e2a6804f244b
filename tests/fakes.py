"""What stands in for a network in tests: responses that were written down beforehand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from mistral_async.engine import Engine
from mistral_async.http import Headers, Request, Response, Transport
from mistral_async.settings import Settings, Timeout

FOREVER = asyncio.Event  # a chunk that never arrives: `ScriptedResponse(200, [b"first", FOREVER])`


class ScriptedResponse:
    """A response whose body is a script: chunks, errors to raise in their place, and waits without an end."""

    def __init__(
        self,
        status: int = 200,
        body: bytes | Sequence[bytes | Exception | type[asyncio.Event]] = b"{}",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.headers = Headers.of(headers or {})
        self.http_version = "1.1"
        self.attempts = 1
        self.closed = 0  # how often `close` was called
        self.received = 0  # bytes that were asked for
        self.ended = False  # read to the end
        self._script = [body] if isinstance(body, bytes) else list(body)

    @property
    def dropped(self) -> bool:
        """Closed before its end: a real wire would drop the connection."""
        return bool(self.closed) and not self.ended

    async def read(self) -> bytes:
        body = b""
        while chunk := await self.receive():
            body += chunk
        return body

    async def receive(self) -> bytes:
        while self._script:
            step = self._script.pop(0)
            if isinstance(step, type):
                await step().wait()
            elif isinstance(step, Exception):
                raise step
            elif step:
                self.received += len(step)
                return step
        self.ended = True
        return b""

    def close(self) -> None:
        self.closed += 1


class ScriptedWire:
    """Answers each request with the next step of a script: a status, a response, or an error to raise."""

    def __init__(self, *script: int | bytes | ScriptedResponse | Exception | type[asyncio.Event]) -> None:
        self._script = list(script)
        self.requests: list[Request] = []
        self.responses: list[ScriptedResponse] = []
        self.open = True

    @property
    def bodies(self) -> list[object]:
        return [request.body for request in self.requests]

    async def send(self, request: Request, /) -> Response:
        self.requests.append(request)
        step = self._script.pop(0)
        if isinstance(step, type):
            await step().wait()
        if isinstance(step, Exception):
            raise step
        if isinstance(step, int):
            response = ScriptedResponse(step)
        elif isinstance(step, bytes):
            response = ScriptedResponse(200, step)
        else:
            assert isinstance(step, ScriptedResponse)
            response = step
        self.responses.append(response)
        return response

    async def aclose(self) -> None:
        self.open = False


def engine(
    wire: Transport,
    *,
    base_url: str = "http://mistral.test",
    headers: Mapping[str, str] | None = None,
    validation: bool = True,
    strict_responses: bool = False,
) -> Engine:
    """An engine on a scripted wire, without a client around it."""
    settings = Settings(
        base_url=base_url,
        headers=headers or {},
        retry=None,
        validation=validation,
        strict_responses=strict_responses,
    )
    return Engine(wire, settings)


def a_request(*, repeatable: bool = False, timeout: Timeout | None = None) -> Request:
    """A request that holds secrets wherever one can be."""
    return Request(
        method="POST",
        url="http://mistral.test/v1/things/id?key=secret-key",
        path="/v1/things/{thing_id}",
        headers={"authorization": "Bearer secret-key"},
        body=b'{"key":"secret-key"}',
        timeout=timeout or Timeout(),
        repeatable=repeatable,
    )
