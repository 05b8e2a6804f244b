"""Which version of HTTP is spoken is the origin's choice, or the user's."""

from __future__ import annotations

import asyncio
import sys

import pytest

from mistral_async.errors import ClientClosed, ConnectError, TLSError
from mistral_async.http import Request, Response
from mistral_async.settings import Timeout
from mistral_async.wire.dial import Dialer
from mistral_async.wire.http2.pool import OtherProtocol
from mistral_async.wire.negotiation import Insisted, Negotiated
from mistral_async.wire.network import LoopNetwork
from tests.fakes import ScriptedWire, a_request
from tests.wire.authority import Authority
from tests.wire.origins import http1_origin, http2_origin, network, said


async def test_an_origin_that_chooses_http_2_gets_it(authority: Authority) -> None:
    async with http2_origin(authority) as origin, network(authority) as net:
        assert await said(net, origin.get()) == {"version": "2", "size": 0, "path": "/v1/things"}
        assert (await said(net, origin.post(b"x" * 100_000)))["size"] == 100_000

        assert len(origin.spoken) == 1


async def test_fifty_first_calls_at_once_open_one_connection(authority: Authority) -> None:
    async with http2_origin(authority) as origin, network(authority) as net:
        answers = await asyncio.gather(*(said(net, origin.get()) for _ in range(50)))

        assert {answer["version"] for answer in answers} == {"2"}
        assert len(origin.spoken) == 1


@pytest.mark.parametrize("alpn", [("http/1.1",), ()])
async def test_an_origin_without_http_2_is_asked_once_and_gets_http_1(
    alpn: tuple[str, ...], authority: Authority
) -> None:
    async with http1_origin(authority.server(alpn=alpn)) as origin, network(authority) as net:
        for _ in range(2):
            answers = await asyncio.gather(*(said(net, origin.get()) for _ in range(20)))
            assert {answer["version"] for answer in answers} == {"1.1"}

        assert origin.accepted - len(origin.spoken) == 1
        assert len(origin.spoken) <= 20


async def test_a_first_caller_that_is_cancelled_does_not_hurt_the_others(authority: Authority) -> None:
    async with http2_origin(authority) as origin, network(authority) as net:
        first, *others = [asyncio.create_task(said(net, origin.get())) for _ in range(5)]
        await asyncio.sleep(0)
        first.cancel()

        assert {answer["version"] for answer in await asyncio.gather(*others)} == {"2"}
        with pytest.raises(asyncio.CancelledError):
            await first
        assert len(origin.spoken) == 1


SPEAK = """
import asyncio, sys
from mistral_async.http import Request
from mistral_async.settings import Settings
from mistral_async.wire.network import Network

async def speak(http_version, url):
    network = Network(Settings(base_url=url, http_version=http_version))
    response = await network.send(Request(method="GET", url=url, path="/"))
    print(response.http_version, await response.read())
    await network.aclose()

asyncio.run(speak(*sys.argv[1:]))
print(*sys.modules)
"""


@pytest.mark.parametrize(
    ("http_version", "there", "absent"),
    [
        ("2", "mistral_async.wire.http2.pool", "aiohttp"),
        ("1.1", "aiohttp", "mistral_async.wire.http2.pool"),
        ("1.1", "aiohttp", "mistral_async.wire.dial"),
    ],
)
async def test_a_version_that_is_not_spoken_is_not_loaded(http_version: str, there: str, absent: str) -> None:
    async with http2_origin(None) as origin:
        arguments = ("-c", SPEAK, http_version, f"{origin.url}/")
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": ":".join(sys.path)}
        )
        said, _ = await process.communicate()

    answer, modules = said.decode().splitlines()
    assert answer.startswith(f"{http_version} ")
    assert there in modules.split()
    assert absent not in modules.split()


async def test_what_comes_after_the_end_opens_nothing() -> None:
    here = LoopNetwork(
        http_version="1.1",
        http1=lambda: pytest.fail("it was closed"),
        dialer=lambda: Dialer(tls=None, proxy=lambda origin: None),
        max_connections=1,
    )
    await here.aclose()

    with pytest.raises(ClientClosed, match="before this was sent"):
        await here.send(a_request())


async def test_http_1_can_be_chosen_by_the_user(authority: Authority) -> None:
    async with http2_origin(authority) as origin, network(authority, http_version="1.1") as net:
        assert (await said(net, origin.get()))["version"] == "1.1"


async def test_an_origin_without_tls_gets_http_1() -> None:
    async with http2_origin(None) as origin, network() as net:
        assert (await said(net, origin.get()))["version"] == "1.1"


async def test_http_2_can_be_insisted_on(authority: Authority) -> None:
    async with http2_origin(authority) as origin, network(authority, http_version="2") as net:
        assert (await said(net, origin.get()))["version"] == "2"


async def test_http_2_without_tls_is_spoken_with_prior_knowledge() -> None:
    async with http2_origin(None) as origin, network(http_version="2") as net:
        assert (await said(net, origin.post(b"x" * 100_000))) == {"version": "2", "size": 100_000, "path": "/v1/things"}


@pytest.mark.parametrize("alpn", [("http/1.1",), ()])
async def test_an_origin_that_does_not_speak_http_2_is_an_error_where_that_is_insisted_on(
    alpn: tuple[str, ...], authority: Authority
) -> None:
    async with http1_origin(authority.server(alpn=alpn)) as origin, network(authority, http_version="2") as net:
        with pytest.raises(ConnectError, match=r'does not speak HTTP/2 .* set `http_version` to "auto"') as caught:
            await net.send(origin.get())

        assert caught.value.permanent
        assert not origin.headers


async def test_an_origin_that_comes_to_speak_http_1_alone_gets_it(authority: Authority) -> None:
    async with network(authority) as net:
        async with http2_origin(authority) as origin:
            assert (await said(net, origin.get()))["version"] == "2"
        async with http1_origin(authority.server(alpn=("http/1.1",)), port=origin.port) as origin:
            assert (await said(net, origin.get()))["version"] == "1.1"
            assert (await said(net, origin.get()))["version"] == "1.1"


async def test_every_first_caller_gets_an_error_of_its_own_where_nobody_listens(
    authority: Authority, another_authority: Authority
) -> None:
    async with http1_origin(another_authority.server()) as origin, network(authority) as net:
        calls = [net.send(origin.get(repeatable=bool(number % 2))) for number in range(4)]
        errors = await asyncio.gather(*calls, return_exceptions=True)

    assert all(type(error) is TLSError for error in errors)
    assert len(set(map(id, errors))) == 4


async def test_each_first_caller_waits_for_the_connection_as_long_as_it_likes(authority: Authority) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server, network(authority) as net:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        hasty = Request(method="GET", url=url, path="/", timeout=Timeout(connect=0.05))
        patient = Request(method="GET", url=url, path="/")
        waiting = asyncio.create_task(net.send(patient))
        with pytest.raises(TimeoutError, match=r"no connection to .* within 0\.05 s"):
            await net.send(hasty)
        assert not waiting.done()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


class Scripted(ScriptedWire):
    """HTTP/2 as a script, in which an origin may choose another protocol."""

    async def send(self, request: Request, /) -> Response:
        try:
            return await super().send(request)
        except LookupError as exc:
            raise OtherProtocol("http/1.1") from exc


async def test_an_origin_that_chose_http_1_is_not_asked_again() -> None:
    http2, http1 = Scripted(200, LookupError()), ScriptedWire(201, 202)
    negotiated = Negotiated(http2, http1)

    statuses = [(await negotiated.send(a_request())).status for _ in range(3)]
    await negotiated.aclose()

    assert statuses == [200, 201, 202]
    assert (len(http2.requests), len(http1.requests)) == (2, 2)
    assert (http2.open, http1.open) == (False, True)  # which other origins share


async def test_a_handshake_that_fails_is_told_as_it_is_where_http_2_is_insisted_on() -> None:
    insisted = Insisted(ScriptedWire(TLSError("no secure connection")))

    with pytest.raises(TLSError, match="no secure connection"):
        await insisted.send(a_request())


async def test_a_server_that_takes_no_protocol_that_it_is_offered_is_not_asked_again() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        # Source: RFC 8446 sections 5.1 and 6 (an alert record: fatal), RFC 7301 section 3.2 (120).
        writer.write(b"\x15\x03\x03\x00\x02\x02\x78")
        await writer.drain()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server, network(http_version="2") as net:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        with pytest.raises(TLSError, match="speaks no version of HTTP that it was offered") as caught:
            await net.send(Request(method="GET", url=url, path="/"))

    assert caught.value.permanent
