"""Each setting of the connector that this SDK follows, and what it does on the wire.

The names are those of the connector's table: auth, httpVersion, timeout, retryConfig, secureSocket, proxy,
circuitBreaker, compression, validation.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from mistral_async import (
    TLS,
    CircuitBreaker,
    CircuitOpenError,
    ConnectError,
    MistralClient,
    Proxy,
    RequestValidationError,
    Retried,
    Retry,
    ServerError,
    Timeout,
    TimeoutError,
    TLSError,
)
from tests.wire.authority import PASSWORD, Authority
from tests.wire.origins import http2_origin
from tests.wire.proxies import scripted_proxy

MODELS = b'{"object":"list","data":[]}'


class Seen:
    """What one request looked like to the server."""

    def __init__(self, request: web.BaseRequest, body: bytes) -> None:
        self.target = request.raw_path
        self.version = f"{request.version.major}.{request.version.minor}"
        self.headers = {name.lower(): value for name, value in request.headers.items()}
        self.body = body
        tls: ssl.SSLObject | None = request.transport.get_extra_info("ssl_object") if request.transport else None
        self.cipher = tls.cipher() if tls is not None else None
        self.tls_version = tls.version() if tls is not None else None
        self.certificate: Any = request.transport.get_extra_info("peercert") if request.transport else None


class Recorder:
    """A server that answers as it is told, writes down what came, and knows who went away."""

    def __init__(self) -> None:
        self.port = 0
        self.seen: list[Seen] = []
        self.statuses: list[int] = []  # of the next answers; then 200
        self.headers: dict[str, str] = {}
        self.body = MODELS
        self.hold = 0.0  # seconds before an answer
        self.left = 0  # requests whose client went away

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.seen.append(Seen(request, await request.read()))
        try:
            await asyncio.sleep(self.hold)
        except asyncio.CancelledError:
            self.left += 1
            raise
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, body=self.body, headers={"content-type": "application/json", **self.headers})


@asynccontextmanager
async def recorder(tls: ssl.SSLContext | None = None) -> AsyncGenerator[Recorder, None]:
    made = Recorder()
    speaks = web.Server(made.answer, handler_cancellation=True)
    server = await asyncio.get_running_loop().create_server(speaks, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await speaks.shutdown(1)
        await server.wait_closed()


@asynccontextmanager
async def asked(server: Recorder, scheme: str = "http", **settings: Any) -> AsyncGenerator[MistralClient, None]:
    """A client of that server, with these settings."""
    url = f"{scheme}://127.0.0.1:{server.port}"
    given: dict[str, Any] = {"api_key": "key-of-the-test", "base_url": url, **settings}
    async with MistralClient(**given) as client:
        yield client


# auth


async def test_auth_is_a_bearer_token() -> None:
    async with recorder() as server, asked(server) as client:
        await client.models()

    assert server.seen[0].headers["authorization"] == "Bearer key-of-the-test"


async def test_auth_by_a_function_is_asked_for_before_each_attempt() -> None:
    keys = iter(["first", "second"])

    async def key() -> str:
        return next(keys)

    async with recorder() as server, asked(server, api_key=key, retry=Retry(first_delay=0.001)) as client:
        server.statuses = [503]
        await client.models()

    assert [seen.headers["authorization"] for seen in server.seen] == ["Bearer first", "Bearer second"]


# httpVersion


@pytest.mark.parametrize(("http_version", "spoken"), [("auto", "2"), ("2", "2"), ("1.1", "1.1")])
async def test_http_version_is_what_the_server_is_spoken_to_in(
    authority: Authority, http_version: str, spoken: str
) -> None:
    async with (
        http2_origin(authority) as origin,
        MistralClient(
            api_key="k",
            base_url=origin.url,
            tls=TLS(ca=authority.ca),
            http_version=http_version,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        ) as client,
    ):
        raw = await client.models().raw()

    assert raw.http_version == spoken
    assert f'"version": "{spoken}"'.encode() in raw.body  # the server's word


async def test_http_version_2_refuses_a_server_that_speaks_only_1_1(authority: Authority) -> None:
    async with (
        recorder(authority.server(alpn=("http/1.1",))) as server,
        asked(server, "https", tls=TLS(ca=authority.ca), http_version="2", retry=None) as client,
    ):
        with pytest.raises(ConnectError, match="does not speak HTTP/2"):
            await client.models()

    assert server.seen == []


async def test_http_version_auto_speaks_1_1_where_the_server_wants_it(authority: Authority) -> None:
    async with (
        recorder(authority.server(alpn=("http/1.1",))) as server,
        asked(server, "https", tls=TLS(ca=authority.ca)) as client,
    ):
        raw = await client.models().raw()

    assert (raw.http_version, server.seen[0].version) == ("1.1", "1.1")


# timeout


async def test_timeout_ends_the_wait_for_a_silent_server_which_sees_it() -> None:
    async with recorder() as server, asked(server, timeout=0.1, retry=None) as client:
        server.hold = 30
        with pytest.raises(TimeoutError, match="no byte from") as caught:
            await client.models()
        async with asyncio.timeout(5):
            while not server.left:
                await asyncio.sleep(0.005)

    assert caught.value.limit == "read"


async def test_timeout_total_covers_attempts_and_waits() -> None:
    async with (
        recorder() as server,
        asked(server, timeout=Timeout(total=0.3), retry=Retry(attempts=9, first_delay=0.001)) as client,
    ):
        server.statuses, server.hold = [503] * 9, 0.1
        with pytest.raises((TimeoutError, ServerError)) as caught:
            await client.models()

    assert 1 < caught.value.attempts < 9
    assert len(server.seen) == caught.value.attempts


# retryConfig


async def test_retry_config_says_how_often_how_soon_and_after_what() -> None:
    told: list[Retried] = []
    retry = Retry(attempts=4, first_delay=0.02, factor=2, max_delay=0.03, statuses=frozenset({500, 418}))
    async with recorder() as server, asked(server, retry=retry, on_retry=told.append) as client:
        server.statuses = [500, 418, 500]
        raw = await client.models().raw()
        server.statuses = [503]
        with pytest.raises(ServerError):
            await client.models()

    assert (raw.attempts, len(server.seen)) == (4, 5)
    assert [each.status for each in told] == [500, 418, 500]
    assert all(each.delay <= bound for each, bound in zip(told, (0.02, 0.03, 0.03), strict=True))


async def test_without_a_retry_config_everything_is_sent_once() -> None:
    async with recorder() as server, asked(server, retry=None) as client:
        server.statuses = [503]
        with pytest.raises(ServerError):
            await client.models()

    assert len(server.seen) == 1


# secureSocket


async def test_secure_socket_trusts_the_authority_it_names_and_no_other(authority: Authority) -> None:
    async with recorder(authority.server()) as server:
        async with asked(server, "https", tls=TLS(ca=authority.ca)) as client:
            await client.models()
        async with asked(server, "https", retry=None) as client:
            with pytest.raises(TLSError, match="certificate"):
                await client.models()

    assert len(server.seen) == 1


async def test_secure_socket_shows_the_clients_certificate(authority: Authority) -> None:
    context = authority.server()
    authority.demand_client(context)
    certificate, key = authority.client_files("somebody")
    tls = TLS(ca=authority.ca, certificate=certificate, key=authority.encrypted(key), key_password=PASSWORD)
    async with recorder(context) as server, asked(server, "https", tls=tls) as client:
        await client.models()

    assert "somebody" in str(server.seen[0].certificate)


async def test_secure_socket_limits_versions_and_ciphers(authority: Authority) -> None:
    async with recorder(authority.server()) as server:
        async with asked(server, "https", tls=TLS(ca=authority.ca, minimum_version="1.3")) as client:
            await client.models()
        old = authority.server()
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        async with recorder(old) as of_old:
            async with asked(
                of_old,
                "https",
                tls=TLS(ca=authority.ca, ciphers="ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384"),
            ) as client:
                await client.models()
            async with asked(of_old, "https", tls=TLS(ca=authority.ca, minimum_version="1.3"), retry=None) as client:
                with pytest.raises(ConnectError):
                    await client.models()

    assert server.seen[0].tls_version == "TLSv1.3"
    assert of_old.seen[0].cipher is not None
    assert of_old.seen[0].cipher[0].endswith("AES256-GCM-SHA384")


async def test_secure_socket_checks_the_host_unless_told_not_to(authority: Authority) -> None:
    async with recorder(authority.server("elsewhere.test")) as server:
        async with asked(server, "https", tls=TLS(ca=authority.ca), retry=None) as client:
            with pytest.raises(TLSError):
                await client.models()
        async with asked(server, "https", tls=TLS(ca=authority.ca, verify_hostname=False)) as client:
            await client.models()

    assert len(server.seen) == 1


async def test_secure_socket_may_be_a_context_of_the_users_own(authority: Authority) -> None:
    own = ssl.create_default_context(cafile=authority.ca)
    async with recorder(authority.server()) as server, asked(server, "https", tls=own) as client:
        await client.models()

    assert len(server.seen) == 1


# proxy


async def test_proxy_gets_a_plain_request_with_its_credentials_and_the_origin_does_not() -> None:
    async with recorder() as relay:
        proxy = Proxy(url=f"http://127.0.0.1:{relay.port}", user="me", password="secret")
        async with MistralClient(api_key="k", base_url="http://mistral.test", proxy=proxy) as client:
            await client.models()

    seen = relay.seen[0]
    assert seen.target == "http://mistral.test/v1/models"
    assert seen.headers["proxy-authorization"] == f"Basic {base64.b64encode(b'me:secret').decode()}"


@pytest.mark.parametrize("http_version", ["auto", "1.1"])
async def test_proxy_makes_a_way_for_https_and_sees_no_key(authority: Authority, http_version: str) -> None:
    async with (
        http2_origin(authority) as origin,
        scripted_proxy(way=True) as proxy,
        MistralClient(
            api_key="key-of-the-test",
            base_url=origin.url,
            tls=TLS(ca=authority.ca),
            http_version=http_version,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            proxy=f"http://me:secret@127.0.0.1:{proxy.port}",
        ) as client,
    ):
        raw = await client.models().raw()

    assert raw.http_version == ("2" if http_version == "auto" else "1.1")
    assert all(head.startswith(b"CONNECT 127.0.0.1:") for head in proxy.heads)
    assert b"key-of-the-test" not in b"".join(proxy.heads)
    assert base64.b64encode(b"me:secret") in proxy.heads[0]
    assert "proxy-authorization" not in origin.headers[0]


async def test_proxy_of_the_environment_is_used_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with recorder() as server, recorder() as relay:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{relay.port}")
        monkeypatch.setenv("NO_PROXY", "")
        async with asked(server) as client:
            await client.models()
        async with asked(server, trust_env=True) as client:
            await client.models()

    assert (len(server.seen), len(relay.seen)) == (1, 1)


# circuitBreaker


async def test_circuit_breaker_keeps_requests_from_a_server_that_fails_until_it_answers_again() -> None:
    breaker = CircuitBreaker(request_volume_threshold=4, failure_threshold=0.5, reset_time=0.1)
    async with recorder() as server, asked(server, retry=None, circuit_breaker=breaker) as client:
        server.statuses = [500] * 4
        for _ in range(4):
            with pytest.raises(ServerError):
                await client.models()
        with pytest.raises(CircuitOpenError) as caught:
            await client.models()
        (circuit,) = client.circuits.values()
        assert (circuit.state, circuit.failures, circuit.requests, len(server.seen)) == ("open", 4, 4, 4)
        await asyncio.sleep(caught.value.retry_after + 0.01)
        await client.models()
        (circuit,) = client.circuits.values()

    assert (circuit.state, len(server.seen)) == ("closed", 5)


# compression


@pytest.mark.parametrize(("compression", "offered"), [("auto", "gzip"), ("always", "gzip"), ("never", "identity")])
async def test_compression_says_what_is_offered(compression: str, offered: str) -> None:
    async with recorder() as server, asked(server, compression=compression) as client:
        await client.models()

    assert server.seen[0].headers["accept-encoding"].startswith(offered)


@pytest.mark.parametrize(("compression", "offered"), [("auto", "identity"), ("always", "gzip"), ("never", "identity")])
async def test_compression_of_what_is_read_as_it_comes_is_offered_only_always(compression: str, offered: str) -> None:
    async with recorder() as server, asked(server, compression=compression) as client:
        async for _ in client.files["f"].content():
            pass

    assert server.seen[0].headers["accept-encoding"].startswith(offered)


async def test_what_came_compressed_is_read_like_anything_else_and_requests_never_are() -> None:
    async with recorder() as server, asked(server, compression="always") as client:
        server.body, server.headers = gzip.compress(MODELS), {"content-encoding": "gzip"}
        answer = await client.models()
        await client.embeddings.post(model="m", input=["a" * 10_000])

    assert answer.data == []
    assert "content-encoding" not in server.seen[1].headers
    assert b"a" * 10_000 in server.seen[1].body


# validation


async def test_validation_keeps_a_wrong_request_from_the_wire_unless_it_is_off() -> None:
    async with recorder() as server:
        async with asked(server) as client:
            with pytest.raises(RequestValidationError):
                await client.files(page="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        assert server.seen == []
        async with asked(server, validation=False) as client:
            await client.files(page="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert server.seen[0].target == "/v1/files?page=x"
