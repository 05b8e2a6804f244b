"""Connections through a proxy: one of script, which misbehaves, and a real one."""

from __future__ import annotations

import asyncio
import base64
import gc
import socket
import ssl

import pytest

from mistral_async.settings import Proxy
from mistral_async.wire.dial import HEAD_SIZE
from mistral_async.wire.failures import ProxyRefused
from tests.wire.authority import Authority
from tests.wire.listening import Listener, echo
from tests.wire.proxies import BOTH, MADE, dialer, exchange, scripted_proxy

NOWHERE = "https://nowhere.invalid"


async def test_a_tunnel_is_opened_and_tls_goes_through_it(authority: Authority) -> None:
    async with echo(authority.server(alpn=BOTH)) as server, scripted_proxy(tunnel=True) as proxy:
        agreed = await exchange(dialer(proxy.port, authority.ca), server.origin())

        await proxy.until_free()
        assert agreed == "h2"
        assert proxy.heads == [
            f"CONNECT localhost:{server.port} HTTP/1.1\r\nHost: localhost:{server.port}\r\n\r\n".encode()
        ]


async def test_a_tunnel_leads_to_an_http_origin_too() -> None:
    async with echo(greeting=b"early") as server, scripted_proxy(tunnel=True) as proxy:
        dialed = await dialer(proxy.port).dial(server.origin("http"), alpn=())
        listener = Listener()
        dialed.hand_to(listener)

        await listener.until(b"early")
        assert dialed.alpn is None
        dialed.transport.abort()


async def test_what_comes_with_the_answer_is_kept_for_an_http_origin() -> None:
    async with scripted_proxy(b"HTTP/1.1 100 Continue\r\n\r\n" + MADE + b"early") as proxy:
        dialed = await dialer(proxy.port).dial("http://nowhere.invalid", alpn=())

        while dialed.received != b"early":
            await asyncio.sleep(0.005)
        dialed.transport.abort()


async def test_credentials_go_to_the_proxy_alone(authority: Authority) -> None:
    async with echo(authority.server()) as server, scripted_proxy(tunnel=True) as proxy:
        way = Proxy(url=f"http://j%C3%BCrgen:geheim@127.0.0.1:{proxy.port}")
        dialed = await dialer(way, authority.ca).dial(server.origin(), alpn=BOTH)
        dialed.transport.abort()

        credentials = base64.b64encode("jürgen:geheim".encode())
        assert b"\r\nProxy-Authorization: Basic " + credentials + b"\r\n" in proxy.heads[0]


async def test_the_certificate_is_checked_for_the_host_and_not_for_the_proxy(authority: Authority) -> None:
    server_tls = authority.server("api.test")
    async with echo(server_tls) as server, scripted_proxy(tunnel=True) as proxy:
        for host in ("api.test", "api.test."):
            await exchange(dialer(proxy.port, authority.ca), f"https://{host}:{server.port}")
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            await dialer(proxy.port, authority.ca).dial(f"https://other.test:{server.port}", alpn=BOTH)

        await proxy.until_free()


async def test_a_proxy_may_be_reached_by_tls(authority: Authority) -> None:
    async with echo(authority.server(alpn=BOTH)) as server:
        proxy_tls = authority.server("127.0.0.1", alpn=("h2", "http/1.1"))
        async with scripted_proxy(tunnel=True, tls=proxy_tls) as proxy:
            way = Proxy(url=f"https://127.0.0.1:{proxy.port}")

            assert await exchange(dialer(way, authority.ca), server.origin()) == "h2"
            await proxy.until_free()


@pytest.mark.parametrize(
    ("answer", "leave", "complaint"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", False,
         "it answered CONNECT with 407 Proxy Authentication Required; it wants other credentials"),
        (b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\n\r\nbad", False, "it answered CONNECT with 502 Bad"),
        (b"", True, "it closed the connection before it answered CONNECT"),
        (b"HTTP/1.1 200 OK\r\nx: ", True, "it closed the connection before it answered CONNECT"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", True, "it closed the connection before it answered CONNECT"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * HEAD_SIZE, False, "its answer to CONNECT has a head of more than"),
        (b"\x16\x03\x01\r\n\r\n", False, "what it answered to CONNECT is not HTTP/1"),
    ],
)  # fmt: skip
async def test_a_proxy_that_opens_no_tunnel_is_told(answer: bytes, leave: bool, complaint: str) -> None:
    async with scripted_proxy(answer, leave=leave) as proxy:
        with pytest.raises(ProxyRefused, match=complaint):
            await dialer(proxy.port).dial(NOWHERE, alpn=BOTH)

        await proxy.until_free()
        gc.collect()


async def test_what_the_proxy_says_after_its_answer_is_not_taken_for_the_server() -> None:
    async with scripted_proxy(MADE + b"\x16\x03\x03") as proxy:
        with pytest.raises(OSError, match="it spoke before TLS began"):
            await dialer(proxy.port).dial(NOWHERE, alpn=BOTH)

        await proxy.until_free()


async def test_a_proxy_that_is_not_there_is_told() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]

        with pytest.raises(ProxyRefused, match=f"no connection to 127.0.0.1:{port}: .*Connect call failed"):
            await dialer(port).dial(NOWHERE, alpn=BOTH)


async def test_a_proxy_that_cannot_be_trusted_is_told(authority: Authority) -> None:
    async with scripted_proxy(tls=authority.server()) as proxy:
        way = Proxy(url=f"https://ann:hunter2@127.0.0.1:{proxy.port}")
        with pytest.raises(ProxyRefused, match="CERTIFICATE_VERIFY_FAILED") as caught:
            await dialer(way).dial(NOWHERE, alpn=BOTH)

        assert "hunter2" not in repr(caught.value)
        assert caught.value.permanent
        assert not proxy.heads


@pytest.mark.parametrize("stage", ["asked", "made"])
async def test_a_dial_that_is_cancelled_on_the_way_leaves_nothing_open(stage: str) -> None:
    async with scripted_proxy(MADE if stage == "made" else b"") as proxy:
        dialing = asyncio.create_task(dialer(proxy.port).dial(NOWHERE, alpn=BOTH))
        await proxy.until_asked()
        await asyncio.sleep(0.02)
        dialing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialing

        await proxy.until_free()
        gc.collect()


async def test_a_dial_through_two_layers_of_tls_may_be_cancelled_at_any_moment(authority: Authority) -> None:
    async with echo(authority.server()) as server, scripted_proxy(tunnel=True, tls=authority.server()) as proxy:
        made = dialer(Proxy(url=f"https://127.0.0.1:{proxy.port}"), authority.ca)
        for ticks in range(40):
            dialing = asyncio.create_task(made.dial(server.origin(), alpn=BOTH))
            for _ in range(ticks):
                await asyncio.sleep(0.0005 if ticks % 2 else 0)
            dialing.cancel()
            try:
                (await dialing).transport.abort()
            except asyncio.CancelledError:
                pass
        await proxy.until_free()
        await server.until_live(0)
        gc.collect()
