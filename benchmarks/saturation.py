"""More calls than any client makes: as many as the server can answer over HTTP/1.1.

They come several at a time down each connection. What the kernel takes for a packet, which both sides pay alike, would
otherwise hide how little the server takes for a call.

Source: RFC 9112 section 9.3.2 (pipelining).
"""

from __future__ import annotations

import socket
import time

import msgspec

from benchmarks.contenders.contender import KEY, QUESTION

CONNECTIONS = 64
DEPTH = 16  # requests at a time down each
ANSWERED = b"HTTP/1.1 200"
READ_SIZE = 256 * 1024  # bytes


def saturate(port: int, seconds: float) -> int:
    """How many calls were answered. Raises ``OSError`` where the server goes away."""
    content = msgspec.json.encode({"model": "small", "messages": [{"role": "user", "content": QUESTION}]})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {KEY}\r\n"
    fields = f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    request = (head + fields).encode() + content
    connections = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(CONNECTIONS)]
    try:
        answered = _ask(connections, request, 1)  # the server knows the request from now on
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            answered += _ask(connections, request, DEPTH)
        return answered
    finally:
        for each in connections:
            each.close()


def _ask(connections: list[socket.socket], request: bytes, depth: int) -> int:
    for each in connections:
        each.sendall(request * depth)
    for each in connections:
        left = depth
        tail = b""
        while left:
            received = each.recv(READ_SIZE)
            if not received:
                raise ConnectionError("the server closed a connection under load")
            left -= (tail + received).count(ANSWERED)
            tail = received[-len(ANSWERED) + 1 :]
    return len(connections) * depth
