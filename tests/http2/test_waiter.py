"""Who waits for a piece goes on as soon as it is there: as the task that it is, and whatever it does then."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from hyperframe.frame import DataFrame

from mistral_async.errors import ClientClosed
from mistral_async.settings import TLS
from mistral_async.wire.dial import Dialer
from mistral_async.wire.http2.connection import Http2Connection
from mistral_async.wire.http2.waiter import Waiter
from mistral_async.wire.tls import make_context
from tests.http2.joining import connected, get
from tests.http2.peer import Peer, PeerConnection, PeerStream, hold
from tests.wire.authority import Authority

NAME = contextvars.ContextVar("NAME", default="")


def by_the_loop(*work: Callable[[], object]) -> asyncio.Future[BaseException | None]:
    """Do it as asyncio calls a protocol, and tell what was raised."""
    loop = asyncio.get_running_loop()
    raised: asyncio.Future[BaseException | None] = loop.create_future()

    def call() -> None:
        try:
            for each in work:
                each()
        except BaseException as exc:
            raised.set_result(exc)
        else:
            raised.set_result(None)

    loop.call_soon(call)
    return raised


async def waiting(waiter: Waiter, said: list[object]) -> None:
    NAME.set("who waits")
    try:
        await waiter
    except asyncio.CancelledError:
        said.append("cancelled")
        raise
    said.append((NAME.get(), asyncio.current_task()))


async def test_who_waits_goes_on_within_the_call_as_itself() -> None:
    waiter, said = Waiter(), list[object]()
    task = asyncio.create_task(waiting(waiter, said))
    await asyncio.sleep(0)

    assert await by_the_loop(waiter.go_on, lambda: said.append(asyncio.current_task())) is None
    await task
    assert said == [("who waits", task), None]


@pytest.mark.parametrize("debug", [False, True])
async def test_within_a_task_and_in_debug_mode_who_waits_goes_on_in_the_next_turn(debug: bool) -> None:
    waiter, said = Waiter(), list[object]()
    task = asyncio.create_task(waiting(waiter, said))
    await asyncio.sleep(0)
    if debug:
        asyncio.get_running_loop().set_debug(True)
        await by_the_loop(waiter.go_on, lambda: said.append("brought"))
    else:
        waiter.go_on()
        said.append("brought")
    await task
    assert said == ["brought", ("who waits", task)]


async def test_who_is_cancelled_does_not_go_on() -> None:
    waiter, said = Waiter(), list[object]()
    task = asyncio.create_task(waiting(waiter, said))
    await asyncio.sleep(0)
    task.cancel()
    assert waiter.cancelled()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said == ["cancelled"]


async def test_a_limit_of_the_callers_ends_the_wait() -> None:
    waiter = Waiter()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await waiter
    assert waiter.cancelled()


async def test_what_nobody_waits_for_is_done_all_the_same() -> None:
    waiter = Waiter()
    assert await by_the_loop(waiter.go_on) is None
    assert waiter.done()
    await waiter


async def test_a_task_that_fails_keeps_its_error() -> None:
    waiter = Waiter()

    async def fail() -> None:
        await waiter
        raise ValueError("its own")

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    assert await by_the_loop(waiter.go_on) is None
    with pytest.raises(ValueError, match="its own"):
        await task


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt])
async def test_what_stops_the_loop_reaches_it(stop: type[BaseException]) -> None:
    waiter = Waiter()

    async def leave() -> None:
        await waiter
        raise stop

    task = asyncio.create_task(leave())
    await asyncio.sleep(0)
    assert isinstance(await by_the_loop(waiter.go_on), stop)
    assert isinstance(task.exception(), stop)


async def test_a_waiter_keeps_no_task_that_was_cancelled() -> None:
    waiter = Waiter()
    task = asyncio.create_task(waiting(waiter, []))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    seen = weakref.ref(task)
    gc.disable()
    try:
        del task
        assert seen() is None
    finally:
        gc.enable()


# On a connection.


async def test_a_reader_alone_goes_on_before_what_the_loop_does_next() -> None:
    async with Peer(hold) as peer, connected(peer) as connection:
        exchange = connection.open(get(peer))
        await peer.until(lambda: peer.streams)
        peer.streams[0].head()
        await exchange.head()
        said: list[object] = []

        async def read() -> None:
            said.append(await exchange.receive())

        task = asyncio.create_task(read())
        await asyncio.sleep(0)
        piece = DataFrame(exchange.stream.id, b"piece").serialize()
        assert await by_the_loop(lambda: connection.data_received(piece), lambda: said.append("received")) is None
        await task
        assert said == [b"piece", "received"]
        exchange.give_up()


async def test_readers_of_what_came_together_all_go_on() -> None:
    async with Peer(hold) as peer, connected(peer) as connection:
        exchanges = [connection.open(get(peer)) for _ in range(3)]
        await peer.until(lambda: len(peer.streams) == 3)
        for stream in peer.streams:
            stream.head()
        for exchange in exchanges:
            await exchange.head()
        readers = [asyncio.create_task(exchange.receive()) for exchange in exchanges]
        await asyncio.sleep(0)
        readers[1].cancel()
        for stream in peer.streams:
            stream.data(b"piece")
        assert await readers[0] == await readers[2] == await exchanges[1].receive() == b"piece"
        for exchange in exchanges:
            exchange.give_up()


async def test_a_reader_that_goes_on_may_open_streams_and_close_the_connection() -> None:
    async def answer(stream: PeerStream) -> None:
        stream.head()
        await asyncio.sleep(0.01)
        stream.data(b"piece")
        await asyncio.sleep(10)

    async with Peer(answer) as peer, connected(peer) as connection:
        first = connection.open(get(peer))
        await first.head()
        assert await first.receive() == b"piece"
        second = connection.open(get(peer))
        await second.head()
        assert await second.receive() == b"piece"
        first.give_up()
        third = connection.open(get(peer))
        await third.head()
        assert await third.receive() == b"piece"
        connection.close()
        for exchange in (second, third):
            with pytest.raises(ClientClosed):
                await exchange.receive()
        await connection.wait_closed()


async def test_a_reader_over_tls_may_close_the_connection_within_what_it_received(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with Peer(hold) as peer:
        server = await asyncio.get_running_loop().create_server(
            lambda: PeerConnection(peer), "localhost", 0, ssl=authority.server(alpn=("h2",))
        )
        url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
        dialer = Dialer(tls=make_context(TLS(ca=authority.ca)), proxy=lambda origin: None)
        connection = Http2Connection(on_change=lambda: None)
        (await dialer.dial(url, alpn=["h2"])).hand_to(connection)
        await peer.until(lambda: connection.session.greeted)
        exchanges = [connection.open(get(peer)) for _ in range(2)]
        await peer.until(lambda: len(peer.streams) == 2)
        for stream in peer.streams:
            stream.head()
        for exchange in exchanges:
            await exchange.head()
        waits = asyncio.create_task(exchanges[1].receive())

        async def read_and_close() -> bytes:
            piece = await exchanges[0].receive()
            connection.close()
            return piece

        closes = asyncio.create_task(read_and_close())
        await asyncio.sleep(0)
        peer.streams[0].data(b"piece")
        assert await closes == b"piece"
        with pytest.raises(ClientClosed):
            await waits
        await connection.wait_closed()
        await peer.until(lambda: not peer.open)
        server.close()


async def test_who_waits_in_the_context_that_wakes_goes_on_in_the_next_turn() -> None:
    loop, context = asyncio.get_running_loop(), contextvars.Context()
    waiter = Waiter(loop=loop)

    async def wait() -> str:
        await waiter
        return "went on"

    task = loop.create_task(wait(), context=context)
    await asyncio.sleep(0)
    loop.call_soon(waiter.go_on, context=context)

    async with asyncio.timeout(2):
        assert await task == "went on"
