"""Connections through a real proxy."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mistral_async.settings import Proxy
from mistral_async.wire.failures import ProxyRefused
from tests.wire.authority import Authority
from tests.wire.listening import echo
from tests.wire.proxies import BOTH, dialer, exchange, proxy_py


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with proxy_py(tmp_path_factory.mktemp("proxy"), credentials="ann:h@nter:2") as port:
        yield port


async def test_a_real_proxy_opens_a_tunnel_for_who_has_its_credentials(proxy: int, authority: Authority) -> None:
    async with echo(authority.server(alpn=BOTH)) as server:
        way = Proxy(url=f"http://ann:h%40nter:2@127.0.0.1:{proxy}")
        dialed = await dialer(way, authority.ca).dial(server.origin(), alpn=BOTH)
        reached = dialed.transport.get_extra_info("peername")[1]
        dialed.transport.abort()

        assert (reached, dialed.alpn) == (proxy, "h2")
        assert await exchange(dialer(way, authority.ca), server.origin()) == "h2"


@pytest.mark.parametrize("credentials", ["", "ann:wrong@", "ann@"])
async def test_a_real_proxy_refuses_who_has_none_or_others(credentials: str, proxy: int, authority: Authority) -> None:
    async with echo(authority.server()) as server:
        way = Proxy(url=f"http://{credentials}127.0.0.1:{proxy}")
        with pytest.raises(ProxyRefused, match=r"407 Proxy Authentication Required; it wants other credentials"):
            await dialer(way, authority.ca).dial(server.origin(), alpn=BOTH)

        assert server.accepted == 0


async def test_a_real_proxy_says_that_nobody_is_there(proxy: int, authority: Authority) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        way = Proxy(url=f"http://ann:h%40nter:2@127.0.0.1:{proxy}")
        with pytest.raises(ProxyRefused, match=r"502|closed the connection"):
            await dialer(way).dial(f"https://127.0.0.1:{bound.getsockname()[1]}", alpn=BOTH)


async def test_a_real_proxy_may_be_reached_by_tls(authority: Authority, tmp_path: Path) -> None:
    with proxy_py(tmp_path, tls=authority.server_files("127.0.0.1")) as port:
        async with echo(authority.server(alpn=BOTH)) as server:
            way = Proxy(url=f"https://127.0.0.1:{port}")

            assert await exchange(dialer(way, authority.ca), server.origin()) == "h2"
