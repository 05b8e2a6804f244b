"""Connections that are opened directly: what arrives early, what fails, and what a cancelled one leaves behind."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl

import pytest

from mistral_async.settings import TLS
from mistral_async.wire.dial import HEAD_SIZE, Dialed, Dialer, Early
from mistral_async.wire.tls import make_context
from tests.wire.authority import Authority
from tests.wire.listening import Listener, echo

BOTH = ("h2", "http/1.1")


def dialer(tls: TLS | ssl.SSLContext | None = None) -> Dialer:
    return Dialer(tls=make_context(tls), proxy=lambda origin: None)


async def test_a_protocol_that_takes_over_sends_and_receives(authority: Authority) -> None:
    async with echo(authority.server(), greeting=b"hello") as server:
        dialed = await dialer(TLS(ca=authority.ca)).dial(server.origin(), alpn=BOTH)
        listener = Listener()
        dialed.hand_to(listener)
        dialed.transport.write(b", echo")

        await listener.until(b"hello, echo")

        dialed.transport.close()
        await listener.lost.wait()
        await server.until_live(0)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_what_arrives_before_anybody_took_over_is_kept(scheme: str, authority: Authority) -> None:
    async with echo(authority.server() if scheme == "https" else None, greeting=b"early") as server:
        dialed = await asyncio.create_task(dialer(TLS(ca=authority.ca)).dial(server.origin(scheme), alpn=BOTH))
        while dialed.received != b"early":
            await asyncio.sleep(0.005)
        listener = Listener()
        dialed.hand_to(listener)

        assert listener.received == b"early"
        dialed.transport.abort()
        await server.until_live(0)


async def test_who_takes_over_is_told_of_an_end_that_came_before() -> None:
    async with echo() as server:
        dialed = await dialer().dial(server.origin("http"), alpn=())
        await server.until_live(1)
        server.peer.transport.write(b"last words")
        server.peer.transport.close()
        early = dialed.transport.get_protocol()
        assert isinstance(early, Early)
        while not early.lost:
            await asyncio.sleep(0.005)
        listener = Listener()
        dialed.hand_to(listener)

        assert listener.received == b"last words"
        assert listener.lost.is_set()


async def test_who_takes_over_is_told_of_an_end_that_is_on_its_way() -> None:
    async with echo() as server:
        dialed = await dialer().dial(server.origin("http"), alpn=())
        early = dialed.transport.get_protocol()
        assert isinstance(early, Early)
        listener = Listener()
        dialed.hand_to(listener)
        early.connection_lost(ConnectionResetError("gone"))  # as asyncio has it, one tick after TLS has ended

        assert listener.lost.is_set()
        assert str(listener.failure) == "gone"
        dialed.transport.abort()


async def test_a_protocol_may_be_set_by_hand() -> None:
    async with echo(greeting=b"early") as server:
        transport, alpn, received = _parts(await dialer().dial(server.origin("http"), alpn=()))
        listener = Listener()
        transport.set_protocol(listener)
        listener.connection_made(transport)
        await listener.until(b"early"[len(received) :])

        assert alpn is None
        transport.abort()


def _parts(dialed: Dialed) -> tuple[asyncio.Transport, str | None, bytes]:
    return dialed.transport, dialed.alpn, dialed.received


async def test_a_connection_that_is_flooded_before_it_is_used_is_closed() -> None:
    async with echo(greeting=b"x" * (HEAD_SIZE + 1)) as server:
        dialed = await dialer().dial(server.origin("http"), alpn=())

        await server.until_accepted()
        await server.until_live(0)

        assert dialed.transport.is_closing()


@pytest.mark.parametrize(
    ("server", "offer", "expected"),
    [
        (("h2", "http/1.1"), ("h2", "http/1.1"), "h2"),
        (("http/1.1",), ("h2", "http/1.1"), "http/1.1"),
        (("h2", "http/1.1"), ("http/1.1",), "http/1.1"),
        ((), ("h2", "http/1.1"), None),
        (("h2",), (), None),
    ],
)
async def test_alpn_is_what_both_sides_speak(
    server: tuple[str, ...], offer: tuple[str, ...], expected: str | None, authority: Authority
) -> None:
    async with echo(authority.server(alpn=server)) as running:
        dialed = await dialer(TLS(ca=authority.ca)).dial(running.origin(), alpn=offer)

        assert dialed.alpn == expected
        dialed.transport.abort()
        await running.until_live(0)


async def test_sockets_are_kept_alive_and_do_not_wait() -> None:
    async with echo() as server:
        dialed = await dialer().dial(server.origin("http"), alpn=())
        raw: socket.socket = dialed.transport.get_extra_info("socket")

        assert raw.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        dialed.transport.abort()


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1"])
async def test_a_host_may_be_a_name_or_an_address(host: str, authority: Authority) -> None:
    async with echo(authority.server(alpn=BOTH)) as server:
        dialed = await dialer(TLS(ca=authority.ca)).dial(server.origin(host=host), alpn=BOTH)

        assert dialed.alpn == "h2"
        dialed.transport.abort()


async def test_a_host_may_be_an_address_of_ipv6(authority: Authority) -> None:
    if not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    async with echo(authority.server(alpn=BOTH), host="::1") as server:
        dialed = await dialer(TLS(ca=authority.ca)).dial(server.origin(host="[::1]"), alpn=BOTH)

        assert dialed.alpn == "h2"
        dialed.transport.abort()


async def test_nobody_there_is_an_error_of_the_system() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        port = bound.getsockname()[1]

        with pytest.raises(ConnectionRefusedError):
            await dialer().dial(f"https://127.0.0.1:{port}", alpn=BOTH)


@pytest.mark.parametrize(
    "origin",
    ["https://", "ftp://localhost", "https://localhost:0", "https://localhost:99999", "https://[::1", "https://a b",
     "https://a\x00b", "https://..", "https://" + "a" * 64, "https://bücher.[x]"],
)  # fmt: skip
async def test_what_names_no_host_is_an_error_of_the_system(origin: str) -> None:
    with pytest.raises(OSError, match="the URL names no host"):
        await dialer().dial(origin, alpn=BOTH)


async def test_a_server_that_speaks_no_tls_is_told_from_others(authority: Authority) -> None:
    async with echo() as server:  # says back the first message of the handshake
        with pytest.raises(ssl.SSLError):
            await dialer(TLS(ca=authority.ca)).dial(server.origin(), alpn=BOTH)
        await server.until_live(0)


async def test_a_server_that_speaks_before_tls_fails_in_its_first_message() -> None:
    async with echo(greeting=b"220 mail.test ESMTP\r\n") as server:
        with pytest.raises(OSError, match=r"WRONG_VERSION_NUMBER|it spoke before TLS began: is it https\?"):
            await dialer().dial(server.origin(), alpn=BOTH)
        await server.until_live(0)


async def test_a_server_that_leaves_while_tls_begins_is_said_so() -> None:
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(leave, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(ConnectionResetError, match=r"reset by peer|closed while TLS began"):
        await dialer().dial(f"https://localhost:{port}", alpn=BOTH)
    server.close()


async def test_a_dial_that_is_cancelled_while_tls_begins_leaves_nothing_open() -> None:
    async with _mute() as (origin, gone):
        dialing = asyncio.create_task(dialer().dial(origin, alpn=BOTH))
        await asyncio.wait_for(gone.connected.wait(), 5)
        dialing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialing

        await asyncio.wait_for(gone.lost.wait(), 5)
        gc.collect()  # a transport that was not closed warns when it goes, which fails a test here


async def test_a_dial_may_be_cancelled_at_any_moment(authority: Authority) -> None:
    async with echo(authority.server(alpn=BOTH)) as server:
        made = dialer(TLS(ca=authority.ca))
        for ticks in range(40):
            dialing = asyncio.create_task(made.dial(server.origin(), alpn=BOTH))
            for _ in range(ticks):
                await asyncio.sleep(0.0002 if ticks % 2 else 0)
            if not dialing.done():
                dialing.cancel()
            try:
                (await dialing).transport.abort()
            except asyncio.CancelledError:
                pass
        await server.until_live(0)
        gc.collect()  # as above
        assert server.accepted > 0


class _Gone(Listener):
    def __init__(self) -> None:
        super().__init__()
        self.connected = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.connected.set()


class _mute:  # used as a function is
    """A server that takes connections and never says a word."""

    async def __aenter__(self) -> tuple[str, _Gone]:
        gone = _Gone()
        self._server = await asyncio.get_running_loop().create_server(lambda: gone, "127.0.0.1", 0)
        return f"https://localhost:{self._server.sockets[0].getsockname()[1]}", gone

    async def __aexit__(self, *_: object) -> None:
        self._server.close()


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
