"""Peers that break the rules or wear us out, over a real socket: every call ends, and says why."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import pytest
from hyperframe.frame import GoAwayFrame

from mistral_async.errors import ProtocolError
from mistral_async.wire.http2.session import Session
from tests.http2.frames_of import raw
from tests.http2.joining import connected, get
from tests.http2.numbers import (
    COMPRESSION_ERROR,
    ENHANCE_YOUR_CALM,
    FLOW_CONTROL_ERROR,
    FRAME_SIZE_ERROR,
    PROTOCOL_ERROR,
)
from tests.http2.peer import Peer, PeerStream, hold, until

# What the peer sends while streams 1, 3 and 5 wait, and the code that it is told.
BROKEN: dict[str, tuple[bytes, int]] = {
    "a frame that is too long": (raw(0, 0, 1, b"x" * 65_537), FRAME_SIZE_ERROR),
    "DATA on an idle stream": (raw(0, 0, 99, b"x"), PROTOCOL_ERROR),
    "DATA of the connection": (raw(0, 0, 0, b"x"), PROTOCOL_ERROR),
    "padding longer than its frame": (raw(0, 8, 1, b"\xffx"), PROTOCOL_ERROR),
    "HEADERS on an idle stream": (raw(1, 4, 99, b"\x88"), PROTOCOL_ERROR),
    "HEADERS on an even stream": (raw(1, 4, 2, b"\x88"), PROTOCOL_ERROR),
    "an index that no table has": (raw(1, 4, 1, b"\xff\xff\x03"), COMPRESSION_ERROR),
    "header fields that break off": (raw(1, 0, 1, b"\x88") + raw(0, 0, 1, b"x"), PROTOCOL_ERROR),
    "CONTINUATION of nothing": (raw(9, 4, 1, b"\x88"), PROTOCOL_ERROR),
    "RST_STREAM of a wrong length": (raw(3, 0, 1, b"x"), FRAME_SIZE_ERROR),
    "RST_STREAM on an idle stream": (raw(3, 0, 99, b"\0\0\0\0"), PROTOCOL_ERROR),
    "SETTINGS of a wrong length": (raw(4, 0, 0, b"xxx"), FRAME_SIZE_ERROR),
    "SETTINGS of a stream": (raw(4, 0, 1), PROTOCOL_ERROR),
    "a window that is too large": (raw(4, 0, 0, b"\0\4\x80\0\0\0"), FLOW_CONTROL_ERROR),
    "a push": (raw(5, 4, 1, b"\0\0\0\2\x88"), PROTOCOL_ERROR),
    "PING of a wrong length": (raw(6, 0, 0, b"x"), FRAME_SIZE_ERROR),
    "GOAWAY of a wrong length": (raw(7, 0, 0, b"x"), FRAME_SIZE_ERROR),
    "WINDOW_UPDATE by nothing": (raw(8, 0, 0, b"\0\0\0\0"), PROTOCOL_ERROR),
    "a header bomb": (
        raw(1, 0, 1, b"\x88") + b"".join(raw(9, 0, 1, b"\0\1a\1b" * 3000) for _ in range(20)),
        ENHANCE_YOUR_CALM,
    ),
    "a flood of PING": (raw(6, 0, 0, b"12345678") * 20_000, ENHANCE_YOUR_CALM),
    "a flood of SETTINGS": (raw(4, 0, 0) * 20_000, ENHANCE_YOUR_CALM),
    "a flood of empty DATA": (raw(1, 4, 1, b"\x88") + raw(0, 0, 1) * 20_000, ENHANCE_YOUR_CALM),
    "a flood of CONTINUATION": (raw(1, 0, 1, b"\x88") + raw(9, 0, 1) * 20_000, ENHANCE_YOUR_CALM),
    "a flood of RST_STREAM": (raw(3, 0, 1, b"\0\0\0\0") * 20_000, ENHANCE_YOUR_CALM),
    "a flood of unknown frames": (raw(99, 0, 0) * 20_000, ENHANCE_YOUR_CALM),
}


@pytest.mark.parametrize("fault", BROKEN)
async def test_what_breaks_the_connection_ends_every_call_and_is_told_to_the_peer(fault: str) -> None:
    data, code = BROKEN[fault]
    raised: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: raised.append(context))

    async with Peer(hold) as peer, connected(peer) as connection:
        calls = [asyncio.create_task(read(connection.send(get(peer)))) for _ in range(3)]
        await until(lambda: len(peer.streams) == 3)
        there = peer.connections[0]
        there.write(data)

        async with asyncio.timeout(2):
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            await connection.wait_closed()
        await until(lambda: not there.open)

        # Of a stream that was reset before the rest came, that is what its call says.
        assert [type(outcome) for outcome in outcomes[1:]] == [ProtocolError] * 2
        assert isinstance(outcomes[0], Exception)
        if "flood" not in fault:  # whose sender may be gone before it reads
            assert [said.error_code for said in there.seen(GoAwayFrame)] == [code]
        assert connection.idle
        assert connection.free == 0
    assert raised == []


async def read(sending: Any) -> bytes:
    return bytes(await (await sending).read())


async def test_bytes_that_are_not_http_at_all_end_every_call() -> None:
    for data in (b"\0" * 5000, b"SSH-2.0-OpenSSH_9.6\r\n", b"\xff" * 100, raw(6, 0, 0, b"12345678")):
        async with Peer(hold, speaks=False) as peer, connected(peer) as connection:
            call = asyncio.create_task(connection.send(get(peer)))
            await until(lambda peer=peer: peer.streams)  # type: ignore[misc]
            peer.connections[0].write(data)
            with pytest.raises(ProtocolError, match="is not HTTP"):
                await call
            await connection.wait_closed()


async def test_field_names_that_are_not_allowed_end_their_own_call() -> None:
    async def answer(stream: PeerStream) -> None:
        match stream.id:
            case 1:
                stream.head(200, [("X-Upper", "a")], end=True)
            case 3:
                stream.head(200, [("connection", "close")], end=True)
            case 5:
                stream.fields_out([("x-no-status", "a")], end=True)
            case 7:
                stream.fields_out([(":status", "200"), (":other", "a")], end=True)
            case _:
                stream.answer(200, b"right")

    async with Peer(answer) as peer, connected(peer) as connection:
        for _ in range(4):
            with pytest.raises(ProtocolError):
                await connection.send(get(peer))
        assert await (await connection.send(get(peer))).read() == b"right"
        assert len(peer.open) == 1


async def test_a_connection_whose_stream_ids_are_used_up_drains() -> None:
    changes: list[bool] = []

    def note() -> None:
        changes.append(connection.draining)

    async with (
        Peer(hold) as peer,
        connected(
            peer, make_session=functools.partial(Session, first_id=2**31 - 3), on_change=note, greeted=False
        ) as connection,
    ):
        calls = [asyncio.create_task(connection.send(get(peer))) for _ in range(2)]
        await until(lambda: len(peer.streams) == 2)
        assert connection.draining
        assert connection.free == 0
        assert changes[-1]
        for stream in peer.streams:
            stream.answer(200, b"the last")
        assert [await (await call).read() for call in calls] == [b"the last"] * 2
        await connection.wait_closed()
