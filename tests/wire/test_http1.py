"""HTTP/1.1 on real sockets: what aiohttp would do by itself, and must not, or would not, and must."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

import pytest

from mistral_async.errors import ClientClosed, ConnectError, ConnectionLost, MistralError
from mistral_async.http import Body, Request
from mistral_async.settings import TLS, Timeout
from mistral_async.wire.http1 import Http1
from mistral_async.wire.tls import make_context
from tests.wire.authority import Authority
from tests.wire.talking import OK, Peer, Pieces, Server, server


@pytest.fixture
async def http1(authority: Authority) -> AsyncIterator[Http1]:
    trusting = make_context(TLS(ca=authority.ca), alpn=["http/1.1"])
    made = Http1(tls=lambda: trusting, proxy=lambda origin: None, max_connections=2)
    yield made
    await made.aclose()


async def answer_all(peer: Peer) -> None:
    while True:
        await peer.hear()
        await peer.say(OK)


async def hang_up(peer: Peer) -> None:
    await peer.hear()


async def answer_once_and_then_hang_up(peer: Peer) -> None:
    await peer.hear()
    await peer.say(OK)
    await peer.hear()


class Deaf:
    """A server that says something at most, and reads no body until it is told to."""

    def __init__(self, answer: bytes = b"") -> None:
        self.answer = answer
        self.stopped = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self, peer: Peer) -> None:
        await peer.hear()
        peer.stop_reading()
        await peer.say(self.answer)
        self.stopped.set()
        await self.go_on.wait()
        await peer.until_gone()


async def never_answer(peer: Peer) -> None:
    await peer.hear()
    await peer.until_gone()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_nothing_is_sent_twice(method: str, http1: Http1) -> None:
    async with server(hang_up) as there:
        request = Request(method=method, url=f"{there.url}/v1/things", path="/v1/things")
        with pytest.raises(ConnectionLost, match="closed the connection before it answered"):
            await http1.send(request)

        await there.until(gone=1)
        assert len(there.peers) == 1


async def test_nothing_is_sent_twice_over_a_connection_that_was_used_before(http1: Http1) -> None:
    async with server(answer_once_and_then_hang_up) as there:
        assert await (await http1.send(there.get())).read() == b"ok"
        with pytest.raises(ConnectionLost):
            await http1.send(there.get())

        assert len(there.peers) == 1


async def test_a_connection_is_used_again(http1: Http1) -> None:
    async with server(answer_all) as there:
        for _ in range(3):
            assert await (await http1.send(there.get())).read() == b"ok"

        assert len(there.peers) == 1


@pytest.mark.parametrize("secure", [False, True])
async def test_a_cancelled_upload_drops_its_connection_at_once(
    secure: bool, http1: Http1, authority: Authority
) -> None:
    deaf = Deaf()
    async with server(deaf, authority.server() if secure else None) as there:
        body = Pieces(30)
        task = asyncio.create_task(http1.send(there.post(body)))
        await deaf.stopped.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert body.closed
        deaf.go_on.set()
        await there.until(gone=1)


async def test_an_upload_that_nobody_reads_drops_its_connection_at_its_limit(http1: Http1) -> None:
    deaf = Deaf()
    async with server(deaf) as there:
        body = Pieces(30)
        with pytest.raises(TimeoutError, match=r"has read nothing for 0\.05 s"):
            await http1.send(there.post(body, timeout=Timeout(read=0.05)))

        assert body.closed
        deaf.go_on.set()
        await there.until(gone=1)


@pytest.mark.parametrize("size", [0, 30_000, 200_000])
@pytest.mark.parametrize("secure", [False, True])
async def test_a_call_that_is_cancelled_while_it_waits_drops_its_connection(
    secure: bool, size: int, http1: Http1, authority: Authority
) -> None:
    async with server(never_answer, authority.server() if secure else None) as there:
        task = asyncio.create_task(http1.send(there.post(b"x" * size)))
        await there.until(peers=1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        await there.until(gone=1)


@pytest.mark.parametrize("secure", [False, True])
async def test_a_server_that_says_nothing_is_left_at_the_limit(
    secure: bool, http1: Http1, authority: Authority
) -> None:
    async with server(never_answer, authority.server() if secure else None) as there:
        with pytest.raises(TimeoutError, match=r"no byte from .* for 0\.05 s"):
            await http1.send(there.get(timeout=Timeout(read=0.05)))

        await there.until(gone=1)


async def begin_to_answer(peer: Peer) -> None:
    await peer.hear()
    await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc")
    await peer.until_gone()


@pytest.mark.parametrize("secure", [False, True])
async def test_a_closed_response_drops_its_connection(secure: bool, http1: Http1, authority: Authority) -> None:
    async with server(begin_to_answer, authority.server() if secure else None) as there:
        response = await http1.send(there.get())
        assert await response.receive() == b"abc"
        response.close()
        response.close()

        await there.until(gone=1)
        with pytest.raises(ConnectionLost, match="this response was closed before its end"):
            await response.receive()


async def test_an_answer_that_stops_in_its_middle_is_left_at_the_limit(http1: Http1) -> None:
    async with server(begin_to_answer) as there:
        response = await http1.send(there.get(timeout=Timeout(read=0.05)))
        with pytest.raises(TimeoutError, match="no byte from"):
            await response.read()

        await there.until(gone=1)


async def test_a_response_that_was_read_leaves_its_connection_to_others_when_it_is_closed(http1: Http1) -> None:
    async with server(answer_all) as there:
        response = await http1.send(there.get())
        again = await http1.send(there.get())
        assert await response.read() == b"ok"
        response.close()

        assert await again.read() == b"ok"
        assert (await http1.send(there.get())).status == 200


async def test_an_upload_that_is_answered_before_its_end_is_given_up_with_the_answer(http1: Http1) -> None:
    deaf = Deaf(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
    async with server(deaf) as there:
        body = Pieces(30)
        response = await http1.send(there.post(body))
        assert (response.status, await response.read()) == (413, b"no")

        deaf.go_on.set()
        await there.until(gone=1)
        assert body.closed


async def test_an_upload_is_given_up_where_its_answer_is_closed(http1: Http1) -> None:
    deaf = Deaf(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n")
    async with server(deaf) as there:
        body = Pieces(30)
        response = await http1.send(there.post(body))
        response.close()

        deaf.go_on.set()
        await there.until(gone=1)
        assert body.closed


async def test_a_body_that_fails_raises_its_own_error(http1: Http1) -> None:
    async with server(never_answer) as there:
        with pytest.raises(LookupError, match="dried up"):
            await http1.send(there.post(Pieces(1, 10, LookupError("the source dried up"))))

        await there.until(gone=1)


async def test_a_body_that_fails_after_the_answer_has_begun_raises_its_own_error(http1: Http1) -> None:
    going_on = asyncio.Event()

    class Failing(Pieces):
        async def __aiter__(self) -> AsyncGenerator[bytes, None]:
            yield b"x"
            await going_on.wait()
            raise LookupError("the source dried up")

    async with server(begin_to_answer) as there:
        response = await http1.send(there.post(Failing(1)))
        assert await response.receive() == b"abc"
        going_on.set()
        with pytest.raises(LookupError, match="dried up"):
            await response.receive()

        await there.until(gone=1)


async def test_more_requests_than_connections_wait_in_line_without_a_limit(http1: Http1) -> None:
    going_on = asyncio.Event()

    async def answer_later(peer: Peer) -> None:
        while True:
            await peer.hear()
            await going_on.wait()
            await peer.say(OK)

    async with server(answer_later) as there:
        timeout = Timeout(connect=0.05)
        calls = [asyncio.create_task(http1.send(there.get(timeout=timeout))) for _ in range(10)]
        await asyncio.sleep(0.1)  # longer than the limit `connect`: nothing happens that could be waited for
        assert len(there.peers) == 2
        assert not any(call.done() for call in calls)
        calls[5].cancel()
        going_on.set()

        done = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(each).__name__ for each in done].count("Http1Response") == 9
        assert len(there.peers) == 2


WAYS_OUT: dict[str, Callable[[Http1, Server], Awaitable[object]]] = {}


def way_out(name: str) -> Callable[[Callable[[Http1, Server], Awaitable[object]]], None]:
    def keep(way: Callable[[Http1, Server], Awaitable[object]]) -> None:
        WAYS_OUT[name] = way

    return keep


@way_out("read")
async def _(http1: Http1, there: Server) -> object:
    return await (await http1.send(there.get())).read()


@way_out("closed")
async def _(http1: Http1, there: Server) -> object:
    (await http1.send(there.get())).close()
    return None


@way_out("dropped")
async def _(http1: Http1, there: Server) -> object:
    return (await http1.send(there.get())).status


@way_out("cancelled")
async def _(http1: Http1, there: Server) -> object:
    return await asyncio.wait_for(http1.send(there.get()), 0.001)


@way_out("no connection")
async def _(http1: Http1, there: Server) -> object:
    return await http1.send(Request(method="GET", url="http://127.0.0.1:1/", path="/"))


@way_out("no host")
async def _(http1: Http1, there: Server) -> object:
    return await http1.send(Request(method="GET", url="http://1.2.3.4.5:80/", path="/"))


@pytest.mark.parametrize("name", WAYS_OUT)
async def test_a_place_in_line_is_given_back_on_every_way_out(name: str, http1: Http1) -> None:
    async def answer_slowly(peer: Peer) -> None:
        while True:
            await peer.hear()
            await asyncio.sleep(0.005)
            await peer.say(OK[:-1])
            await asyncio.sleep(0.005)
            await peer.say(OK[-1:])

    async with server(answer_slowly) as there:
        for _ in range(5):  # more often than there are places
            with contextlib.suppress(MistralError, TimeoutError):
                await asyncio.wait_for(WAYS_OUT[name](http1, there), 1)
        assert await asyncio.wait_for(_read(http1, there), 1) == b"ok"


async def _read(http1: Http1, there: Server) -> bytes:
    return await (await http1.send(there.get())).read()


async def test_who_waits_in_line_when_the_network_is_closed_is_told_so(http1: Http1) -> None:
    async with server(never_answer) as there:
        calls = [asyncio.create_task(http1.send(there.get())) for _ in range(4)]
        await there.until(peers=2)
        await http1.aclose()

        errors = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(error, ClientClosed) and error.permanent for error in errors)
        assert ["while this was under way" in str(error) for error in errors] == [True, True, False, False]
        await there.until(gone=2)


async def test_who_reads_an_answer_when_the_network_is_closed_is_told_so(http1: Http1) -> None:
    async with server(begin_to_answer) as there:
        response = await http1.send(there.get())
        await http1.aclose()

        with pytest.raises(ClientClosed, match="the client was closed while this was under way, in the middle of"):
            await response.read()


async def test_redirects_are_not_followed_and_nothing_is_decoded(http1: Http1) -> None:
    async def redirect(peer: Peer) -> None:
        head = await peer.hear()
        assert b"accept-encoding" not in head.lower()
        await peer.say(b"HTTP/1.1 307 There\r\nlocation: /x\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nok")

    async with server(redirect) as there:
        response = await http1.send(there.get())
        assert (response.status, response.headers["location"], await response.read()) == (307, "/x", b"ok")


@pytest.mark.parametrize("host", ["1.2.3.4.5", "a" * 64 + ".test"])
async def test_a_name_that_is_none_is_a_connect_error_that_is_permanent(host: str, http1: Http1) -> None:
    with pytest.raises(ConnectError, match="is no host") as caught:
        await http1.send(Request(method="GET", url=f"http://{host}/", path="/", repeatable=True))

    assert caught.value.permanent


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("body", [None, b"", b"{}", Pieces(1, 1)])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"user-agent": "x/1", "accept": "*/*", "accept-encoding": "identity"},
        {"user-agent": "x/1", "accept": "*/*", "accept-encoding": "identity", "content-type": "text/plain"},
    ],
)
async def test_no_header_field_is_sent_that_nobody_asked_for(
    method: str, body: bytes | Body | None, fields: dict[str, str], http1: Http1
) -> None:
    sent: list[str] = []

    async def keep(peer: Peer) -> None:
        head = await peer.hear()
        sent.extend(line.partition(":")[0].lower() for line in head.decode().splitlines()[1:-1])
        await peer.say(OK)

    async with server(keep) as there:
        url = f"{there.url}/v1/things"
        request = Request(method=method, url=url, path="/v1/things", headers=fields, body=body)
        assert await (await http1.send(request)).read() == b"ok"

    assert set(sent) - {"host", "content-length", "transfer-encoding"} == set(fields)
