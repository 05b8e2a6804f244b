"""The connector's settings for connections, and what each does on the wire.

The names are those of the connector's table: httpVersion, secureSocket, proxy.
"""

from __future__ import annotations

import base64
import ssl

import pytest

from mistral_async import (
    TLS,
    ConnectError,
    MistralClient,
    Proxy,
    TLSError,
)
from tests.wire.authority import PASSWORD, Authority
from tests.wire.origins import http2_origin
from tests.wire.proxies import scripted_proxy
from tests.wire.recorder import asked, recorder

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
async def test_proxy_opens_a_tunnel_for_https_and_sees_no_key(authority: Authority, http_version: str) -> None:
    async with (
        http2_origin(authority) as origin,
        scripted_proxy(tunnel=True) as proxy,
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
