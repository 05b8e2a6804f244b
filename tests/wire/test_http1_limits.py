"""HTTP/1.1: how long it waits for what, how large a head may be, and what is said where it is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from mistral_async.errors import ConnectionLost, MistralError, ProtocolError
from mistral_async.settings import Timeout
from mistral_async.wire.http1 import Http1
from tests.wire.talking import OK, Peer, Pieces, server

READ = 0.1  # seconds
SOON = Timeout(read=READ)
HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
SECRET = b"made-up-secret"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.fixture
async def http1() -> AsyncIterator[Http1]:
    made = Http1(tls=lambda: pytest.fail("no TLS here"), proxy=lambda origin: None, max_connections=2)
    yield made
    await made.aclose()


class Slow(Pieces):
    """A body whose maker takes longer than the server may."""

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        for _ in range(self._count):
            yield b"x"
            await asyncio.sleep(2 * READ)


async def test_a_server_that_rests_while_nobody_reads_is_waited_for(http1: Http1) -> None:
    async def rest(peer: Peer) -> None:
        await peer.hear()
        await peer.say(HEAD + chunk(b"one"))
        await asyncio.sleep(2.5 * READ)
        await peer.say(chunk(b"two") + b"0\r\n\r\n")
        await peer.until_gone()

    async with server(rest) as there:
        response = await http1.send(there.get(timeout=SOON))
        assert await response.receive() == b"one"
        await asyncio.sleep(2 * READ)  # at work on it
        assert await response.receive() == b"two"
        assert await response.receive() == b""


@pytest.mark.parametrize("early", [b"HTTP/1.1 103 Early Hints\r\n\r\n", HEAD])
async def test_a_server_may_be_silent_while_the_body_is_made(early: bytes, http1: Http1) -> None:
    async def answer(peer: Peer) -> None:
        await peer.hear()
        await peer.say(early)
        await peer.reader.readuntil(b"\r\n0\r\n\r\n")
        await peer.say(chunk(b"done") + b"0\r\n\r\n" if early is HEAD else OK)

    async with server(answer) as there:
        response = await http1.send(there.post(Slow(2), timeout=SOON))
        assert await response.read() == (b"done" if early is HEAD else b"ok")


@pytest.mark.parametrize("early", [b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", HEAD])
async def test_once_the_body_is_made_it_may_not(early: bytes, http1: Http1) -> None:
    async def say_nothing_more(peer: Peer) -> None:
        await peer.hear()
        await peer.say(early)
        await peer.until_gone()

    async with server(say_nothing_more) as there, asyncio.timeout(2):
        with pytest.raises(TimeoutError, match=r"no byte from .* for 0\.1 s"):
            await (await http1.send(there.post(Slow(1), timeout=SOON))).read()

        await there.until(gone=1)


async def test_a_limit_that_ran_while_somebody_read_ends_with_that(http1: Http1) -> None:
    async def answer_all(peer: Peer) -> None:
        while True:
            await peer.hear()
            await peer.say(HEAD)
            await asyncio.sleep(0.01)
            await peer.say(chunk(b"one") + b"0\r\n\r\n")

    async with server(answer_all) as there:
        for _ in range(2):
            response = await http1.send(there.get(timeout=SOON))
            assert await response.read() == b"one"
            await asyncio.sleep(1.5 * READ)
        assert len(there.peers) == 1


async def test_each_byte_begins_the_limit_anew_even_if_it_is_of_no_event(http1: Http1) -> None:
    async def dribble(peer: Peer) -> None:
        await peer.hear()
        await peer.say(HEAD)
        for byte in chunk(b"one"):
            await peer.say(bytes([byte]))
            await asyncio.sleep(0.6 * READ)
        await peer.say(b"0\r\n\r\n")
        await peer.until_gone()

    async with server(dribble) as there:
        response = await http1.send(there.get(timeout=SOON))
        assert await response.read() == b"one"


async def test_a_server_that_falls_silent_after_it_was_waited_for_often_is_given_up(http1: Http1) -> None:
    async def fall_silent(peer: Peer) -> None:
        await peer.hear()
        await peer.say(HEAD)
        for _ in range(20):
            await peer.say(chunk(b"x"))
            await asyncio.sleep(0.1 * READ)
        await peer.until_gone()

    async with server(fall_silent) as there, asyncio.timeout(2):
        response = await http1.send(there.get(timeout=SOON))
        received = 0
        with pytest.raises(TimeoutError, match=r"no byte from .* for 0\.1 s"):
            while piece := await response.receive():
                received += len(piece)
        await there.until(gone=1)

    assert received == 20


async def test_what_arrived_before_the_connection_was_lost_is_given_first(http1: Http1) -> None:
    async def begin(peer: Peer) -> None:
        await peer.hear()
        await peer.say(HEAD + chunk(b"one"))
        await asyncio.sleep(0.02)
        await peer.say(chunk(b"two"))

    async with server(begin) as there:
        response = await http1.send(there.get())
        assert await response.receive() == b"one"
        await there.until(gone=1)
        await asyncio.sleep(0.02)
        assert await response.receive() == b"two"
        for _ in range(2):
            with pytest.raises(ConnectionLost):
                await response.receive()


async def test_a_chunk_that_is_none_ends_the_wait_for_it(http1: Http1) -> None:
    async def spoil(peer: Peer) -> None:
        await peer.hear()
        await peer.say(HEAD + chunk(b"one"))
        await asyncio.sleep(0.02)
        await peer.say(b"zz " + SECRET + b"\r\n")
        await peer.until_gone()

    async with server(spoil) as there, asyncio.timeout(2):
        response = await http1.send(there.get())
        with pytest.raises(ProtocolError, match="a header field or chunk that cannot be parsed"):
            await response.read()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTX " + SECRET, "a status line that cannot be parsed"),
        (b"HTTP/9.9 200 " + SECRET, "a status line that cannot be parsed"),
        (b"HTTP/1.1 200 OK\r\nx y: " + SECRET, "a header field or chunk that cannot be parsed"),
        (b"HTTP/1.1 200 OK\r\nx: \0" + SECRET, "a header field that cannot be parsed"),
        (HEAD[:-4] + b"\r\n\r\nzz " + SECRET, "a header field or chunk that cannot be parsed"),
        (b"HTTP/1.1 200 OK\r\nx: " + SECRET * 7000, "a line that is too long"),
        (b"HTTP/1.1 200 OK" + b"\r\nx: y" * 3000, "a header field or chunk that cannot be parsed"),
        (b"HTTP/1.1 200 OK" + b"\r\nx: y" * 2000, "a head of more than 65536 bytes"),
    ],
)
async def test_what_is_no_http_is_said_without_quoting_it(answer: bytes, said: str, http1: Http1) -> None:
    async def garble(peer: Peer) -> None:
        await peer.hear()
        await peer.say(answer + b"\r\n\r\n")
        await peer.until_gone()

    async with server(garble) as there:
        with pytest.raises(ProtocolError, match=said) as caught:
            await (await http1.send(there.get())).read()

        await there.until(gone=1)
        chain: list[BaseException | None] = [caught.value, caught.value.__cause__]
        assert SECRET.decode() not in repr(chain)


@pytest.mark.parametrize(("count", "size"), [(1, 60_000), (200, 100), (500, 80)])
async def test_a_head_may_be_as_large_as_over_http2(count: int, size: int, http1: Http1) -> None:
    fields = b"".join(b"x-%d: %s\r\n" % (each, b"v" * size) for each in range(count))

    async def answer(peer: Peer) -> None:
        await peer.hear()
        await peer.say(b"HTTP/1.1 200 OK\r\n" + fields + b"content-length: 2\r\n\r\nok")

    async with server(answer) as there:
        response = await http1.send(there.get())
        assert (len(response.headers), await response.read()) == (count + 1, b"ok")


async def test_an_error_of_the_bodys_own_is_the_callers(http1: Http1) -> None:
    async def never_answer(peer: Peer) -> None:
        await peer.hear()
        await peer.until_gone()

    source = LookupError("the source")
    failure = MistralError("the download that it is fed by")
    failure.__cause__ = source
    async with server(never_answer) as there:
        with pytest.raises(MistralError) as caught:
            await http1.send(there.post(Pieces(1, 10, failure)))

    assert (caught.value, failure.of_caller, failure.__cause__) == (failure, True, source)


async def test_a_task_that_a_body_waits_for_may_be_cancelled_without_the_call_taking_that_for_its_own(
    http1: Http1,
) -> None:
    class Waiting(Pieces):
        async def __aiter__(self) -> AsyncGenerator[bytes, None]:
            yield b"x"
            other = asyncio.create_task(asyncio.sleep(9))
            asyncio.get_running_loop().call_later(0.01, other.cancel)
            await other

    async def never_answer(peer: Peer) -> None:
        await peer.hear()
        await peer.until_gone()

    async with server(never_answer) as there, asyncio.timeout(2):
        with pytest.raises(RuntimeError, match="the iterator of the request's body, Waiting, raised CancelledError"):
            await http1.send(there.post(Waiting(1)))


async def test_a_server_that_answers_and_then_neither_reads_nor_speaks_is_given_up(http1: Http1) -> None:
    async def stop(peer: Peer) -> None:
        await peer.hear()
        await peer.say(HEAD + chunk(b"one"))
        await asyncio.sleep(3)

    async with server(stop) as there, asyncio.timeout(2):
        response = await http1.send(there.post(b"x" * 20_000_000, timeout=SOON))
        assert await response.receive() == b"one"
        with pytest.raises(TimeoutError, match=r"has read nothing for 0\.1 s"):
            await response.receive()
