"""What is told about a call: to the log, and to the client's hooks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from mistral_async.errors import ConnectError, ConnectionLost
from mistral_async.hooks import Answered, Hooks
from mistral_async.http import Request
from mistral_async.transport.observe import Observe
from tests.fakes import FOREVER, ScriptedResponse, ScriptedWire, a_request

FIELDS = ("method", "path", "status", "attempts", "duration", "http_version", "request_id", "error")


def observed(wire: ScriptedWire, **hooks: Any) -> Observe:
    """Half a second passes from each look at the clock to the next."""
    ticks: Iterator[float] = (tick / 2 for tick in count())
    return Observe(wire, Hooks(**hooks), clock=lambda: next(ticks))


def fields(record: logging.LogRecord) -> dict[str, object]:
    return {name: vars(record)[name] for name in FIELDS}


@pytest.fixture
def debug(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "mistral_async")
    return caplog


async def test_an_answer_is_one_record_at_debug(debug: pytest.LogCaptureFixture) -> None:
    wire = ScriptedWire(ScriptedResponse(404, headers={"x-kong-request-id": "abc"}))

    response = await observed(wire).send(a_request())

    assert response is wire.responses[0]
    (record,) = debug.records
    assert (record.name, record.levelname) == ("mistral_async", "DEBUG")
    assert record.getMessage() == "POST /v1/things/{thing_id}: 404 in 0.500 s over HTTP/1.1, 1 attempt"
    assert fields(record) == {
        "method": "POST",
        "path": "/v1/things/{thing_id}",
        "status": 404,
        "attempts": 1,
        "duration": 0.5,
        "http_version": "1.1",
        "request_id": "abc",
        "error": None,
    }


async def test_a_call_without_an_answer_is_one_record_naming_the_error(debug: pytest.LogCaptureFixture) -> None:
    error = ConnectionLost("what the server said").after(3)

    with pytest.raises(ConnectionLost) as caught:
        await observed(ScriptedWire(error)).send(a_request())

    assert caught.value is error
    (record,) = debug.records
    assert record.getMessage() == "POST /v1/things/{thing_id}: ConnectionLost after 0.500 s"
    assert fields(record) == {
        "method": "POST",
        "path": "/v1/things/{thing_id}",
        "status": None,
        "attempts": 3,
        "duration": 0.5,
        "http_version": None,
        "request_id": None,
        "error": "ConnectionLost",
    }


async def test_a_cancelled_call_is_told_of_too(debug: pytest.LogCaptureFixture) -> None:
    sending = asyncio.create_task(observed(ScriptedWire(FOREVER)).send(a_request()))
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert [record.getMessage() for record in debug.records] == [
        "POST /v1/things/{thing_id}: CancelledError after 0.500 s"
    ]


async def test_above_debug_a_call_is_not_told_of(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mistral_async")
    answered: list[Answered] = []
    layer = observed(ScriptedWire(200, ConnectError("nobody there")), on_response=answered.append)

    await layer.send(a_request())
    with pytest.raises(ConnectError):
        await layer.send(a_request())

    assert caplog.records == []
    assert len(answered) == 1


async def test_where_nobody_wants_to_know_the_clock_is_not_looked_at(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mistral_async")
    looks: list[float] = []
    wire = ScriptedWire(200)

    def clock() -> float:
        looks.append(0.0)
        return 0.0

    response = await Observe(wire, Hooks(), clock=clock).send(a_request())

    assert (response, looks) == (wire.responses[0], [])


async def test_no_secret_is_in_a_record(debug: pytest.LogCaptureFixture) -> None:
    layer = observed(ScriptedWire(200, ConnectError("x"), ValueError("secret-key")))
    await layer.send(a_request())
    for error in (ConnectError, ValueError):
        with pytest.raises(error):
            await layer.send(a_request())

    assert len(debug.records) == 3
    for record in debug.records:
        assert "secret-key" not in record.getMessage() + repr(vars(record))


async def test_hooks_are_called_before_and_after() -> None:
    told: list[Request | Answered] = []
    wire = ScriptedWire(ScriptedResponse(503, headers={"mistral-correlation-id": "abc"}))
    request = a_request()

    response = await observed(wire, on_request=told.append, on_response=told.append).send(request)

    asked, answered = told
    assert asked is request
    assert isinstance(answered, Answered)
    assert answered == Answered(
        request=request,
        status=503,
        headers=response.headers,
        http_version="1.1",
        attempts=1,
        duration=0.5,
        request_id="abc",
    )


async def test_a_hook_may_come_alone() -> None:
    asked: list[Request] = []
    answered: list[Answered] = []

    await observed(ScriptedWire(200), on_request=asked.append).send(a_request())
    await observed(ScriptedWire(200), on_response=answered.append).send(a_request())

    assert (len(asked), len(answered)) == (1, 1)


async def test_a_call_without_an_answer_has_no_response_to_tell_of() -> None:
    answered: list[Answered] = []

    with pytest.raises(ConnectError):
        await observed(ScriptedWire(ConnectError("nobody there")), on_response=answered.append).send(a_request())

    assert answered == []


async def test_what_a_hook_raises_is_logged_and_no_answer_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    def wrong(told: object) -> None:
        raise KeyError("colour")

    layer = observed(ScriptedWire(200), on_request=wrong, on_response=wrong)

    assert (await layer.send(a_request())).status == 200

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", "the hook on_request raised KeyError: 'colour'"),
        ("ERROR", "the hook on_response raised KeyError: 'colour'"),
    ]
    assert [vars(record)["hook"] for record in caplog.records] == ["on_request", "on_response"]
    assert caplog.records[0].exc_info is not None  # where it was raised, for whoever mends it
    assert "secret-key" not in caplog.text


async def test_who_interrupts_from_a_hook_is_heard() -> None:
    def interrupted(told: object) -> None:
        raise KeyboardInterrupt

    wire = ScriptedWire(200)
    with pytest.raises(KeyboardInterrupt):
        await observed(wire, on_request=interrupted).send(a_request())

    assert wire.requests == []


async def test_closing_closes_what_is_below() -> None:
    wire = ScriptedWire()

    await observed(wire).aclose()

    assert not wire.open
