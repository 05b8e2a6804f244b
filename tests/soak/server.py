"""A server that answers small calls fast, over HTTP/1.1 and HTTP/2, and fails every so often.

The other side of the soak: it knows just as much of either protocol as the soak's client makes use of.
``python -m tests.soak.server`` prints its port, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
from collections.abc import Callable

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
REFUSED_STREAM, INTERNAL_ERROR = 7, 2

ANSWER = json.dumps(
    {
        "id": "c-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Paris."}, "finish_reason": "stop"},
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
).encode()
EVENT = json.dumps(
    {"id": "c-1", "model": "m", "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}]}
)
EVENTS = f"data: {EVENT}\n\n".encode() * 3 + b"data: [DONE]\n\n"

# How the n-th request of all fares, first match first. Primes, so that the faults meet each other in every order.
FAULTS = ((1999, "silence"), (1499, "half"), (997, "cut"), (701, "busy"), (499, "refuse"), (1301, "farewell"))


class Count:
    """How many requests came, over all connections."""

    requests = 0


def fate() -> str:
    """What becomes of the next request."""
    Count.requests += 1
    return next((fault for every, fault in FAULTS if Count.requests % every == 0), "answer")


class Peer(asyncio.Protocol):
    """One connection: finds out which version its client speaks, and leaves the rest to that."""

    def __init__(self) -> None:
        self._held = b""
        self._take: Callable[[bytes], bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        if self._take is None:
            if len(self._held) < len(PREFACE):
                return
            if self._held.startswith(PREFACE):
                self._held = self._held[len(PREFACE) :]
                self._take = Http2(self._transport).take
            else:
                self._take = Http1(self._transport).take
        if not self._transport.is_closing():
            self._held = self._take(self._held)


class Http1:
    """RFC 9112, as far as needed."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def take(self, held: bytes) -> bytes:
        """Answer whole requests; the rest is kept."""
        while (end := held.find(b"\r\n\r\n")) >= 0:
            head = held[:end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            whole = end + 4 + size
            if len(held) < whole:
                break
            self._answer(b'"stream":true' in held[end:whole])
            held = held[whole:]
        return held

    def _answer(self, stream: bool) -> None:
        kind, body = (b"text/event-stream", EVENTS) if stream else (b"application/json", ANSWER)
        head = b"HTTP/1.1 %s\r\ncontent-type: " + kind + b"\r\ncontent-length: %d\r\n%s\r\n"
        match fate():
            case "silence":
                return
            case "cut":
                self._transport.abort()
            case "half":
                self._transport.write(head % (b"200 OK", len(body), b"") + body[: len(body) // 2])
                self._transport.close()
            case "busy" | "refuse":
                self._transport.write(head % (b"503 Busy", 2, b"retry-after-ms: 1\r\n") + b"{}")
            case "farewell":
                self._transport.write(head % (b"200 OK", len(body), b"connection: close\r\n") + body)
                self._transport.close()
            case _:
                self._transport.write(head % (b"200 OK", len(body), b"") + body)


class Http2:
    """RFC 9113, as far as needed. Header blocks are not decoded: the body says what is wanted."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._bodies: dict[int, bytes] = {}
        self._last = 0
        transport.write(frame(SETTINGS, 0, 0, struct.pack(">HI", 3, 100)))

    def take(self, held: bytes) -> bytes:
        """Act on whole frames; the rest is kept."""
        at = 0
        while len(held) - at >= 9:
            size = int.from_bytes(held[at : at + 3], "big")
            kind, flags = held[at + 3], held[at + 4]
            stream = int.from_bytes(held[at + 5 : at + 9], "big")
            end = at + 9 + size
            if len(held) < end:
                break
            self._on_frame(kind, flags, stream, held[at + 9 : end])
            if self._transport.is_closing():
                return b""
            at = end
        return held[at:]

    def _on_frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == HEADERS:
            self._last = stream
            self._bodies[stream] = b""
            if flags & END_STREAM:
                self._answer(stream)
        elif kind == DATA:
            if payload:
                self._transport.write(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", len(payload))))
            if stream in self._bodies:
                self._bodies[stream] += payload
                if flags & END_STREAM:
                    self._answer(stream)
        elif kind == RST_STREAM:
            self._bodies.pop(stream, None)
        elif kind in (SETTINGS, PING) and not flags & ACK:
            self._transport.write(frame(kind, ACK, 0, payload if kind == PING else b""))

    def _answer(self, stream: int) -> None:
        streamed = b'"stream":true' in self._bodies.pop(stream)
        kind, body = (b"text/event-stream", EVENTS) if streamed else (b"application/json", ANSWER)
        head = block(b"200", ((b"content-type", kind), (b"content-length", b"%d" % len(body))))
        whole = frame(HEADERS, END_HEADERS, stream, head) + frame(DATA, END_STREAM, stream, body)
        match fate():
            case "silence":
                return
            case "cut":
                self._transport.abort()
            case "half":
                self._transport.write(whole[: -len(body) // 2])
                self._transport.close()
            case "busy":
                busy = block(b"503", ((b"retry-after-ms", b"1"),))
                self._transport.write(frame(HEADERS, END_HEADERS | END_STREAM, stream, busy))
            case "refuse":
                self._transport.write(frame(RST_STREAM, 0, stream, struct.pack(">I", REFUSED_STREAM)))
            case "farewell":
                self._transport.write(whole + frame(GOAWAY, 0, 0, struct.pack(">II", self._last, 0)))
            case _:
                self._transport.write(whole)


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Source: RFC 9113 section 4.1."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def block(status: bytes, fields: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """A header block of literals that enter no table. Source: RFC 7541 section 6.2.2."""
    return b"".join(
        b"\0" + bytes((len(name),)) + name + bytes((len(value),)) + value
        for name, value in ((b":status", status), *fields)
    )


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Peer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
