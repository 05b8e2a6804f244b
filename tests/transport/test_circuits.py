"""The layer of circuit breakers: what counts, what is refused, what is said about it."""

from __future__ import annotations

import asyncio
import logging
import pickle
from collections.abc import Callable

import msgspec
import pytest

from mistral_async.errors import (
    CircuitOpenError,
    ClientClosed,
    ConnectionLost,
    MistralError,
    ProtocolError,
    ProxyError,
    ResponseDecodeError,
    TimeoutError,
    TLSError,
    TransportError,
)
from mistral_async.http import Request, TimeLimit
from mistral_async.settings import CircuitBreaker
from mistral_async.transport.circuit import CircuitState
from mistral_async.transport.circuits import Circuits
from tests.fakes import FOREVER, ScriptedWire, a_request
from tests.transport.breaking import (
    ORIGIN,
    REFUSED,
    attempt,
    cancelled_after_a_moment,
    circuits,
    known,
    of_caller,
    opened,
)


def begun(at: float) -> TimeLimit:
    limit = TimeLimit(at)
    limit.begun = True
    return limit


@pytest.mark.parametrize("status", [200, 201, 204, 302, 501])
async def test_an_answer_is_no_failure_unless_its_status_is_listed(status: int) -> None:
    layer, _, _ = circuits(*[status] * 8)

    await attempt(layer, 8)

    assert known(layer) == CircuitState(state="closed", requests=8, failures=0, retry_after=0)


@pytest.mark.parametrize("status", [400, 401, 404, 422, 429])
async def test_what_the_caller_did_wrong_is_not_counted(status: int) -> None:
    layer, _, _ = circuits(*[status] * 8)

    await attempt(layer, 8)

    assert known(layer) == CircuitState(state="closed", requests=0, failures=0, retry_after=0)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_listed_status_is_a_failure_and_is_still_returned(status: int) -> None:
    layer, _, _ = circuits(*[status] * 4)

    assert [(await layer.send(a_request())).status for _ in range(4)] == [status] * 4

    assert known(layer) == CircuitState(state="open", requests=4, failures=4, retry_after=30)


async def test_which_statuses_are_failures_can_be_chosen() -> None:
    layer = Circuits(ScriptedWire(500, 429), CircuitBreaker(status_codes=frozenset({429})))

    await attempt(layer, 2)

    assert known(layer).failures == 1


@pytest.mark.parametrize(
    "error",
    [
        REFUSED,
        TLSError("not secure"),
        ProxyError("no way"),
        TimeoutError("too long", limit="connect"),
        TimeoutError("too long", limit="read"),
        ProtocolError("not HTTP"),
        ConnectionLost("cut"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_no_answer_is_a_failure(error: TransportError) -> None:
    layer, _, _ = circuits(error)

    with pytest.raises(type(error)) as caught:
        await layer.send(a_request())

    assert caught.value is error
    assert known(layer).failures == 1


@pytest.mark.parametrize(
    "error",
    [
        OSError("the file that was to be sent is gone"),
        ValueError("the key function gave no key"),
        ResponseDecodeError("too large", body=b"", status=200),
        CircuitOpenError("another one's", retry_after=1),
        ClientClosed("in the middle of the answer"),
        KeyError("x"),
        of_caller(REFUSED),
        of_caller(ConnectionLost("the download that this upload is made of")),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_says_nothing_about_the_origin_is_not_counted(error: Exception) -> None:
    layer, _, _ = circuits(error)

    with pytest.raises(type(error)):
        await layer.send(a_request())

    assert known(layer) == CircuitState(state="closed", requests=0, failures=0, retry_after=0)


async def test_a_call_that_its_caller_gives_up_is_not_counted() -> None:
    layer, _, _ = circuits(FOREVER)
    later = begun(asyncio.get_running_loop().time() + 1000)

    await cancelled_after_a_moment(layer, msgspec.structs.replace(a_request(), deadline=later))

    assert known(layer).requests == 0


async def test_a_call_that_its_deadline_ends_is_a_failure() -> None:
    layer, _, _ = circuits(FOREVER)
    past = begun(asyncio.get_running_loop().time())

    await cancelled_after_a_moment(layer, msgspec.structs.replace(a_request(), deadline=past))

    assert known(layer).failures == 1


async def test_a_call_that_gets_no_connection_before_its_deadline_says_nothing_about_the_origin() -> None:
    layer, _, _ = circuits(FOREVER)
    past = TimeLimit(asyncio.get_running_loop().time())

    await cancelled_after_a_moment(layer, msgspec.structs.replace(a_request(), deadline=past))

    assert known(layer).requests == 0


async def test_the_loops_own_timer_ends_a_call_late_enough_to_be_a_failure() -> None:
    layer, _, _ = circuits(FOREVER)
    deadline = asyncio.get_running_loop().time() + 0.01

    with pytest.raises(asyncio.TimeoutError):
        async with asyncio.timeout_at(deadline):
            await layer.send(msgspec.structs.replace(a_request(), deadline=begun(deadline)))

    assert known(layer).failures == 1


async def test_an_open_circuit_sends_nothing_and_says_when_to_come_again() -> None:
    layer, wire, clock = await opened()
    clock.now += 17.7

    with pytest.raises(CircuitOpenError) as caught:
        await layer.send(a_request())

    assert str(caught.value) == (
        "the circuit to http://mistral.test is open after 4 of 4 requests failed; it may close in 12.3 s "
        "(POST /v1/things/{thing_id})"
    )
    assert caught.value.retry_after == pytest.approx(12.3)
    assert (caught.value.retry_safe, caught.value.attempts) == (True, 0)
    assert (caught.value.method, caught.value.path) == ("POST", "/v1/things/{thing_id}")
    assert len(wire.requests) == 4
    assert pickle.loads(pickle.dumps(caught.value)).retry_after == caught.value.retry_after


async def test_each_origin_has_a_circuit_of_its_own() -> None:
    def to(url: str) -> Request:
        return msgspec.structs.replace(a_request(), url=url)

    layer, wire, _ = circuits(*[503] * 4, *[200] * 5)
    await attempt(layer, 4, to("https://a.test/v1/models"))

    for url in (
        "https://a.test.evil/v1",
        "https://a.test:444/v1",
        "http://a.test/v1",
        "https://a.tes/t",
        "https://b.test",
    ):
        await layer.send(to(url))
    for url in ("https://a.test/v1/chat", "https://a.test", "https://a.test?x=1"):
        with pytest.raises(CircuitOpenError, match=r"the circuit to https://a\.test is open"):
            await layer.send(to(url))

    assert {origin: state.state for origin, state in layer.states().items()} == {
        "https://a.test": "open",
        "https://a.test.evil": "closed",
        "https://a.test:444": "closed",
        "http://a.test": "closed",
        "https://a.tes": "closed",
        "https://b.test": "closed",
    }
    assert len(wire.requests) == 9


async def test_states_are_a_picture_of_the_moment() -> None:
    layer, _, _ = circuits(200, 200)
    assert layer.states() == {}
    await attempt(layer)
    before = layer.states()

    await attempt(layer)

    assert (before[ORIGIN].requests, known(layer).requests) == (1, 2)
    with pytest.raises(TypeError):
        before[ORIGIN] = known(layer)  # type: ignore[index]  # pyright: ignore[reportIndexIssue]  # that is the point
    with pytest.raises(AttributeError):
        before[ORIGIN].requests = 0  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  # that is the point


async def test_every_change_is_logged_once_with_what_led_to_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mistral_async")
    layer, _, clock = await opened(503, 200)

    clock.now += 30
    await attempt(layer)
    clock.now += 30
    await attempt(layer)

    what = [(record.levelname, getattr(record, "state", None)) for record in caplog.records]
    assert what == [
        ("WARNING", "open"),
        ("INFO", "half-open"),
        ("WARNING", "open"),
        ("INFO", "half-open"),
        ("INFO", "closed"),
    ]
    assert caplog.records[0].getMessage() == (
        "the circuit to http://mistral.test is open after 4 of 4 requests failed; it may close in 30.0 s "
        "(POST /v1/things/{thing_id})"
    )
    fields = {"origin": ORIGIN, "state": "open", "requests": 4, "failures": 4, "retry_after": 30.0}
    asked = {"method": "POST", "path": "/v1/things/{thing_id}"}
    assert {**fields, **asked}.items() <= vars(caplog.records[0]).items()
    for record in caplog.records:
        assert "secret-key" not in record.getMessage() + repr(vars(record))


async def test_refusals_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    layer, _, _ = await opened()
    caplog.clear()
    caplog.set_level(logging.DEBUG, "mistral_async")

    with pytest.raises(CircuitOpenError):
        await layer.send(a_request())

    assert caplog.records == []


async def test_closing_closes_what_is_below() -> None:
    layer, wire, _ = circuits()

    await layer.aclose()

    assert not wire.open


async def test_no_error_of_the_layer_holds_a_secret() -> None:
    layer, _, _ = await opened()
    with pytest.raises(CircuitOpenError) as caught:
        await layer.send(a_request())

    said: list[Callable[[MistralError], object]] = [str, repr, vars, pickle.dumps]
    assert not any("secret-key" in str(say(caught.value)) for say in said)
