"""The race of a host's addresses: who wins, who fails, and that only the winner's socket stays open.

A socket that was not closed warns when it is collected, and a warning is an error here (pyproject.toml): where a test
ends with ``gc.collect()``, that is what it asserts.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mistral_async.wire.addresses import Address, alternating, connect, race

SOON = 0.01  # seconds; a test waits for its second address no longer


def listening(stack: ExitStack, backlog: int = 10) -> tuple[socket.socket, Address]:
    server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=backlog))
    return server, (socket.AF_INET, server.getsockname())


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def refusing(stack: ExitStack) -> Address:
    """An address that nobody listens at."""
    bound = stack.enter_context(socket.socket())
    bound.bind(("127.0.0.1", 0))
    return socket.AF_INET, bound.getsockname()


@pytest.fixture
def silent(stack: ExitStack) -> Address:
    """An address that answers nothing, since its queue is full."""
    _, address = listening(stack, backlog=0)
    for _ in range(4):
        filler = stack.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex(address[1])
    return address


async def test_the_first_address_wins_where_it_answers(stack: ExitStack) -> None:
    (_, first), (_, second) = listening(stack), listening(stack)

    with await race([first, second]) as won:
        assert won.getpeername() == first[1]
        assert not won.getblocking()


async def test_the_next_one_is_tried_at_once_where_one_refuses(stack: ExitStack, refusing: Address) -> None:
    _, second = listening(stack)

    with await race([refusing, second], next_address=60) as won:
        assert won.getpeername() == second[1]


async def test_the_next_one_is_tried_beside_one_that_does_not_answer(stack: ExitStack, silent: Address) -> None:
    _, second = listening(stack)

    with await race([silent, second], next_address=SOON) as won:
        assert won.getpeername() == second[1]
    gc.collect()


async def test_a_failure_names_every_address(refusing: Address) -> None:
    with pytest.raises(ConnectionRefusedError) as caught:
        await race([refusing, refusing])

    assert str(caught.value).count(str(refusing[1])) == 2


async def test_failures_of_several_kinds_are_all_said(refusing: Address) -> None:
    broadcast = (socket.AF_INET, ("255.255.255.255", 1))

    with pytest.raises(OSError, match=r"Errno \d+.*; .*Errno \d+"):
        await race([refusing, broadcast])


async def test_a_host_without_address_is_said_so() -> None:
    with pytest.raises(OSError, match="the host has no address"):
        await race([])


async def test_what_is_no_failure_of_the_network_is_raised_as_it_is() -> None:
    with pytest.raises(ValueError, match="values to unpack"):
        await race([(socket.AF_INET, ("127.0.0.1",))])


@pytest.mark.parametrize("ticks", range(12))
async def test_a_race_that_is_cancelled_leaves_no_socket(ticks: int, stack: ExitStack, silent: Address) -> None:
    _, second = listening(stack)
    racing = asyncio.create_task(race([silent, second], next_address=0))
    for _ in range(ticks):
        await asyncio.sleep(0)
    racing.cancel()
    try:
        (await racing).close()
    except asyncio.CancelledError:
        pass
    gc.collect()


async def test_names_are_looked_up(stack: ExitStack) -> None:
    _, address = listening(stack)

    with await connect("localhost", int(address[1][1])) as won:
        assert won.getpeername() == address[1]
        assert won.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_families_take_turns_from_the_first_on() -> None:
    four, six = socket.AF_INET, socket.AF_INET6
    found: list[Address] = [(six, ("a",)), (six, ("b",)), (six, ("c",)), (four, ("d",)), (four, ("e",))]

    assert [address[0] for _, address in alternating(found)] == ["a", "d", "b", "e", "c"]
