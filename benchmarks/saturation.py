"""More calls than any client makes: as many as the server can answer over HTTP/1.1.

They come several at a time down each connection. What the kernel takes for a packet, which both sides pay alike, would
otherwise hide how little the server takes for a call.

Source: RFC 9112 section 9.3.2 (pipelining).
"""

from __future__ import annotations

import socket
import ssl
import time

import msgspec

from benchmarks.contenders.contender import KEY, QUESTION

CONNECTIONS = 64
DEPTH = 16  # requests at a time down each
ANSWERED = b"HTTP/1.1 200"
READ_SIZE = 256 * 1024  # bytes


def saturate(port: int, seconds: float, ca: str | None = None) -> int:
    """How many calls were answered; with ``ca`` over TLS. Raises ``OSError`` where the server goes away."""
    content = msgspec.json.encode({"model": "small", "messages": [{"role": "user", "content": QUESTION}]})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {KEY}\r\n"
    fields = f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    request = (head + fields).encode() + content
    connections: list[socket.socket] = []
    try:
        for _ in range(CONNECTIONS):
            connection = socket.create_connection(("127.0.0.1", port), 10)
            connections.append(connection if ca is None else _secured(connection, ca))
        answered = _ask(connections, request, 1)  # the server knows the request from now on
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            answered += _ask(connections, request, DEPTH)
        return answered
    finally:
        for each in connections:
            each.close()


def _secured(connection: socket.socket, ca: str) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=ca)
    context.set_alpn_protocols(["http/1.1"])
    return context.wrap_socket(connection, server_hostname="127.0.0.1")


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
            tail += received
            left -= tail.count(ANSWERED)
            tail = tail[-len(ANSWERED) + 1 :]
    return len(connections) * depth
