"""Streams on scripted responses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from mistral_async.codec.answers import NotReadable
from mistral_async.codec.problem import ErrorEvent, Problem
from mistral_async.codec.sse import ServerEvent
from mistral_async.errors import ConnectionLost
from mistral_async.http import Response
from mistral_async.streams import ByteStream, EventStream
from tests.fakes import ScriptedResponse, a_request

LOST = ConnectionLost("the server closed the connection", request=a_request())
DONE = b"data: [DONE]\n\n"


def opening(response: ScriptedResponse) -> Callable[[], Awaitable[Response]]:
    async def open_response() -> Response:
        return response

    return open_response


def failing(error: BaseException) -> Callable[[], Awaitable[Response]]:
    async def open_response() -> Response:
        raise error

    return open_response


def decode(event: ServerEvent) -> str:
    if event.data == b"error":
        raise ErrorEvent(Problem(message="out of capacity", code="1300"))
    if event.data == b"unreadable":
        raise NotReadable("no JSON")
    if event.data == b"bug":
        raise ZeroDivisionError
    return event.data.decode()


def events_of(response: ScriptedResponse, end: str | None = "[DONE]") -> EventStream[str]:
    return EventStream(opening(response), decode, request=a_request(repeatable=True), end=end)


def bytes_of(response: ScriptedResponse) -> ByteStream:
    return ByteStream(opening(response))


async def collect(stream: AsyncIterator[str], into: list[str]) -> None:
    async for event in stream:
        into.append(event)  # noqa: PERF401  # what came before an error is looked at
