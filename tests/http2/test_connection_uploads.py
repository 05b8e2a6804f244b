"""Bodies on their way out over one connection: in turns, given up, answered early, failing at their source."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from mistral_async.errors import ConnectionLost
from tests.http2.joining import Made, connected, get, post
from tests.http2.numbers import CANCEL, INTERNAL_ERROR, NO_ERROR
from tests.http2.peer import Peer, PeerStream, hold, until

MIB = 1024 * 1024


async def digest(stream: PeerStream) -> None:
    await stream.whole()
    stream.answer(200, hashlib.sha256(stream.body).hexdigest().encode())


@pytest.mark.parametrize("size", [1, 16_384, 16_385, 65_535, 65_536, 262_144, 262_145, 5 * MIB])
async def test_bytes_of_any_size_arrive_whole(size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    async with Peer(digest) as peer, connected(peer) as connection:
        response = await connection.send(post(peer, body[:size]))
        assert (await response.read()).decode() == hashlib.sha256(body[:size]).hexdigest()


async def test_a_body_made_on_the_way_arrives_whole_whatever_its_chunks() -> None:
    chunks = [b"a", b"", b"b" * 300_000, b"c" * (2 * MIB), b"d" * 16_384]
    body = Made(chunks)
    async with Peer(digest) as peer, connected(peer) as connection:
        response = await connection.send(post(peer, body))
        assert (await response.read()).decode() == hashlib.sha256(b"".join(chunks)).hexdigest()
        assert body.closed == 1


async def test_uploads_take_turns_so_that_none_waits_for_another_to_end() -> None:
    async with Peer(digest) as peer, connected(peer) as connection:
        large = [asyncio.create_task(connection.send(post(peer, b"x" * (8 * MIB)))) for _ in range(4)]
        await until(lambda: len(peer.streams) == 4 and all(stream.body for stream in peer.streams))
        # The window of the connection is 64 KiB: each had part of it before any had all it wanted.
        assert not any(call.done() for call in large)
        await (await connection.send(post(peer, b"y" * (100 * 1024)))).read()
        assert not any(call.done() for call in large)
        assert len({await (await call).read() for call in large}) == 1


async def test_a_large_upload_leaves_the_loop_to_others() -> None:
    turns = 0
    running = True

    async def others() -> None:
        nonlocal turns
        while running:
            turns += 1
            await asyncio.sleep(0)

    async with Peer(digest, settings={4: 2**30}) as peer, connected(peer) as connection:
        await until(lambda: connection.free > 100)
        peer.connections[0].credit(2**30)
        task = asyncio.create_task(others())
        await (await connection.send(post(peer, b"x" * (20 * MIB)))).read()
        running = False
        await task
    assert turns >= 20 * MIB // (256 * 1024)


async def test_an_answer_that_begins_early_does_not_cut_an_upload_short() -> None:
    async def begin_early(stream: PeerStream) -> None:
        stream.head(200)
        stream.data(b"begun ")
        await stream.whole()
        stream.data(b"ended", end=True)

    body = Made([b"x" * MIB, 0.02, b"y" * MIB])
    async with Peer(begin_early) as peer, connected(peer) as connection:
        response = await connection.send(post(peer, body))
        assert body.closed == 0
        assert await response.receive() == b"begun "
        assert await response.read() == b"ended"
        assert (len(peer.streams[0].body), peer.streams[0].reset_by_client) == (2 * MIB, None)
        assert body.closed == 1


async def test_an_answer_that_ends_early_is_valid_and_ends_the_upload() -> None:
    async def refuse(stream: PeerStream) -> None:
        await stream.received(1)
        stream.answer(413, b"too large")

    body = Made([b"x" * MIB, 5.0, b"y" * MIB])
    async with Peer(refuse, credits=False) as peer, connected(peer) as connection:
        for content in (b"x" * (5 * MIB), body):
            response = await connection.send(post(peer, content))
            assert (response.status, await response.read()) == (413, b"too large")
            peer.connections[0].credit(70_000)
        await until(lambda: body.closed)
        # Source: RFC 9113 section 8.1: the rest is not wanted, and nobody failed.
        await until(lambda: [stream.reset_by_client for stream in peer.streams] == [NO_ERROR] * 2)
        assert connection.idle


async def test_whoever_makes_the_body_gets_their_own_error_back() -> None:
    body = Made([b"some", LookupError("the source dried up")])
    async with Peer(hold) as peer, connected(peer) as connection:
        with pytest.raises(LookupError, match="dried up"):
            await connection.send(post(peer, body))
        await until(lambda: peer.streams[0].reset_by_client == CANCEL)
        assert body.closed == 1
        assert len(peer.open) == 1


async def test_an_error_of_the_body_after_the_answer_began_is_raised_where_it_is_read() -> None:
    async def begin_early(stream: PeerStream) -> None:
        stream.head(200)

    body = Made([b"some", 0.02, LookupError("the source dried up")])
    async with Peer(begin_early) as peer, connected(peer) as connection:
        response = await connection.send(post(peer, body))
        for _ in range(2):
            with pytest.raises(LookupError, match="dried up"):
                await response.read()
        await until(lambda: peer.streams[0].reset_by_client == CANCEL)


@pytest.mark.parametrize("raised", [asyncio.CancelledError(), GeneratorExit()], ids=repr)
async def test_a_cancellation_out_of_the_body_is_not_taken_for_one_of_the_callers(raised: BaseException) -> None:
    async with Peer(hold) as peer, connected(peer) as connection:
        with pytest.raises(RuntimeError, match=f"body, Made, raised {type(raised).__name__}") as caught:
            await connection.send(post(peer, Made([b"some", raised])))
        assert caught.value.__cause__ is raised
        assert connection.idle


async def test_an_error_of_ours_out_of_the_body_says_that_it_is_the_callers() -> None:
    async with Peer(hold) as peer, connected(peer) as connection:
        with pytest.raises(ConnectionLost) as caught:
            await connection.send(post(peer, Made([b"some", ConnectionLost("of another call")])))
        assert caught.value.of_caller


@pytest.mark.parametrize("chunks", [[b"x" * MIB], [b"x", 5.0]], ids=["waiting for window", "waiting for its source"])
async def test_a_cancelled_upload_closes_its_body_before_the_caller_goes_on(chunks: list[bytes | float]) -> None:
    body = Made(chunks)
    async with Peer(hold, credits=False) as peer, connected(peer) as connection:
        call = asyncio.create_task(connection.send(post(peer, body)))
        await until(lambda: peer.streams and peer.streams[0].body)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert body.closed == 1
        await until(lambda: peer.streams[0].reset_by_client == CANCEL)


async def test_a_response_closed_while_its_upload_goes_on_ends_that_too() -> None:
    async def begin_early(stream: PeerStream) -> None:
        stream.head(200)

    body = Made([b"x" * MIB, 5.0])
    async with Peer(begin_early) as peer, connected(peer) as connection:
        response = await connection.send(post(peer, body))
        response.close()
        await until(lambda: body.closed)
        await until(lambda: peer.streams[0].reset_by_client == CANCEL)


@pytest.mark.parametrize("way", ["reset", "lost", "closed"])
async def test_the_end_of_a_stream_ends_its_upload(way: str) -> None:
    body = Made([b"x" * MIB, 5.0])
    async with Peer(hold) as peer, connected(peer) as connection:
        call = asyncio.create_task(connection.send(post(peer, body)))
        await until(lambda: peer.streams and len(peer.streams[0].body) == MIB)
        if way == "reset":
            peer.streams[0].reset(INTERNAL_ERROR)
        elif way == "lost":
            peer.connections[0].abort()
        else:
            connection.close()
        with pytest.raises(ConnectionLost):
            await call
        assert body.closed == 1


async def test_an_upload_while_a_download_is_not_read_goes_on() -> None:
    async def answer(stream: PeerStream) -> None:
        if stream.fields[":method"] == "GET":
            stream.head(200)
            await stream.body_out(b"x" * (3 * MIB))
        else:
            await digest(stream)

    async with Peer(answer) as peer, connected(peer) as connection:
        download = await connection.send(get(peer))
        assert (await (await connection.send(post(peer, b"x" * (3 * MIB)))).read()) != b""
        assert len(await download.read()) == 3 * MIB
