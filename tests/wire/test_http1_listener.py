"""HTTP/1.1: what the limit ``read`` counts, over connections that serve one call after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from mistral_async.errors import TimeoutError
from mistral_async.settings import Timeout
from mistral_async.wire.http1 import Http1
from tests.wire.talking import OK, Peer, server

LIMIT = 0.1  # seconds


@pytest.fixture
async def http1() -> AsyncIterator[Http1]:
    made = Http1(tls=lambda: pytest.fail("no TLS here"), proxy=lambda origin: None, max_connections=4)
    yield made
    await made.aclose()


async def answer_all(peer: Peer) -> None:
    while True:
        await peer.hear()
        await peer.say(OK)


async def answer_slowly(peer: Peer) -> None:
    await peer.hear()
    for piece in (b"HTTP/1.1 103 Early Hints\r\n\r\n", OK[:10], OK[10:30], OK[30:-1], OK[-1:]):
        await asyncio.sleep(LIMIT * 0.6)
        await peer.say(piece)


async def answer_once(peer: Peer) -> None:
    await peer.hear()
    await peer.say(OK)
    await peer.hear()
    await peer.until_gone()


async def begin_to_answer(peer: Peer) -> None:
    await peer.hear()
    await asyncio.sleep(LIMIT * 0.6)
    await peer.say(OK[:-1])
    await peer.until_gone()


async def test_every_byte_begins_the_limit_anew(http1: Http1) -> None:
    async with server(answer_slowly) as there:
        response = await http1.send(there.post(b"{}", timeout=Timeout(read=LIMIT)))

        assert await response.read() == b"ok"


async def test_a_connection_that_rests_longer_than_the_limit_serves_the_next_call(http1: Http1) -> None:
    async with server(answer_all) as there:
        for _ in range(3):
            response = await http1.send(there.post(b"{}", timeout=Timeout(read=LIMIT / 4)))
            assert await response.read() == b"ok"
            await asyncio.sleep(LIMIT / 2)

        assert len(there.peers) == 1


@pytest.mark.parametrize("before", [None, 60.0])
async def test_a_call_has_its_own_limit_whatever_that_of_the_call_before(before: float | None, http1: Http1) -> None:
    async with server(answer_once) as there:
        await (await http1.send(there.post(b"{}", timeout=Timeout(read=before)))).read()
        async with asyncio.timeout(2):
            with pytest.raises(TimeoutError, match=f"no byte from .* for {LIMIT} s"):
                await http1.send(there.post(b"{}", timeout=Timeout(read=LIMIT)))

        assert len(there.peers) == 1


async def test_the_limit_of_the_head_is_not_that_of_the_body(http1: Http1) -> None:
    async with server(begin_to_answer) as there:
        response = await http1.send(there.post(b"{}", timeout=Timeout(read=LIMIT)))
        assert await response.receive() == b"o"
        begun = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError, match=f"no byte from .* for {LIMIT} s"):
            await response.receive()

        assert asyncio.get_running_loop().time() - begun > LIMIT * 0.9
        await there.until(gone=1)


async def test_a_connection_that_has_ended_leaves_no_timer_behind(http1: Http1) -> None:
    async with server(answer_once) as there:
        await (await http1.send(there.post(b"{}", timeout=Timeout(read=60.0)))).read()
        await http1.aclose()
        await there.until(gone=1)

        timers: list[asyncio.TimerHandle] = getattr(asyncio.get_running_loop(), "_scheduled", [])
        assert not [each for each in timers if not each.cancelled() and "Listener" in repr(each)]


@pytest.mark.parametrize("body", [b"{}", None])
async def test_a_small_request_is_sent_without_a_task_of_its_own(body: bytes | None, http1: Http1) -> None:
    running: list[int] = []

    async def count(peer: Peer) -> None:
        await peer.hear()
        running.append(len(asyncio.all_tasks()))
        await peer.say(OK)

    async with server(count) as there:
        request = there.get() if body is None else there.post(body)
        await (await http1.send(request)).read()

        assert running == [2]  # this one, and the server's


async def test_requests_that_are_made_ready_together_leave_together(http1: Http1) -> None:
    heard: list[bytes] = []

    async def listen(peer: Peer) -> None:
        await peer.hear()
        heard.append(await peer.reader.readexactly(2))
        await peer.say(OK)

    async with server(listen) as there:
        answers = await asyncio.gather(*(http1.send(there.post(b"%02d" % number)) for number in range(4)))

        assert [await each.read() for each in answers] == [b"ok"] * 4
        assert sorted(heard) == [b"00", b"01", b"02", b"03"]
