"""A small ASGI application shaped like the API, for servers that were written by others.

What is asked of it travels in the request, so that it needs no state: ``x-delay`` holds the answer back for so many
seconds, ``x-pace`` lets so many pass between two events of a stream, ``max_tokens`` is the number of events, and the id
of a file to download is its size. An answer echoes what tells it from others.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from tests.live.content import blocks

Message: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

CHUNK = {"id": "chunk", "object": "chat.completion.chunk", "created": 0, "model": "live"}


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    fields = {name.decode(): value.decode() for name, value in scope["headers"]}
    body = await _body(receive)
    if body is None:
        return
    await asyncio.sleep(float(fields.get("x-delay", "0")))
    # The port that the connection came from tells connections apart.
    peer = ("x-peer", str((scope.get("client") or ("", 0))[1]))
    match scope["method"], scope["path"].split("/")[1:]:
        case "GET", ["v1", "models"]:
            await _answer(send, {"object": "list", "data": []}, peer)
        case "GET", ["v1", "files", identifier]:
            await _answer(send, {**_file(identifier), "deleted": False}, peer)
        case "GET", ["v1", "files", size, "content"]:
            await _start(send, 200, ("content-type", "application/octet-stream"), ("content-length", size), peer)
            for block in blocks(int(size)):
                await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        case "POST", ["v1", "files"]:
            content = _content(body, fields["content-type"])
            signature = hashlib.sha256(content).hexdigest()
            await _answer(send, {**_file("uploaded"), "bytes": len(content), "signature": signature}, peer)
        case "POST", ["v1", "chat", "completions"]:
            asked = json.loads(body)
            text = asked["messages"][-1]["content"]
            if asked.get("stream"):
                await _stream(send, text, asked["max_tokens"], float(fields.get("x-pace", "0")), peer)
            else:
                await _answer(send, _completion(text), peer)
        case _:
            await _start(send, 404, ("content-length", "0"))
            await send({"type": "http.response.body", "body": b""})


async def _body(receive: Receive) -> bytes | None:
    """All of it; None where the client went before its end."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def _content(form: bytes, content_type: str) -> memoryview:
    """The content of the part named ``file``."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    start = form.index(b"\r\n\r\n", form.index(b'name="file"')) + 4
    return memoryview(form)[start : form.index(b"\r\n--" + boundary, start)]


async def _stream(send: Send, text: str, count: int, pace: float, peer: tuple[str, str]) -> None:
    await _start(send, 200, ("content-type", "text/event-stream"), ("cache-control", "no-cache"), peer)
    for number in range(count):
        delta = {"index": 0, "delta": {"content": f"{text} {number}"}, "finish_reason": None}
        event = b"data: " + json.dumps({**CHUNK, "choices": [delta]}).encode() + b"\n\n"
        await send({"type": "http.response.body", "body": event, "more_body": True})
        await asyncio.sleep(pace)
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


async def _answer(send: Send, answer: object, *more: tuple[str, str]) -> None:
    body = json.dumps(answer).encode()
    await _start(send, 200, ("content-type", "application/json"), ("content-length", str(len(body))), *more)
    await send({"type": "http.response.body", "body": body})


async def _start(send: Send, status: int, *fields: tuple[str, str]) -> None:
    headers = [(name.encode(), value.encode()) for name, value in fields]
    await send({"type": "http.response.start", "status": status, "headers": headers})


def _file(identifier: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "object": "file",
        "bytes": 0,
        "created_at": 0,
        "filename": identifier,
        "purpose": "batch",
        "sample_type": "batch_request",
        "source": "upload",
    }


def _completion(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        **CHUNK,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
