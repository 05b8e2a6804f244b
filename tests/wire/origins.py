"""Servers that speak HTTP/2 or HTTP/1.1 on loopback, and count who connects to them."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from hypercorn.asyncio import serve  # pyright: ignore[reportUnknownVariableType]
from hypercorn.config import Config

from mistral_async.http import Request
from mistral_async.settings import TLS, Settings
from mistral_async.wire.network import Network
from tests.wire.authority import Authority


class Origin:
    """A server, as tests ask about it. ``/held`` is answered when ``go`` is set."""

    def __init__(self) -> None:
        self.port = 0
        self.url = ""
        self.accepted = 0  # connections, where the server tells (HTTP/1.1)
        self.spoken: set[int] = set()  # ports of clients that sent a request
        self.headers: list[dict[str, str]] = []
        self.go = asyncio.Event()

    def get(self, path: str = "/v1/things", **changes: Any) -> Request:
        return Request(method="GET", url=f"{self.url}{path}", path="/v1/things", **changes)

    def post(self, body: Any, path: str = "/v1/things", **changes: Any) -> Request:
        return Request(method="POST", url=f"{self.url}{path}", path="/v1/things", body=body, **changes)

    async def until(self, requests: int) -> None:
        """Wait until so many have begun to arrive."""
        async with asyncio.timeout(5):
            while len(self.headers) < requests:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def http2_origin(
    authority: Authority | None, *, alpn: tuple[str, ...] = ("h2", "http/1.1"), port: int = 0
) -> AsyncGenerator[Origin, None]:
    """Hypercorn: over TLS with ``alpn``, or without TLS where there is no authority."""
    origin, end = Origin(), asyncio.Event()
    listening = _listen(port)
    config = Config()
    origin.port = listening.getsockname()[1]
    config.bind = [f"fd://{listening.detach()}"]  # which is Hypercorn's to close from here on
    config.errorlog = config.accesslog = None
    config.graceful_timeout = config.shutdown_timeout = 0.1
    if authority is not None:
        certificate, key = authority.server_files()
        config.certfile, config.keyfile, config.alpn_protocols = str(certificate), str(key), list(alpn)
    origin.url = f"{'http' if authority is None else 'https'}://127.0.0.1:{origin.port}"
    serving = asyncio.create_task(serve(_application(origin), config, shutdown_trigger=end.wait))
    try:
        yield origin
    finally:
        origin.go.set()
        end.set()
        await serving


@asynccontextmanager
async def http1_origin(tls: ssl.SSLContext | None, *, port: int = 0) -> AsyncGenerator[Origin, None]:
    """aiohttp.web, which speaks HTTP/1.1 alone, whatever ALPN its context has."""
    origin = Origin()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        origin.spoken.add(request.transport.get_extra_info("peername")[1])
        origin.headers.append({name.lower(): value for name, value in request.headers.items()})
        body = await request.read()
        if request.path == "/held":
            await origin.go.wait()
        return web.json_response({"version": "1.1", "size": len(body), "path": request.path_qs})

    speaks = web.Server(answer)

    def accept() -> asyncio.Protocol:
        origin.accepted += 1
        return speaks()

    server = await asyncio.get_running_loop().create_server(accept, sock=_listen(port), ssl=tls)
    origin.port = server.sockets[0].getsockname()[1]
    origin.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{origin.port}"
    try:
        yield origin
    finally:
        origin.go.set()
        server.close()
        await speaks.shutdown(1)
        await server.wait_closed()


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(200)
    listening.setblocking(False)
    return listening


def _application(origin: Origin) -> Any:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError("no such thing here")
        origin.spoken.add(scope["client"][1])
        origin.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        if scope["path"] == "/held":
            await origin.go.wait()
        body = json.dumps({"version": scope["http_version"], "size": size, "path": scope["path"]}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    return application


@asynccontextmanager
async def network(authority: Authority | None = None, **settings: Any) -> AsyncGenerator[Network, None]:
    """A network that trusts the authority, closed at the end."""
    if authority is not None:
        settings.setdefault("tls", TLS(ca=authority.ca))
    made = Network(Settings(base_url="https://mistral.test", **settings))
    try:
        yield made
    finally:
        await made.aclose()


async def said(network: Network, request: Request) -> dict[str, Any]:
    """What an origin answered."""
    response = await network.send(request)
    answer: dict[str, Any] = json.loads(await response.read())
    assert response.http_version == answer["version"]
    return answer
