"""Sending again: what is let go, waited for and counted between attempts."""

from __future__ import annotations

import asyncio
import pickle
import time

import pytest

from mistral_async.errors import (
    CircuitOpenError,
    ClientClosed,
    ConnectError,
    ConnectionLost,
    ResponseDecodeError,
    TimeoutError,
    TransportError,
)
from mistral_async.http import Request, Response
from mistral_async.settings import Retry, Timeout
from mistral_async.transport.deadline import Deadline
from mistral_async.transport.gate import Gate
from mistral_async.transport.resend import Resend
from tests.fakes import FOREVER, ScriptedResponse, ScriptedWire
from tests.transport.resending import GENERATE, POLICY, Sleep, a_request, lost, no_connection, resending


async def test_a_success_at_once_is_passed_on_as_it_is() -> None:
    wire, sleep = ScriptedWire(200), Sleep()

    response = await resending(wire, sleep=sleep).send(GENERATE)

    assert response is wire.responses[0]
    assert wire.requests[0] is GENERATE
    assert (sleep.waits, wire.responses[0].closed) == ([], 0)


async def test_a_failure_is_followed_by_another_attempt_after_a_wait() -> None:
    wire, sleep = ScriptedWire(503, no_connection(), 200), Sleep()

    response = await resending(wire, sleep=sleep).send(GENERATE)

    assert (response.status, response.attempts, sleep.waits) == (200, 3, [0.5, 1.0])
    assert all(request is GENERATE for request in wire.requests)


async def test_an_answer_of_a_later_attempt_is_otherwise_what_the_wire_gave() -> None:
    wire = ScriptedWire(503, ScriptedResponse(200, [b"a", b"b"], {"x": "y"}), 503, ScriptedResponse(200, b"whole"))
    resend = resending(wire)

    response = await resend.send(GENERATE)
    assert (response.http_version, response.headers["x"]) == ("1.1", "y")
    assert [await response.receive(), await response.receive(), await response.receive()] == [b"a", b"b", b""]
    response.close()
    assert wire.responses[1].closed == 1

    assert await (await resend.send(GENERATE)).read() == b"whole"


async def test_a_dropped_response_is_closed_before_the_wait() -> None:
    wire = ScriptedWire(503, 429, 200)
    closed: list[list[int]] = []

    async def sleep(_: float) -> None:
        closed.append([response.closed for response in wire.responses])

    response = await Resend(wire, sleep=sleep, random=lambda: 0.5).send(GENERATE)

    assert (response.status, closed) == (200, [[1], [1, 1]])
    assert wire.responses[2].closed == 0


async def test_the_last_answer_is_returned_unread_whatever_it_says() -> None:
    wire = ScriptedWire(503, 503, ScriptedResponse(500, b"sorry"))

    response = await resending(wire).send(GENERATE)

    assert (response.status, response.attempts, wire.responses[2].closed) == (500, 3, 0)
    assert await response.read() == b"sorry"


async def test_a_final_answer_of_the_first_attempt_is_passed_on_as_it_is() -> None:
    wire = ScriptedWire(503)

    response = await resending(wire).send(a_request(repeatable=False))

    assert response is wire.responses[0]
    assert wire.responses[0].closed == 0


async def test_the_last_error_says_how_many_attempts_were_made() -> None:
    with pytest.raises(ConnectionLost, match=r"^lost \(3 attempts\)$") as caught:
        await resending(ScriptedWire(no_connection(), 503, lost())).send(GENERATE)

    assert caught.value.attempts == 3
    assert pickle.loads(pickle.dumps(caught.value)).attempts == 3


@pytest.mark.parametrize("retry", [POLICY, None])
async def test_an_error_that_is_final_at_once_is_one_attempt(retry: Retry | None) -> None:
    request = a_request(repeatable=False, retry=retry)

    with pytest.raises(ConnectionLost, match=r"^lost$") as caught:
        await resending(ScriptedWire(lost(request))).send(request)

    assert caught.value.attempts == 1


async def test_without_a_policy_a_request_is_sent_once() -> None:
    wire = ScriptedWire(503, 200)

    response = await resending(wire).send(a_request(retry=None))

    assert response is wire.responses[0]


async def test_a_failure_that_may_not_pass_ends_the_attempts() -> None:
    wire = ScriptedWire(503, 404, 200)

    response = await resending(wire).send(GENERATE)

    assert (response.status, response.attempts, len(wire.requests)) == (404, 2, 2)


async def test_an_answer_that_cannot_be_read_says_the_attempts_before_it() -> None:
    unreadable = ResponseDecodeError("too large", body=b"", status=200, request=GENERATE)

    with pytest.raises(ResponseDecodeError, match=r"^too large \(2 attempts\)$"):
        await resending(ScriptedWire(503, unreadable)).send(GENERATE)


@pytest.mark.parametrize(
    "final", [ConnectError("no", request=GENERATE, permanent=True), ClientClosed("closed", request=GENERATE)]
)
async def test_what_would_fail_again_is_not_tried_again_though_it_would_do_no_harm(final: TransportError) -> None:
    wire = ScriptedWire(503, final, 200)

    with pytest.raises(type(final)) as caught:
        await resending(wire).send(GENERATE)

    assert (caught.value, caught.value.retry_safe, len(wire.requests)) == (final, True, 2)


@pytest.mark.parametrize(("before", "attempts"), [((), 0), ((503,), 1), ((503, 503), 2)])
async def test_an_open_circuit_is_not_tried_again_and_counts_as_no_attempt(
    before: tuple[int, ...], attempts: int
) -> None:
    wire = ScriptedWire(*before, CircuitOpenError("open", retry_after=1.0, request=GENERATE), 200)

    with pytest.raises(CircuitOpenError) as caught:
        await resending(wire).send(GENERATE)

    assert (caught.value.attempts, len(wire.requests)) == (attempts, len(before) + 1)


@pytest.mark.parametrize("attempt", [1, 2])
async def test_what_a_function_of_the_callers_raises_is_passed_on_as_it_is(attempt: int) -> None:
    raised = ValueError("api_key: none")
    script = [503] * (attempt - 1)

    with pytest.raises(ValueError, match="none") as caught:
        await resending(ScriptedWire(*script, raised, 200)).send(GENERATE)

    assert caught.value is raised


async def test_calls_at_the_same_time_do_not_mix() -> None:
    calls = 100

    class Wire:
        """Fails each call as often as its path says."""

        def __init__(self) -> None:
            self.sent = [0] * calls

        async def send(self, request: Request, /) -> Response:
            call = int(request.path)
            self.sent[call] += 1
            await asyncio.sleep(0)
            return ScriptedResponse(503 if self.sent[call] <= call % 4 else 200)

        async def aclose(self) -> None: ...

    resend = Resend(Wire(), sleep=Sleep(), random=lambda: 0.5)
    retry = Retry(attempts=4, budget=None)
    requests = [
        Request(method="GET", url="http://mistral.test", path=str(call), retry=retry, repeatable=True)
        for call in range(calls)
    ]

    answers = await asyncio.gather(*(resend.send(request) for request in requests))

    assert [(answer.status, answer.attempts) for answer in answers] == [(200, call % 4 + 1) for call in range(calls)]


async def test_a_layer_is_used_from_one_loop_after_another() -> None:
    resend = Resend(ScriptedWire(503, 200, 503, 200), random=lambda: 0.0)

    for _ in range(2):
        loop_of_its_own = asyncio.to_thread(asyncio.run, resend.send(GENERATE))
        assert (await loop_of_its_own).attempts == 2


async def test_the_wait_is_a_real_one_by_default() -> None:
    retry = Retry(first_delay=0.04, budget=None)
    began = time.monotonic()

    response = await Resend(ScriptedWire(503, 200), random=lambda: 0.999).send(a_request(retry=retry))

    assert response.attempts == 2
    assert time.monotonic() - began >= 0.035


# The deadline


@pytest.mark.parametrize(("left", "status", "attempts"), [(0.6, 200, 2), (0.5, 503, 1), (-1.0, 503, 1)])
async def test_no_wait_reaches_into_the_deadline(left: float, status: int, attempts: int) -> None:
    wire, sleep = ScriptedWire(503, 200), Sleep()
    resend = Resend(wire, sleep=sleep, random=lambda: 0.5, clock=lambda: 1000.0)

    response = await resend.send(a_request(deadline=1000.0 + left))

    assert (response.status, response.attempts, len(sleep.waits)) == (status, attempts, attempts - 1)


async def test_the_deadline_is_by_the_clock_of_the_loop() -> None:
    wire = ScriptedWire(no_connection(), 200)
    resend = Resend(wire, sleep=Sleep(), random=lambda: 0.5)

    with pytest.raises(ConnectError, match=r"^no connection$"):
        await resend.send(a_request(deadline=asyncio.get_running_loop().time() + 0.2))


async def test_retry_after_is_compared_to_the_time_of_day() -> None:
    wire, sleep = (
        ScriptedWire(ScriptedResponse(429, b"", {"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}), 200),
        Sleep(),
    )

    await Resend(wire, sleep=sleep, random=lambda: 0.0, now=lambda: 784111777.0 - 9).send(GENERATE)

    assert sleep.waits == [9.0]


@pytest.mark.parametrize(
    ("script", "attempts"), [((FOREVER,), 1), ((503, FOREVER), 2), ((503, no_connection(), FOREVER), 3)]
)
async def test_a_call_out_of_time_says_how_many_attempts_were_made(
    script: tuple[int | Exception | type[asyncio.Event], ...], attempts: int
) -> None:
    stack = Deadline(Resend(Gate(ScriptedWire(*script), begins=True), random=lambda: 0.0))

    with pytest.raises(TimeoutError) as caught:
        await stack.send(a_request(timeout=Timeout(total=0.02)))

    assert (caught.value.limit, caught.value.attempts) == ("total", attempts)


async def test_a_call_out_of_time_that_had_begun_may_have_been_acted_on() -> None:
    stack = Deadline(Resend(Gate(ScriptedWire(FOREVER), begins=True)))

    with pytest.raises(TimeoutError) as caught:
        await stack.send(a_request(timeout=Timeout(total=0.02), repeatable=False))

    assert not caught.value.retry_safe


@pytest.mark.parametrize(("script", "attempts"), [((FOREVER,), 0), ((429, FOREVER), 1)])
async def test_an_attempt_that_got_no_connection_is_none_and_may_be_made_again(
    script: tuple[int | type[asyncio.Event], ...], attempts: int
) -> None:
    stack = Deadline(Resend(ScriptedWire(*script), random=lambda: 0.0))

    with pytest.raises(TimeoutError) as caught:
        await stack.send(a_request(timeout=Timeout(total=0.02), repeatable=False))

    assert (caught.value.limit, caught.value.attempts, caught.value.retry_safe) == ("total", attempts, True)


async def test_a_call_out_of_time_in_a_wait_counts_the_attempts_before_it() -> None:
    async def sleep(_: float) -> None:
        await asyncio.Event().wait()

    stack = Deadline(Resend(Gate(ScriptedWire(429), begins=True), sleep=sleep, random=lambda: 0.0))

    with pytest.raises(TimeoutError) as caught:
        await stack.send(a_request(timeout=Timeout(total=0.02), repeatable=False))

    assert (caught.value.attempts, caught.value.retry_safe) == (1, True)


async def test_an_error_of_the_requests_own_body_is_raised_as_it_is() -> None:
    own = lost().after(4)
    own.of_caller = True
    wire = ScriptedWire(own, 200)

    with pytest.raises(ConnectionLost, match=r"^lost \(4 attempts\)$") as caught:
        await resending(wire).send(GENERATE)

    assert (caught.value.attempts, len(wire.requests)) == (4, 1)


# Cancellation


async def cancelled_when(ready: asyncio.Event, task: asyncio.Task[Response]) -> None:
    await ready.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_call_that_is_cancelled_while_it_waits_sends_nothing_more() -> None:
    wire, waiting = ScriptedWire(503, 200), asyncio.Event()

    async def sleep(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    await cancelled_when(waiting, asyncio.create_task(Resend(wire, sleep=sleep).send(GENERATE)))

    assert (len(wire.requests), wire.responses[0].closed) == (1, 1)


async def test_a_call_that_is_cancelled_in_its_second_attempt_is_not_tried_again() -> None:
    wire, slept = ScriptedWire(503, FOREVER, 200), asyncio.Event()

    async def sleep(_: float) -> None:
        slept.set()

    await cancelled_when(slept, asyncio.create_task(Resend(wire, sleep=sleep).send(GENERATE)))

    assert len(wire.requests) == 2
