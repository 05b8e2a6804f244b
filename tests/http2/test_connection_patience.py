"""The limits of one request leave its neighbours alone, and what moves is not dead."""

from __future__ import annotations

import asyncio
import socket

import pytest

from mistral_async.errors import ConnectionLost, TimeoutError
from mistral_async.wire.http2.pulse import Pulse
from tests.http2.joining import connected, get, post
from tests.http2.numbers import INITIAL_WINDOW, REFUSED_STREAM
from tests.http2.peer import Peer, PeerStream, until

WIDE: dict[int, int] = {INITIAL_WINDOW: 2**30}


async def test_a_short_limit_of_one_call_does_not_end_its_neighbour_that_is_being_answered() -> None:
    async def answer(stream: PeerStream) -> None:
        if stream.fields[":method"] == "POST":
            return
        stream.head()
        stream.connection.stop_reading()
        for _ in range(15):
            stream.data(b"x")
            await asyncio.sleep(0.02)
        stream.data(end=True)

    async with Peer(answer, settings=WIDE) as peer, connected(peer) as connection:
        peer.connections[0].credit(2**30)
        neighbour = await connection.send(get(peer))
        with pytest.raises(TimeoutError, match="has read nothing"):
            await connection.send(post(peer, b"x" * 30_000_000, read=0.1))
        assert connection.draining
        assert await neighbour.read() == b"x" * 15


async def test_uploads_that_share_a_scarce_window_all_move_on() -> None:
    async def answer(stream: PeerStream) -> None:
        await stream.whole()
        stream.answer()

    async def pay(peer: Peer) -> None:
        while True:
            await asyncio.sleep(0.02)
            got = sum(len(stream.body) for stream in peer.streams)
            if got > paid[0]:
                step = min(got - paid[0], 40_000)
                paid[0] += step
                peer.connections[0].credit(step)

    paid = [0]
    async with Peer(answer, settings=WIDE, credits=False) as peer, connected(peer) as connection:
        paying = asyncio.create_task(pay(peer))
        calls = [connection.send(post(peer, b"x" * 60_000, read=0.15)) for _ in range(15)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        paying.cancel()
    assert [getattr(outcome, "status", outcome) for outcome in outcomes] == [200] * 15


async def test_bytes_that_come_are_no_silence_whatever_frame_they_are_of() -> None:
    async def drip(stream: PeerStream) -> None:
        for _ in range(3):
            await asyncio.sleep(0.05)
            stream.head(103)
        stream.head(200)
        frame = (300).to_bytes(3) + b"\0\1" + stream.id.to_bytes(4) + b"x" * 300
        for at in range(0, len(frame), 100):
            await asyncio.sleep(0.05)
            stream.connection.write(frame[at : at + 100])

    async with Peer(drip) as peer, connected(peer) as connection:
        response = await connection.send(get(peer, read=0.1))
        assert await response.read() == b"x" * 300


async def test_a_peer_that_reads_an_upload_slowly_and_says_nothing_is_not_dead() -> None:
    async def answer(stream: PeerStream) -> None:
        there = stream.connection
        while not stream.ended:
            there.stop_reading()
            await asyncio.sleep(0.02)
            there.read_on()
            await asyncio.sleep(0.001)
        stream.answer(200, b"%d" % len(stream.body))

    async with (
        Peer(answer, settings=WIDE, credits=False, acknowledges=False) as peer,
        connected(peer, ping_after=0.15, ping_limit=0.15) as connection,
    ):
        peer.connections[0].transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        peer.connections[0].credit(2**30)
        started = connection.loop.time()
        response = await connection.send(post(peer, b"x" * 12_000_000))
        assert await response.read() == b"12000000"
        assert connection.loop.time() - started > 0.3


def test_bytes_that_the_socket_took_at_once_are_no_sign_of_life() -> None:
    pulse = Pulse(0.0, ping_after=10.0, ping_limit=5.0)
    pulse.ask(1.0)
    assert not pulse.flow(2.0, written=100, waiting=0)
    assert not pulse.flow(3.0, written=200, waiting=0)
    assert pulse.look(10.9, busy=False) is None
    assert pulse.look(11.0, busy=False) == "ping"
    assert not pulse.flow(12.0, written=300, waiting=50)
    assert pulse.look(16.0, busy=True) == "dead"


def test_bytes_that_waited_and_left_put_the_verdict_off() -> None:
    pulse = Pulse(0.0, ping_after=10.0, ping_limit=5.0)
    pulse.ask(0.0)
    pulse.flow(10.0, written=1000, waiting=500)
    assert pulse.look(10.0, busy=True) == "ping"
    assert pulse.flow(15.0, written=1000, waiting=400)
    assert pulse.look(15.0, busy=True) is None
    assert pulse.due(busy=True) == 25.0


async def test_a_refused_stream_makes_room_again_after_a_while_though_no_other_ends() -> None:
    async def answer(stream: PeerStream) -> None:
        if stream.id == 3:
            stream.reset(REFUSED_STREAM)
        elif stream.id > 3:
            stream.answer()

    changes: list[int] = []
    async with (
        Peer(answer) as peer,
        connected(peer, full_pause=0.05, on_change=lambda: changes.append(1)) as connection,
    ):
        held = asyncio.create_task(connection.send(get(peer)))
        await until(lambda: peer.streams)
        with pytest.raises(ConnectionLost):
            await connection.send(get(peer))
        assert connection.free == 0
        changes.clear()
        await until(lambda: changes)
        assert await (await connection.send(get(peer))).read() == b"{}"
        held.cancel()
