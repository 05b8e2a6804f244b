"""The settings of a client, as they show on the wire."""

from __future__ import annotations

import asyncio
import gc
import gzip
import logging
import ssl
import warnings
from pathlib import Path

import pytest

from mistral_async.errors import ConnectError, MistralError, ProxyError, TLSError
from mistral_async.http import Request
from mistral_async.settings import TLS, Proxy, Settings
from mistral_async.settings.client import Compression
from mistral_async.wire.network import Network
from tests.wire.authority import Authority
from tests.wire.origins import Origin, http1_origin, http2_origin, network, said
from tests.wire.proxies import proxy_py, scripted_proxy

PASSWORD = "made-up-password"


@pytest.mark.parametrize("http_version", ["1.1", "2"])
@pytest.mark.parametrize(
    ("compression", "answer", "offered"),
    [
        ("auto", "whole", True),
        ("auto", "bytes", False),
        ("auto", "events", False),
        ("always", "events", True),
        ("never", "whole", False),
    ],
)
async def test_compression_is_offered_as_it_was_set(
    http_version: str, compression: Compression, answer: str, offered: bool
) -> None:
    async with http2_origin(None) as origin, network(http_version=http_version, compression=compression) as net:
        await said(net, origin.get(answer=answer))

        (sent,) = (headers["accept-encoding"] for headers in origin.headers)
        assert ("gzip" in sent, sent == "identity") == (offered, not offered)


async def test_what_the_caller_accepts_is_left_as_it_is() -> None:
    async with http1_origin(None) as origin, network() as net:
        await said(net, origin.get(headers={"accept-encoding": "gzip;q=0.1"}))

        assert origin.headers[-1]["accept-encoding"] == "gzip;q=0.1"


async def test_a_compressed_answer_is_decoded() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = gzip.compress(b"a long answer " * 1000)
        head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, network() as net:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        response = await net.send(Request(method="GET", url=url, path="/"))
        assert await response.read() == b"a long answer " * 1000


@pytest.mark.parametrize("http_version", ["auto", "1.1", "2"])
async def test_an_origin_that_is_not_trusted_is_a_tls_error(
    http_version: str, authority: Authority, another_authority: Authority
) -> None:
    async with http2_origin(another_authority) as origin, network(authority, http_version=http_version) as net:
        with pytest.raises(TLSError, match="certificate verify failed"):
            await net.send(origin.get())


@pytest.mark.parametrize("http_version", ["1.1", "2"])
async def test_a_context_of_the_users_is_used_and_left_as_it_was(http_version: str, authority: Authority) -> None:
    own = ssl.create_default_context(cafile=authority.ca)
    own.set_alpn_protocols(["http/1.0"])
    async with http2_origin(authority) as origin, network(tls=own, http_version=http_version) as net:
        assert (await said(net, origin.get()))["version"] == http_version


def test_tls_that_cannot_be_had_is_an_error_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="tls: ca"):
        Network(Settings(base_url="https://mistral.test", tls=TLS(ca=tmp_path / "nothing.pem")))


@pytest.mark.parametrize("http_version", ["auto", "1.1", "2"])
async def test_an_origin_is_reached_through_a_proxy(http_version: str, authority: Authority) -> None:
    async with http2_origin(authority) as origin, scripted_proxy(tunnel=True) as proxy:
        settings = Proxy(url=f"http://127.0.0.1:{proxy.port}", user="häns", password=PASSWORD)
        async with network(authority, http_version=http_version, proxy=settings) as net:
            assert (await said(net, origin.get()))["version"] == ("1.1" if http_version == "1.1" else "2")

        (head,) = proxy.heads
        assert head.startswith(f"CONNECT 127.0.0.1:{origin.port} HTTP/1.1\r\n".encode())
        assert b"proxy-authorization: basic aMOkbnM6".lower() in head.lower()
        assert not any("proxy-authorization" in headers for headers in origin.headers)


async def test_an_origin_that_chooses_http_1_is_reached_through_a_proxy(authority: Authority) -> None:
    async with http1_origin(authority.server(alpn=("http/1.1",))) as origin, scripted_proxy(tunnel=True) as proxy:
        async with network(authority, proxy=Proxy(url=f"http://127.0.0.1:{proxy.port}")) as net:
            assert (await said(net, origin.get()))["version"] == "1.1"
            assert (await said(net, origin.get()))["version"] == "1.1"

        assert len(proxy.heads) == 2  # one to see what it speaks, and one that was used twice


@pytest.mark.parametrize("http_version", ["auto", "1.1"])
async def test_a_proxy_forwards_what_needs_no_tls(http_version: str, tmp_path: Path) -> None:
    with proxy_py(tmp_path, credentials=f"user:{PASSWORD}") as port:
        settings = Proxy(url=f"http://127.0.0.1:{port}", user="user", password=PASSWORD)
        async with http1_origin(None) as origin, network(http_version=http_version, proxy=settings) as net:
            answer = await said(net, origin.post(b"x" * 100_000, "/v1/things?q=a%20b"))
            assert answer == {"version": "1.1", "size": 100_000, "path": "/v1/things?q=a%20b"}

            # The way there is the proxy's, which takes its credentials for itself.
            assert "via" in origin.headers[-1]
            assert "proxy-authorization" not in origin.headers[-1]


async def test_http_2_that_is_insisted_on_goes_through_a_proxy_by_connect() -> None:
    async with http2_origin(None) as origin, scripted_proxy(tunnel=True) as proxy:
        async with network(http_version="2", proxy=Proxy(url=f"http://127.0.0.1:{proxy.port}")) as net:
            assert (await said(net, origin.get()))["version"] == "2"

        assert proxy.heads[0].startswith(b"CONNECT ")


@pytest.mark.parametrize("http_version", ["auto", "1.1", "2"])
@pytest.mark.parametrize(
    ("answer", "leave", "why"),
    [
        (b"HTTP/1.1 407 Who are you, made-up-password\r\ncontent-length: 0\r\n\r\n", False, "407 .*other credentials"),
        (b"HTTP/1.1 502 No\r\ncontent-length: 0\r\n\r\n", False, "502"),
        (b"", True, "closed the connection before it answered CONNECT"),
        (b"220 hello\r\n\r\n", False, "CONNECT"),
    ],
)
async def test_a_proxy_that_refuses_is_a_proxy_error_without_its_credentials(
    http_version: str, answer: bytes, leave: bool, why: str, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    async with http1_origin(authority.server()) as origin, scripted_proxy(answer, leave=leave) as proxy:
        settings = Proxy(url=f"http://127.0.0.1:{proxy.port}", user="user", password=PASSWORD)
        async with network(authority, http_version=http_version, proxy=settings) as net:
            with caplog.at_level(logging.DEBUG), pytest.raises(ProxyError, match=why) as caught:
                await net.send(origin.get(repeatable=True))
            await proxy.until_free()

        assert len(proxy.heads) == 1
        assert caught.value.permanent is (b" 407 " in answer)
        assert_holds_no(caught.value, PASSWORD, caplog.text)
        assert_holds_no(caught.value, "Basic ", caplog.text)


@pytest.mark.parametrize("http_version", ["auto", "1.1", "2"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_is_not_there_is_a_proxy_error(http_version: str, scheme: str, unused_port: int) -> None:
    proxy = Proxy(url=f"http://127.0.0.1:{unused_port}")
    async with network(http_version=http_version, proxy=proxy) as net:
        with pytest.raises(ProxyError, match=r"through the proxy: no connection to 127\.0\.0\.1"):
            await net.send(Request(method="GET", url=f"{scheme}://mistral.test/", path="/"))


async def test_the_environment_names_a_proxy_where_it_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with http1_origin(None) as origin, http1_origin(None) as stand_in:
        for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{stand_in.port}")
        async with network() as net:
            await said(net, origin.get())
        async with network(trust_env=True) as net:
            await said(net, origin.get())

        assert (len(origin.headers), len(stand_in.headers)) == (1, 1)


async def test_an_environment_that_names_no_proxy_is_a_proxy_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    async with network(trust_env=True) as net:
        with pytest.raises(ProxyError, match="environment"):
            await net.send(Request(method="GET", url="http://mistral.test/", path="/"))


@pytest.mark.parametrize("http_version", ["auto", "2"])
async def test_nobody_listening_is_a_connect_error(http_version: str, unused_port: int) -> None:
    async with network(http_version=http_version) as net:
        with pytest.raises(ConnectError, match=r"no connection to 127\.0\.0\.1") as caught:
            await net.send(Request(method="POST", url=f"https://127.0.0.1:{unused_port}/", path="/"))

    assert caught.value.retry_safe


@pytest.mark.parametrize("secure", [True, False])
async def test_no_more_connections_than_allowed_are_opened(secure: bool, authority: Authority) -> None:
    tls = authority.server() if secure else None
    async with http1_origin(tls) as origin, network(authority, http_version="1.1", max_connections=3) as net:
        answers = await asyncio.gather(*(said(net, origin.get()) for _ in range(30)))

        assert len(answers) == 30
        assert origin.accepted == len(origin.spoken) == 3


@pytest.mark.parametrize("http_version", ["1.1", "2"])
async def test_calls_under_way_end_when_the_network_is_closed(http_version: str, authority: Authority) -> None:
    async with http2_origin(authority) as origin, network(authority, http_version=http_version) as net:
        call = asyncio.create_task(net.send(origin.get("/held")))
        await origin.until(1)
        await net.aclose()

        with pytest.raises(MistralError, match="closed"):
            await call
        origin.go.set()
        assert (await said(net, origin.get()))["version"] == http_version  # it opens anew, and is closed by the fixture


@pytest.mark.parametrize("secure", [True, False])
def test_a_network_serves_one_loop_after_another_and_leaves_nothing_open(secure: bool, authority: Authority) -> None:
    net = Network(Settings(base_url="https://mistral.test", tls=TLS(ca=authority.ca)))

    async def call() -> Origin:
        async with http2_origin(authority if secure else None) as origin:
            assert (await said(net, origin.get()))["version"] == ("2" if secure else "1.1")
        return origin

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = asyncio.run(call()), asyncio.run(call())
        gc.collect()

    assert len(first.spoken) == len(second.spoken) == 1


def assert_holds_no(error: BaseException | None, secret: str, logged: str) -> None:
    shown = logged
    while error is not None:
        shown += repr(error) + str(error) + repr(vars(error))
        error = error.__cause__ or error.__context__
    assert secret not in shown


@pytest.fixture
async def unused_port() -> int:
    async with await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0) as server:
        port: int = server.sockets[0].getsockname()[1]
    return port
