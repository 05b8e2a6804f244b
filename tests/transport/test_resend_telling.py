"""Sending again: its budget, and what is told and left behind."""

from __future__ import annotations

import gc
import logging
import weakref

import pytest

from mistral_async.errors import (
    ConnectionLost,
    MistralError,
)
from mistral_async.hooks import Retried
from mistral_async.http import Request, Response
from mistral_async.settings import Retry
from mistral_async.transport.budget import Budget
from mistral_async.transport.resend import Resend
from tests.fakes import ScriptedWire
from tests.transport.resending import GENERATE, Sleep, a_request, lost, no_connection, resending

# The budget


async def test_a_budget_that_is_used_up_makes_a_failure_final_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    retry = Retry(attempts=2, first_delay=0.0, budget=0.0, budget_reserve=1)
    wire = ScriptedWire(*[503] * 4)
    resend = resending(wire)

    with caplog.at_level(logging.WARNING, "mistral_async"):
        attempts = [(await resend.send(a_request(retry=retry))).attempts for _ in range(3)]

    assert attempts == [2, 1, 1]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "too many retries" in caplog.text


async def test_calls_fill_the_budget() -> None:
    retry = Retry(attempts=2, first_delay=0.0, budget=0.5, budget_reserve=0)
    resend = resending(ScriptedWire(200, 503, 200, 503))

    responses = [await resend.send(a_request(retry=retry)) for _ in range(3)]

    assert [(response.status, response.attempts) for response in responses] == [(200, 1), (200, 2), (503, 1)]


async def test_what_is_final_anyhow_costs_no_budget() -> None:
    retry = Retry(attempts=2, first_delay=0.0, budget=0.0, budget_reserve=1)
    resend = resending(ScriptedWire(503, 503, 200))

    assert (await resend.send(a_request(retry=retry, repeatable=False))).attempts == 1
    assert (await resend.send(a_request(retry=retry))).attempts == 2


async def test_a_budget_may_be_shared() -> None:
    retry, budget = Retry(attempts=2, first_delay=0.0, budget=0.0, budget_reserve=1), Budget()

    first = await resending(ScriptedWire(503, 200), budget=budget).send(a_request(retry=retry))
    second = await resending(ScriptedWire(503, 200), budget=budget).send(a_request(retry=retry))

    assert (first.status, second.status) == (200, 503)


# What is told


async def test_each_retry_is_told_once() -> None:
    told: list[Retried] = []
    error = no_connection()

    await resending(ScriptedWire(503, error, 200), on_retry=told.append).send(GENERATE)

    assert told == [
        Retried(request=GENERATE, attempt=1, delay=0.5, status=503),
        Retried(request=GENERATE, attempt=2, delay=1.0, error=error),
    ]


async def test_nobody_is_told_of_a_failure_that_is_final() -> None:
    told: list[Retried] = []

    await resending(ScriptedWire(404), on_retry=told.append).send(GENERATE)
    with pytest.raises(MistralError):
        await resending(ScriptedWire(lost()), on_retry=told.append).send(a_request(retry=None))

    assert told == []


async def test_what_a_hook_raises_is_logged_and_loses_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    def on_retry(_: Retried) -> None:
        raise RuntimeError("the hook's own")

    response = await resending(ScriptedWire(503, 200), on_retry=on_retry).send(GENERATE)

    assert (response.status, response.attempts) == (200, 2)
    assert "the hook on_retry raised RuntimeError: the hook's own" in caplog.text


async def test_a_response_is_closed_whatever_a_hook_does() -> None:
    class Stop(BaseException): ...

    def on_retry(_: Retried) -> None:
        raise Stop

    wire = ScriptedWire(503, 200)
    with pytest.raises(Stop):
        await resending(wire, on_retry=on_retry).send(GENERATE)

    assert wire.responses[0].closed == 1


async def test_each_retry_is_a_structured_log_record_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await resending(ScriptedWire(503, no_connection(), 200)).send(GENERATE)

    fields = ("levelname", "name", "method", "path", "attempt", "delay", "status", "error")
    assert [tuple(getattr(record, field, None) for field in fields) for record in caplog.records] == [
        ("INFO", "mistral_async", "POST", "/v1/x", 1, 0.5, 503, None),
        ("INFO", "mistral_async", "POST", "/v1/x", 2, 1.0, None, "ConnectError"),
    ]
    assert caplog.messages[0] == "attempt 1 of POST /v1/x failed (503); the next one in 0.500 s"
    assert "secret" not in caplog.text


async def test_a_success_at_once_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await resending(ScriptedWire(200)).send(GENERATE)

    assert caplog.records == []


# What is left behind


async def test_closing_closes_what_is_below() -> None:
    wire = ScriptedWire()

    await resending(wire).aclose()

    assert not wire.open


async def test_neither_a_layer_nor_an_error_waits_for_the_garbage_collector() -> None:
    class Wire:
        async def send(self, request: Request, /) -> Response:
            raise ConnectionLost("lost", request=request)

        async def aclose(self) -> None: ...

    async def send(request: Request) -> tuple[weakref.ref[Resend], weakref.ref[ConnectionLost]]:
        resend = Resend(Wire(), sleep=Sleep())
        try:
            await resend.send(request)
        except ConnectionLost as exc:
            return weakref.ref(resend), weakref.ref(exc)
        raise AssertionError

    gc.disable()
    try:
        for request in (GENERATE, a_request(retry=None), a_request(repeatable=False)):
            resend, error = await send(request)
            assert (resend(), error()) == (None, None)
    finally:
        gc.enable()
