"""A pool under every fault at once: each call ends, each answer is its own, and nothing is left over."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter

import pytest

from mistral_async.errors import ConnectionLost
from mistral_async.http import Body
from mistral_async.wire.http2.connection import Http2Connection
from mistral_async.wire.http2.pool import Pool
from tests.http2.joining import Made, dialed, get, pooled, post
from tests.http2.numbers import INITIAL_WINDOW, INTERNAL_ERROR, MAX_STREAMS, REFUSED_STREAM
from tests.http2.peer import Peer, PeerStream

CALLS = 1500


class Chaos:
    """A peer that mostly answers with what it was sent, and otherwise does what a server may do on a bad day."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw

    async def __call__(self, stream: PeerStream) -> None:
        draw, there = self._draw, stream.connection
        if draw.random() < 0.3:
            await asyncio.sleep(draw.random() * 0.01)
        match draw.choices(range(8), [80, 4, 4, 3, 3, 1, 0.3, 3])[0]:
            case 1:
                stream.reset(INTERNAL_ERROR)
            case 2:
                stream.reset(REFUSED_STREAM)
            case 3:
                stream.head(200)
                stream.data(b"half of")
                stream.reset(INTERNAL_ERROR)
            case 4:
                stream.answer(413, b"early")
            case 5:
                there.go_away(2**31 - 1)
                there.go_away(max(there.streams))
                await echo(stream)
            case 6:
                there.abort()
            case 7:
                there.change_settings(
                    {MAX_STREAMS: draw.randrange(5, 60), INITIAL_WINDOW: draw.randrange(1000, 100_000)}
                )
                await echo(stream)
            case _:
                await echo(stream)


async def echo(stream: PeerStream) -> None:
    body = await stream.whole()
    stream.head(200)
    await stream.body_out(body)


async def test_chaos_ends_every_call_and_leaves_nothing_over() -> None:
    draw = random.Random(7)
    outcomes: Counter[str] = Counter()
    async with Peer(Chaos(draw)) as peer, pooled(peer, max_connections=4, idle_limit=0.2) as pool:

        async def call(number: int) -> None:
            content = b"%d." % number * draw.choice([1, 10, 5000, 40_000])
            body: bytes | Body = content if draw.random() < 0.5 else Made([content[:100], 0.001, content[100:]])
            try:
                response = await pool.send(post(peer, body))
                if draw.random() < 0.1:
                    response.close()
                    outcomes["closed"] += 1
                elif (answer := await response.read()) != b"early":
                    assert answer == content
                    outcomes["answered"] += 1
            except ConnectionLost as exc:
                outcomes["safe" if exc.retry_safe else "lost"] += 1
            except asyncio.CancelledError:
                outcomes["cancelled"] += 1

        async with asyncio.timeout(60):
            waiting: set[asyncio.Task[None]] = set()
            for number in range(CALLS):
                waiting.add(task := asyncio.create_task(call(number)))
                if draw.random() < 0.1:
                    asyncio.get_running_loop().call_later(draw.random() * 0.01, task.cancel)
                if len(waiting) >= 150:
                    done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                    for each in done:
                        each.result()
            for each in waiting:
                await each
        peer.answer = echo
        # Whatever is left is whole: every stream and every window of it was given back.
        assert await (await pool.send(post(peer, b"x" * 1_000_000))).read() == b"x" * 1_000_000
        assert len(peer.open) <= 4
        await peer.until(lambda: not peer.open)  # closed, because nothing is under way on them
    assert outcomes["answered"] > CALLS / 5
    assert min(outcomes[kind] for kind in ("closed", "safe", "lost", "cancelled")) > 0
    assert len(asyncio.all_tasks()) == 1


async def test_a_call_leaves_nothing_for_the_collector() -> None:
    async def download(stream: PeerStream) -> None:
        await stream.whole()
        stream.answer(200, b"x" * 1000)

    async with Peer(download) as peer, pooled(peer) as pool:
        await call_each_way(pool, peer)
        gc.collect()
        gc.disable()
        try:
            before = len(peer.streams)
            for _ in range(20):
                await call_each_way(pool, peer)
            garbage = gc.collect()
        finally:
            gc.enable()
        assert len(peer.streams) == before + 60
        # Of the peer's own there may be a little; ours would be 20 times what one call leaves.
        assert garbage < 20


async def call_each_way(pool: Pool, peer: Peer) -> None:
    await (await pool.send(get(peer))).read()
    await (await pool.send(post(peer, b"x" * 300_000))).read()
    await (await pool.send(post(peer, Made([b"x" * 100_000])))).read()


async def test_a_response_dropped_by_another_thread_is_closed_in_its_own() -> None:
    async def begin(stream: PeerStream) -> None:
        stream.head(200)

    async with Peer(begin) as peer, pooled(peer) as pool:
        response = await pool.send(get(peer))
        await asyncio.to_thread(response.close)
        await peer.until(lambda: peer.streams[0].reset_by_client is not None)


async def test_what_never_left_is_safe_to_send_again() -> None:
    async with Peer() as peer:
        line = await dialed(peer)
        connection = Http2Connection(on_change=lambda: None)
        line.hand_to(connection)
        await (await connection.send(post(peer))).read()
        call = asyncio.create_task(connection.send(post(peer)))
        await asyncio.sleep(0)
        line.transport.abort()
        assert connection.free == 0
        with pytest.raises(ConnectionLost, match="it may be sent again") as caught:
            await call
        assert caught.value.retry_safe
        await connection.wait_closed()
