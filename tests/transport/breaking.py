"""Circuits on scripted wires, and how they are brought to open."""

from __future__ import annotations

import asyncio

import pytest

from mistral_async.errors import CircuitOpenError, ConnectError, MistralError, TransportError
from mistral_async.http import Request, Response
from mistral_async.settings import CircuitBreaker
from mistral_async.transport.circuit import CircuitState
from mistral_async.transport.circuits import Circuits
from tests.fakes import ScriptedResponse, ScriptedWire, a_request

POLICY = CircuitBreaker(request_volume_threshold=4)
REFUSED = ConnectError("nobody there")
ORIGIN = "http://mistral.test"


class Clock:
    """A time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class HeldWire:
    """Holds every request until it is let go, and then answers with the status it is let go with."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[int]] = []

    async def send(self, request: Request, /) -> Response:
        held = asyncio.get_running_loop().create_future()
        self.waiting.append(held)
        return ScriptedResponse(await held)

    async def aclose(self) -> None: ...


def circuits(*script: int | ScriptedResponse | Exception | type[asyncio.Event]) -> tuple[Circuits, ScriptedWire, Clock]:
    wire, clock = ScriptedWire(*script), Clock()
    return Circuits(wire, POLICY, clock=clock), wire, clock


def of_caller(error: MistralError) -> MistralError:
    """The same kind of error, raised by the request's own body."""
    own = type(error)(str(error))
    own.of_caller = True
    return own


async def attempt(layer: Circuits, times: int = 1, request: Request | None = None) -> None:
    """Send, whatever comes of it; but it must be sent."""
    for _ in range(times):
        try:
            await layer.send(request or a_request())
        except CircuitOpenError:
            raise
        except TransportError:
            pass


def known(layer: Circuits) -> CircuitState:
    return layer.states()[ORIGIN]


async def opened(
    *more: int | ScriptedResponse | Exception | type[asyncio.Event],
) -> tuple[Circuits, ScriptedWire, Clock]:
    """A layer whose circuit has just opened, and what the wire answers afterwards."""
    layer, wire, clock = circuits(*[REFUSED] * 4, *more)
    await attempt(layer, 4)
    assert known(layer).state == "open"
    return layer, wire, clock


async def cancelled_after_a_moment(layer: Circuits, request: Request) -> None:
    sending = asyncio.create_task(layer.send(request))
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
