"""A TCP connection to a host, by the one of its addresses that answers first."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Iterable, Sequence
from typing import TypeAlias

NEXT_ADDRESS = 0.25  # seconds until the next address is tried beside the others. Source: RFC 8305 section 5

Address: TypeAlias = tuple[int, tuple[str | int | bytes, ...]]
"""The family of an address, and the address as sockets of that family take it."""


async def connect(host: str, port: int) -> socket.socket:
    """A connected socket, which does not block. Raises ``OSError``; nothing stays open when it does or is cancelled.

    ``loop.create_connection`` is not asked for this: cancelled at the moment when an address has won, it loses the
    socket, and loops of other makers try one address after the other.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return await race(alternating([(family, address) for family, _, _, _, address in found]))


def alternating(addresses: Sequence[Address]) -> list[Address]:
    """The addresses, in their order, but each family's turn after the other's. Source: RFC 8305 section 4."""
    families: dict[int, list[Address]] = {}
    for address in addresses:
        families.setdefault(address[0], []).append(address)
    rounds = itertools.zip_longest(*families.values())
    return [address for each in rounds for address in each if address is not None]


async def race(addresses: Iterable[Address], *, next_address: float = NEXT_ADDRESS) -> socket.socket:
    """Try them one after the other, and beside each other where an answer takes its time; the first one wins."""
    trying: set[asyncio.Task[socket.socket]] = set()
    try:
        won = await _first(list(addresses), trying, next_address)
    except BaseException:
        await _give_up(trying)
        raise
    try:
        await _give_up(trying)
    except BaseException:
        won.close()
        raise
    return won


async def _first(left: list[Address], trying: set[asyncio.Task[socket.socket]], next_address: float) -> socket.socket:
    failures: list[OSError] = []
    while left or trying:
        if left:
            trying.add(asyncio.create_task(_try(*left.pop(0))))
        wait = next_address if left else None
        ended, _ = await asyncio.wait(trying, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        if not ended:
            continue
        one = ended.pop()  # another one that ended in the same moment is there the next time
        trying.discard(one)
        failure = one.exception()
        if failure is None:
            return one.result()
        if not isinstance(failure, OSError):
            raise failure
        failures.append(failure)
    raise _of(failures)


async def _try(family: int, address: tuple[str | int | bytes, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # So that a peer that is gone for good is noticed on a connection that nothing is asked of.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        await asyncio.get_running_loop().sock_connect(made, address)
    except BaseException:
        made.close()
        raise
    return made


async def _give_up(trying: set[asyncio.Task[socket.socket]]) -> None:
    for each in trying:
        each.cancel()
        each.add_done_callback(_close)
    if trying:
        await asyncio.wait(trying)


def _close(late: asyncio.Task[socket.socket]) -> None:
    if not late.cancelled() and late.exception() is None:
        late.result().close()


def _of(failures: list[OSError]) -> OSError:
    match failures:
        case []:
            return OSError("the host has no address")
        case [only]:
            return only
        case [first, *others] if all(other.errno == first.errno for other in others):
            # An OSError with a number is of the class that stands for it, such as ConnectionRefusedError.
            return OSError(first.errno, "; ".join(each.strerror or str(each) for each in failures))
        case _:
            return OSError("; ".join(map(str, failures)))
