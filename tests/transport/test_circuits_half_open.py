"""A circuit whose time is up: who is the probe, and what comes of it."""

from __future__ import annotations

import asyncio

import pytest

from mistral_async.errors import CircuitOpenError
from mistral_async.http import Response
from mistral_async.transport.circuit import PROBE_WAIT, CircuitState
from mistral_async.transport.circuits import Circuits
from tests.fakes import FOREVER, a_request
from tests.transport.breaking import POLICY, REFUSED, Clock, HeldWire, attempt, cancelled_after_a_moment, known, opened


async def test_a_probe_that_is_answered_closes_the_circuit() -> None:
    layer, wire, clock = await opened(200, 200)
    clock.now += 30

    await attempt(layer, 2)

    assert known(layer) == CircuitState(state="closed", requests=1, failures=0, retry_after=0)
    assert len(wire.requests) == 6


@pytest.mark.parametrize("status", [401, 404, 429])
async def test_a_probe_that_is_told_no_closes_it_too_for_the_server_lives(status: int) -> None:
    layer, _, clock = await opened(status)
    clock.now += 30

    await attempt(layer)

    assert known(layer).state == "closed"


@pytest.mark.parametrize("outcome", [503, REFUSED], ids=["answered", "unanswered"])
async def test_a_probe_that_fails_opens_it_anew(outcome: int | Exception) -> None:
    layer, _, clock = await opened(outcome)
    clock.now += 31

    await attempt(layer)

    assert known(layer) == CircuitState(state="open", requests=4, failures=4, retry_after=30)


async def test_a_cancelled_probe_makes_room_for_the_next() -> None:
    layer, wire, clock = await opened(FOREVER, 200)
    clock.now += 30

    await cancelled_after_a_moment(layer, a_request())
    assert known(layer).state == "half-open"
    await attempt(layer)

    assert known(layer).state == "closed"
    assert len(wire.requests) == 6


async def test_a_probe_whose_own_body_fails_makes_room_for_the_next() -> None:
    layer, _, clock = await opened(OSError("the file is gone"), 200)
    clock.now += 30

    with pytest.raises(OSError, match="gone"):
        await layer.send(a_request())
    await attempt(layer)

    assert known(layer).state == "closed"


async def half_opened_with_a_hundred_callers() -> tuple[Circuits, HeldWire, list[asyncio.Task[Response]]]:
    wire, clock = HeldWire(), Clock()
    layer = Circuits(wire, POLICY, clock=clock)
    first = [asyncio.create_task(layer.send(a_request())) for _ in range(4)]
    await asyncio.sleep(0)
    for held in wire.waiting:
        held.set_result(503)
    await asyncio.gather(*first)
    assert known(layer).state == "open"
    wire.waiting.clear()
    clock.now += 30

    callers = [asyncio.create_task(layer.send(a_request())) for _ in range(100)]
    await asyncio.sleep(0)
    return layer, wire, callers


@pytest.mark.parametrize(("status", "state"), [(200, "closed"), (503, "open")])
async def test_of_a_hundred_callers_at_half_open_exactly_one_is_the_probe(status: int, state: str) -> None:
    layer, wire, callers = await half_opened_with_a_hundred_callers()

    refused = [caller.exception() for caller in callers if caller.done()]  # at once, while the probe is on its way
    assert len(wire.waiting) == 1
    assert len(refused) == 99
    for error in refused:
        assert isinstance(error, CircuitOpenError)
        assert error.retry_after == PROBE_WAIT
        assert str(error) == (
            "the circuit to http://mistral.test is half-open after 4 of 4 requests failed, and a request is finding "
            "out whether it answers again; it may close in 1.0 s (POST /v1/things/{thing_id})"
        )

    wire.waiting[0].set_result(status)
    (probe,) = [caller for caller in callers if not caller.done()]
    assert (await probe).status == status
    assert known(layer).state == state


async def test_when_the_one_probe_of_a_hundred_is_cancelled_exactly_one_more_is_sent() -> None:
    layer, wire, callers = await half_opened_with_a_hundred_callers()
    (probe,) = [caller for caller in callers if not caller.done()]
    probe.cancel()
    await asyncio.gather(*callers, return_exceptions=True)

    again = [asyncio.create_task(layer.send(a_request())) for _ in range(100)]
    await asyncio.sleep(0)

    assert sum(not caller.done() for caller in again) == 1
    wire.waiting[-1].set_result(200)
    await asyncio.gather(*again, return_exceptions=True)
    assert known(layer).state == "closed"


@pytest.mark.parametrize("late", [200, 503])
async def test_what_was_sent_before_it_opened_flips_nothing_when_it_ends(late: int) -> None:
    wire, clock = HeldWire(), Clock()
    layer = Circuits(wire, POLICY, clock=clock)
    calls = [asyncio.create_task(layer.send(a_request())) for _ in range(6)]
    await asyncio.sleep(0)

    for held in wire.waiting[:4]:
        held.set_result(503)
    await asyncio.gather(*calls[:4])
    assert known(layer).state == "open"

    wire.waiting[4].set_result(late)
    await calls[4]
    assert known(layer) == CircuitState(state="open", requests=4, failures=4, retry_after=30)

    clock.now += 30
    probe = asyncio.create_task(layer.send(a_request()))
    await asyncio.sleep(0)
    wire.waiting[6].set_result(200)
    await probe
    wire.waiting[5].set_result(late)
    await calls[5]
    assert known(layer) == CircuitState(state="closed", requests=0, failures=0, retry_after=0)
