"""The application behind aiohttp's server: ``python -m tests.live.aiohttp_server PORT [CHAIN KEY]``."""

from __future__ import annotations

import contextlib
import ssl
import sys
from typing import Any

from aiohttp import web

from tests.live.app import Message, app


async def handle(request: web.Request) -> web.StreamResponse:
    """One request, in the terms of ASGI."""
    peer: tuple[str, int] | None = request.transport.get_extra_info("peername") if request.transport else None
    response = web.StreamResponse()

    async def receive() -> Message:
        body = await request.content.readany()
        return {"type": "http.request", "body": body, "more_body": not request.content.at_eof()}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            response.set_status(message["status"])
            for name, value in message["headers"]:
                response.headers[name.decode()] = value.decode()
            await response.prepare(request)
        else:
            await response.write(message["body"])

    scope: dict[str, Any] = {
        "type": "http",
        "method": request.method,
        "path": request.path,
        "headers": [(name.lower(), value) for name, value in request.raw_headers],
        "client": peer,
    }
    with contextlib.suppress(ConnectionError):  # of a client that went, which is its good right
        await app(scope, receive, send)
        await response.write_eof()
    return response


def main(port: str, *certificate: str) -> None:
    tls = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*certificate)
        tls.set_alpn_protocols(["http/1.1"])
    server = web.Application(client_max_size=1024**3)
    server.router.add_route("*", "/{path:.*}", handle)
    web.run_app(server, host="127.0.0.1", port=int(port), ssl_context=tls, print=None, shutdown_timeout=1.0)


if __name__ == "__main__":
    main(*sys.argv[1:])
