"""HTTP/1.1: what is left when the client is closed, a call is cancelled, or a server says more than it was asked."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from mistral_async.errors import ClientClosed, ProxyError
from mistral_async.http import Request, TimeLimit
from mistral_async.settings import TLS, Proxy
from mistral_async.wire.http1 import Http1
from mistral_async.wire.tls import make_context
from tests.wire.authority import Authority
from tests.wire.proxies import scripted_proxy
from tests.wire.talking import OK, Peer, Pieces, server

Make = Callable[..., Http1]


@pytest.fixture
async def make(authority: Authority) -> AsyncIterator[Make]:
    trusting = make_context(TLS(ca=authority.ca), alpn=["http/1.1"])
    made: list[Http1] = []

    def one(proxy: Proxy | None = None, connections: int = 100) -> Http1:
        made.append(Http1(tls=lambda: trusting, proxy=lambda origin: proxy, max_connections=connections))
        return made[-1]

    yield one
    for each in made:
        await each.aclose()


async def begin_to_answer(peer: Peer) -> None:
    await peer.hear()
    await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc")
    await peer.until_gone()


async def never_answer(peer: Peer) -> None:
    await peer.hear()
    await peer.until_gone()


@asynccontextmanager
async def silent() -> AsyncGenerator[str, None]:
    """The URL of a server that takes connections and says nothing, so that TLS never begins; then none is left."""
    peers: list[asyncio.StreamReader] = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(reader)
        try:
            while await reader.read(65536):
                pass
        finally:
            writer.close()

    async with await asyncio.start_server(keep, "127.0.0.1", 0) as listening:
        yield f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        async with asyncio.timeout(2):
            while not all(peer.at_eof() for peer in peers):
                await asyncio.sleep(0.005)


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("whole", [False, True])
async def test_who_waits_for_more_of_an_answer_is_told_that_the_client_is_closed(
    whole: bool, secure: bool, make: Make, authority: Authority
) -> None:
    http1 = make()
    async with server(begin_to_answer, authority.server() if secure else None) as there, asyncio.timeout(2):
        response = await http1.send(there.get())
        assert await response.receive() == b"abc"
        reading = asyncio.create_task(response.read() if whole else response.receive())
        await asyncio.sleep(0.01)
        await http1.aclose()

        with pytest.raises(ClientClosed, match="while this was under way, in the middle of its answer"):
            await reading
        await there.until(gone=1)


@pytest.mark.parametrize("secure", [False, True])
async def test_who_waits_for_a_head_is_told_that_the_client_is_closed(
    secure: bool, make: Make, authority: Authority
) -> None:
    http1, body = make(), Pieces(30)
    async with server(never_answer, authority.server() if secure else None) as there, asyncio.timeout(2):
        calls = [asyncio.create_task(http1.send(each)) for each in (there.get(), there.post(body))]
        await there.until(peers=2)
        await asyncio.sleep(0.01)
        await http1.aclose()

        for error in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(error, ClientClosed)
        assert [call.cancelling() for call in calls] == [0, 0]
        await there.until(gone=2)
        assert body.closed


async def test_who_waits_for_a_connection_is_told_that_the_client_is_closed(make: Make) -> None:
    http1 = make()
    async with silent() as url, asyncio.timeout(2):
        call = asyncio.create_task(http1.send(Request(method="GET", url=url, path="/")))
        await asyncio.sleep(0.02)
        await http1.aclose()

        with pytest.raises(ClientClosed):
            await call


async def test_who_is_cancelled_as_the_client_is_closed_stays_cancelled(make: Make) -> None:
    http1 = make()
    async with server(never_answer) as there, asyncio.timeout(2):
        call = asyncio.create_task(http1.send(there.get()))
        await there.until(peers=1)
        call.cancel()
        await http1.aclose()

        with pytest.raises(asyncio.CancelledError):
            await call


async def test_a_client_may_be_closed_twice_at_once(make: Make) -> None:
    http1 = make()
    async with server(never_answer) as there, asyncio.timeout(2):
        call = asyncio.create_task(http1.send(there.get()))
        await there.until(peers=1)
        await asyncio.gather(http1.aclose(), http1.aclose())

        with pytest.raises(ClientClosed):
            await call


async def test_nothing_is_sent_by_a_client_that_is_closed(make: Make) -> None:
    http1 = make()
    async with server(never_answer) as there:
        await http1.aclose()
        with pytest.raises(ClientClosed, match="before this was sent"):
            await http1.send(there.get())


def take_and_never_say_goodbye(listening: socket.socket, tls: ssl.SSLContext) -> None:
    """One connection: TLS begins, and then nothing is said until the client's end is closed."""
    raw, _ = listening.accept()
    raw.settimeout(1)
    with socket.socket(fileno=tls.wrap_socket(raw, server_side=True).detach()) as held:
        held.settimeout(1)
        while held.recv(65536):
            pass


async def test_a_call_that_is_cancelled_as_its_connection_is_made_leaves_no_socket_behind(authority: Authority) -> None:
    calls: list[asyncio.Task[object]] = []

    class Cancelling(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            calls[0].cancel()

    trusting = ssl.create_default_context(cafile=str(authority.ca))
    trusting.sslobject_class = Cancelling
    http1 = Http1(tls=lambda: trusting, proxy=lambda origin: None, max_connections=1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        there = asyncio.create_task(asyncio.to_thread(take_and_never_say_goodbye, listening, authority.server()))
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/"
        calls.append(asyncio.create_task(http1.send(Request(method="GET", url=url, path="/"))))
        with pytest.raises(asyncio.CancelledError):
            await calls[0]
        await http1.aclose()

        await there


def answer_and_never_say_goodbye(listening: socket.socket, context: ssl.SSLContext) -> None:
    """Over two connections; until the client's half of both is over. Its close_notify goes unanswered."""
    secured = [context.wrap_socket(listening.accept()[0], server_side=True) for _ in range(2)]
    for each in secured:
        each.recv(65536)
    for each in secured:
        each.sendall(OK)
    for each in secured:
        with socket.socket(fileno=each.detach()) as held:
            held.settimeout(1)
            while held.recv(65536):
                pass


async def test_calls_that_are_cancelled_as_they_are_written_leave_no_socket_behind(
    make: Make, authority: Authority
) -> None:
    http1 = make()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        there = asyncio.create_task(asyncio.to_thread(answer_and_never_say_goodbye, listening, authority.server()))
        request = Request(method="GET", url=f"https://localhost:{listening.getsockname()[1]}/", path="/")
        for response in await asyncio.gather(http1.send(request), http1.send(request)):
            assert await response.read() == b"ok"

        calls = [asyncio.create_task(http1.send(request)) for _ in range(2)]
        await asyncio.sleep(0)  # they are about to be written, together
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)

        await there


def sessions() -> list[aiohttp.ClientSession]:
    return [each for each in gc.get_objects() if isinstance(each, aiohttp.ClientSession)]


async def test_what_was_never_used_leaves_nothing_to_close(make: Make) -> None:
    before = sessions()
    make()

    assert not [each for each in sessions() if each not in before]


async def test_a_pool_that_nobody_has_any_more_is_not_kept_by_its_connections(make: Make) -> None:
    async def answer(peer: Peer) -> None:
        await peer.hear()
        await peer.say(OK)
        await peer.until_gone()

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)  # aiohttp says that it was not closed, and is right
    async with server(answer) as there:
        http1 = Http1(tls=lambda: pytest.fail("no TLS here"), proxy=lambda origin: None, max_connections=2)
        assert await (await http1.send(there.get())).read() == b"ok"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            del http1
            gc.collect()
            await there.until(gone=1)


async def test_an_answer_that_nobody_asked_for_is_not_given_to_the_next_call(make: Make) -> None:
    async def say_more(peer: Peer) -> None:
        while True:
            await peer.hear()
            await peer.say(OK)
            await asyncio.sleep(0.01)
            await peer.say(OK.replace(b"ok", b"no"))

    http1 = make()
    async with server(say_more) as there:
        for _ in range(3):
            assert await (await http1.send(there.get())).read() == b"ok"
            await asyncio.sleep(0.03)

        assert len(there.peers) == 3


async def test_a_call_has_begun_when_it_has_its_place(make: Make) -> None:
    http1 = make(connections=1)
    limits = [TimeLimit(1e9), TimeLimit(1e9)]
    async with server(never_answer) as there:
        calls = [
            asyncio.create_task(
                http1.send(Request(method="GET", url=there.url, path="/", deadline=limit)),
            )
            for limit in limits
        ]
        await there.until(peers=1)
        assert [limit.begun for limit in limits] == [True, False]
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)


async def test_a_proxy_that_wants_other_credentials_is_no_answer_of_the_origins(make: Make) -> None:
    refusal = b"HTTP/1.1 407 made-up-password\r\ncontent-length: 2\r\n\r\nno"
    async with scripted_proxy(refusal) as proxy:
        http1 = make(Proxy(url=f"http://127.0.0.1:{proxy.port}", user="ann", password="made-up-password"))
        with pytest.raises(ProxyError, match=r"407 .*other credentials") as caught:
            await http1.send(Request(method="GET", url="http://mistral.test/", path="/"))
        await proxy.until_free()

    assert caught.value.permanent
    assert "made-up-password" not in str(caught.value)


async def test_a_407_of_an_origin_is_its_answer(make: Make) -> None:
    async def answer(peer: Peer) -> None:
        await peer.hear()
        await peer.say(OK.replace(b"200 OK", b"407 Why"))

    async with server(answer) as there:
        assert (await make().send(there.get())).status == 407


async def test_a_connection_to_a_proxy_serves_one_request_where_there_is_no_tunnel(make: Make) -> None:
    async with scripted_proxy(OK) as proxy:  # which does not say that it will close
        http1 = make(Proxy(url=f"http://127.0.0.1:{proxy.port}"))
        for _ in range(3):
            response = await http1.send(Request(method="GET", url="http://mistral.test/", path="/"))
            assert await response.read() == b"ok"
            await proxy.until_free()

        assert len(proxy.heads) == 3
        assert all(b"\r\nconnection: close\r\n" in head.lower() for head in proxy.heads)


async def test_how_an_origin_is_reached_is_shown_without_credentials(make: Make) -> None:
    http1 = make(Proxy(url="http://proxy.test", user="ann", password="made-up-password"))
    with pytest.raises(ProxyError):
        await http1.send(Request(method="GET", url="http://mistral.test/", path="/"))
    routes = [each for each in gc.get_objects() if type(each).__name__ == "_Route"]
    assert "<_Route through a proxy>" in map(repr, routes)
    assert not any("Basic" in repr(each) for each in routes)
