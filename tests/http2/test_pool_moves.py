"""Requests that a server surely did not process are sent again by the pool, on another connection."""

from __future__ import annotations

import asyncio

import pytest

from mistral_async.errors import ConnectionLost
from mistral_async.http import TimeLimit
from mistral_async.wire.http2.pool import MOST_REFUSALS, Pool
from tests.http2.joining import Made, get, pooled, post
from tests.http2.numbers import MAX_STREAMS, REFUSED_STREAM
from tests.http2.peer import Peer, PeerStream, hold, until


async def read(pool: Pool, peer: Peer) -> bytes:
    return await (await pool.send(get(peer))).read()


async def test_requests_above_the_id_of_a_goaway_are_sent_again_and_none_is_lost() -> None:
    async def ten(stream: PeerStream) -> None:
        if stream.id > 19:
            return
        stream.answer()
        if stream.id == 19:
            stream.connection.go_away(19)

    async with Peer(ten) as peer, pooled(peer, max_connections=2) as pool:
        assert await asyncio.gather(*[read(pool, peer) for _ in range(60)]) == [b"{}"] * 60


async def test_a_refused_request_waits_until_another_stream_of_its_connection_has_ended() -> None:
    async def one(stream: PeerStream) -> None:
        if sum(each.fields.get("live") == "yes" for each in peer.streams):
            stream.reset(REFUSED_STREAM)
            return
        stream.fields = {**stream.fields, "live": "yes"}
        await asyncio.sleep(0.01)
        stream.fields = {}
        stream.answer()

    async with Peer(one) as peer, pooled(peer, max_connections=1) as pool:
        assert await asyncio.gather(*[read(pool, peer) for _ in range(8)]) == [b"{}"] * 8


async def test_a_server_that_refuses_everything_is_asked_a_bounded_number_of_times() -> None:
    async def refuse(stream: PeerStream) -> None:
        stream.reset(REFUSED_STREAM)

    async with Peer(refuse) as peer, pooled(peer) as pool:
        limit = TimeLimit(1e9)
        with pytest.raises(ConnectionLost, match="the server did nothing") as caught:
            await pool.send(post(peer, deadline=limit))
        assert caught.value.retry_safe
        assert caught.value.attempts == 1
        assert len(peer.streams) == MOST_REFUSALS + 1
        assert limit.begun


async def test_a_body_that_cannot_be_sent_again_is_not() -> None:
    async def refuse(stream: PeerStream) -> None:
        await stream.received(4)
        stream.reset(REFUSED_STREAM)

    async with Peer(refuse) as peer, pooled(peer) as pool:
        with pytest.raises(ConnectionLost):
            await pool.send(post(peer, Made([b"some", b"more"])))
        assert len(peer.streams) == 1


async def test_a_request_that_may_have_been_processed_is_not_sent_again() -> None:
    async def lose(stream: PeerStream) -> None:
        stream.connection.abort()

    async with Peer(lose) as peer, pooled(peer) as pool:
        with pytest.raises(ConnectionLost):
            await pool.send(get(peer))
        assert len(peer.streams) == 1


async def test_a_burst_waits_for_what_the_server_allows_and_is_not_refused() -> None:
    async with Peer(hold, speaks=False) as peer, pooled(peer, max_connections=5) as pool:
        calls = [asyncio.create_task(pool.send(get(peer, connect=0.03))) for _ in range(20)]
        await until(lambda: peer.streams)
        await asyncio.sleep(0.06)
        assert (len(peer.streams), len(peer.connections)) == (1, 1)
        assert not any(call.done() for call in calls)
        peer.connections[0].change_settings({MAX_STREAMS: 100})
        await until(lambda: len(peer.streams) == 20)
        for stream in peer.streams:
            stream.answer()
        assert [await (await call).read() for call in calls] == [b"{}"] * 20


async def test_a_server_that_never_says_what_it_allows_is_given_up_in_time() -> None:
    async with Peer(hold, speaks=False) as peer, pooled(peer, ping_after=0.05, ping_limit=0.05) as pool:
        calls = [asyncio.create_task(pool.send(get(peer, read=0.04, connect=0.05))) for _ in range(4)]
        async with asyncio.timeout(2):
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(outcome, Exception) for outcome in outcomes)
