"""One time limit over a whole call."""

from __future__ import annotations

import asyncio
import builtins
import pickle
import time
from collections.abc import Callable

import pytest

from mistral_async.errors import ConnectionLost, TimeoutError
from mistral_async.http import Answer, Request, Response
from mistral_async.settings import Timeout
from mistral_async.transport.deadline import Deadline
from mistral_async.transport.gate import Gate
from tests.fakes import FOREVER, ScriptedResponse, ScriptedWire

SOON = 0.02  # seconds


def a_request(total: float | None = SOON, answer: Answer = "whole", *, repeatable: bool = False) -> Request:
    return Request(
        method="POST",
        url="https://mistral.test:8443/v1/x/id?key=secret",
        path="/v1/x/{id}",
        timeout=Timeout(total=total),
        answer=answer,
        repeatable=repeatable,
    )


async def test_without_a_limit_everything_is_passed_on_as_it_is() -> None:
    wire, request = ScriptedWire(200), a_request(None)

    response = await Deadline(wire).send(request)

    assert response is wire.responses[0]
    assert wire.requests[0] is request


async def test_what_is_below_knows_the_deadline_in_the_time_of_the_loop() -> None:
    wire, began = ScriptedWire(200), asyncio.get_running_loop().time()

    await Deadline(wire).send(a_request(5.0))

    limit = wire.requests[0].deadline
    assert limit is not None
    assert limit.at == pytest.approx(began + 5.0, abs=0.5)
    assert (limit.attempts, limit.begun) == (0, False)


async def test_an_answer_that_was_read_in_time_is_passed_on_as_it_is() -> None:
    wire = ScriptedWire(200)

    assert await Deadline(wire).send(a_request(5.0)) is wire.responses[0]


async def test_a_call_without_an_answer_ends_at_the_deadline() -> None:
    began = time.monotonic()

    with pytest.raises(TimeoutError) as caught:
        await Deadline(Gate(ScriptedWire(FOREVER), begins=True)).send(a_request())

    assert SOON * 0.5 < time.monotonic() - began < 1.0
    assert str(caught.value) == (
        "no complete answer from mistral.test:8443 within 0.02 s (POST /v1/x/{id}); raise `timeout.total`"
    )
    assert (caught.value.limit, caught.value.attempts, caught.value.path) == ("total", 1, "/v1/x/{id}")
    assert pickle.loads(pickle.dumps(caught.value)).limit == "total"


@pytest.mark.parametrize("repeatable", [True, False])
async def test_it_is_safe_to_call_again_where_the_operation_is_repeatable(repeatable: bool) -> None:
    with pytest.raises(TimeoutError) as caught:
        await Deadline(Gate(ScriptedWire(FOREVER), begins=True)).send(a_request(repeatable=repeatable))

    assert caught.value.retry_safe is repeatable


@pytest.mark.parametrize("answer", ["events", "bytes"])
async def test_a_body_that_is_read_later_must_come_by_the_deadline_too(answer: Answer) -> None:
    wire = ScriptedWire(ScriptedResponse(200, [b"first", FOREVER], {"x": "y"}))

    response = await Deadline(wire).send(a_request(answer=answer))
    assert (response.status, response.http_version, response.attempts) == (200, "1.1", 1)
    assert response.headers["x"] == "y"
    assert await response.receive() == b"first"
    with pytest.raises(TimeoutError, match=r"raise `timeout\.total`"):
        await response.receive()

    assert wire.responses[0].dropped


async def test_a_body_that_is_read_at_once_must_come_by_the_deadline_too() -> None:
    wire = ScriptedWire(ScriptedResponse(200, [b"first", FOREVER]))

    response = await Deadline(wire).send(a_request(answer="bytes"))
    with pytest.raises(TimeoutError):
        await response.read()

    assert wire.responses[0].dropped


async def test_a_body_in_time_is_read_to_its_end() -> None:
    wire = ScriptedWire(ScriptedResponse(200, [b"a", b"b"]), ScriptedResponse(200, [b"a", b"b"]))
    deadline = Deadline(wire)

    response = await deadline.send(a_request(5.0, "events"))
    assert [await response.receive() for _ in range(3)] == [b"a", b"b", b""]
    assert await (await deadline.send(a_request(5.0, "bytes"))).read() == b"ab"

    assert [response.closed for response in wire.responses] == [0, 0]


async def test_nothing_is_read_after_the_deadline_though_it_is_there() -> None:
    wire = ScriptedWire(ScriptedResponse(200, [b"a"] * 100))

    response = await Deadline(wire).send(a_request(answer="events"))
    await asyncio.sleep(SOON * 1.5)
    with pytest.raises(TimeoutError) as caught:
        await response.receive()

    assert (caught.value.limit, wire.responses[0].received, wire.responses[0].closed) == ("total", 0, 1)


async def test_closing_a_limited_response_closes_it() -> None:
    wire = ScriptedWire(200)

    (await Deadline(wire).send(a_request(5.0, "bytes"))).close()

    assert wire.responses[0].closed == 1


async def test_an_error_of_another_kind_is_passed_on_as_it_is() -> None:
    error = ConnectionLost("lost")

    with pytest.raises(ConnectionLost) as caught:
        await Deadline(ScriptedWire(error)).send(a_request(5.0))

    assert caught.value is error


async def test_another_time_limit_is_passed_on_as_it_is() -> None:
    errors = [TimeoutError("silent", limit="read"), builtins.TimeoutError("the caller's own")]

    for error in errors:
        with pytest.raises(builtins.TimeoutError) as caught:
            await Deadline(ScriptedWire(error)).send(a_request(5.0))
        assert caught.value is error


async def test_another_time_limit_of_a_body_leaves_its_closing_to_its_reader() -> None:
    error = TimeoutError("silent", limit="read")
    wire = ScriptedWire(ScriptedResponse(200, [error]))

    response = await Deadline(wire).send(a_request(5.0, "bytes"))
    with pytest.raises(TimeoutError) as caught:
        await response.receive()

    assert caught.value is error
    assert wire.responses[0].closed == 0


async def test_an_error_that_the_end_of_time_brought_about_is_still_that_error() -> None:
    class Wire(ScriptedWire):
        async def send(self, request: Request, /) -> Response:
            try:
                return await super().send(request)
            except asyncio.CancelledError:
                raise ConnectionLost("lost in leaving", request=request) from None

    with pytest.raises(ConnectionLost):
        await Deadline(Wire(FOREVER)).send(a_request())


async def test_a_cancellation_by_the_caller_stays_one() -> None:
    task = asyncio.create_task(Deadline(ScriptedWire(FOREVER)).send(a_request(5.0)))
    await asyncio.sleep(0)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_at_the_deadline_stays_one() -> None:
    class Wire(ScriptedWire):
        """Is given up by its caller at the very moment when time is up."""

        async def send(self, request: Request, /) -> Response:
            try:
                await asyncio.Event().wait()
            finally:
                task.cancel()
            raise AssertionError

    task = asyncio.create_task(Deadline(Wire()).send(a_request()))

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_time_limit_of_the_callers_own_is_the_callers() -> None:
    with pytest.raises(builtins.TimeoutError) as caught:
        async with asyncio.timeout(SOON):
            await Deadline(ScriptedWire(FOREVER)).send(a_request(5.0))

    assert not isinstance(caught.value, TimeoutError)


async def test_a_reading_task_that_is_cancelled_leaves_its_neighbours_alone() -> None:
    wire = ScriptedWire(ScriptedResponse(200, [FOREVER]), ScriptedResponse(200, b"fine"))
    deadline = Deadline(wire)
    first = await deadline.send(a_request(5.0, "bytes"))
    second = await deadline.send(a_request(5.0, "bytes"))

    task = asyncio.create_task(first.receive())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await second.receive() == b"fine"


async def test_a_call_out_of_time_leaves_its_task_as_it_was() -> None:
    task = asyncio.current_task()
    assert task is not None
    async with asyncio.TaskGroup() as group:  # which would end early in a task that seems to be cancelled
        with pytest.raises(TimeoutError):
            await Deadline(ScriptedWire(FOREVER)).send(a_request())
        neighbour = group.create_task(asyncio.sleep(0, "fine"))

    assert (task.cancelling(), neighbour.result()) == (0, "fine")


async def test_an_answer_at_the_very_deadline_is_an_answer_or_too_late() -> None:
    class Wire(ScriptedWire):
        async def send(self, request: Request, /) -> Response:
            assert request.deadline is not None
            loop = asyncio.get_running_loop()
            due = loop.create_future()
            loop.call_at(request.deadline.at, due.set_result, None)
            await due
            return await super().send(request)

    async def outcome() -> str:
        task = asyncio.current_task()
        assert task is not None
        try:
            what = str((await Deadline(Wire(200)).send(a_request())).status)
        except TimeoutError as exc:
            what = exc.limit
        await asyncio.sleep(0)  # a cancellation that comes late would end it here
        return f"{what} {task.cancelling()}"

    assert set(await asyncio.gather(*(outcome() for _ in range(100)))) <= {"200 0", "total 0"}


async def test_no_timer_is_left_behind() -> None:
    loop = asyncio.get_running_loop()
    fired: list[str] = []
    response = await Deadline(ScriptedWire(200)).send(a_request(answer="bytes"))
    await response.read()

    loop.call_later(SOON * 2, fired.append, "later")
    await asyncio.sleep(SOON * 3)

    assert fired == ["later"]  # and this task was not interrupted


async def test_a_body_of_many_chunks_has_one_timer_which_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []
    call_at = loop.call_at

    def counted(when: float, callback: Callable[..., object], *args: object) -> asyncio.TimerHandle:
        timers.append(call_at(when, callback, *args))
        return timers[-1]

    monkeypatch.setattr(loop, "call_at", counted)
    wire = ScriptedWire(ScriptedResponse(200, [b"a"] * 100), ScriptedResponse(200, [b"a"] * 100))

    read = await Deadline(wire).send(a_request(5.0, "events"))
    while await read.receive():
        pass
    left = await Deadline(wire).send(a_request(5.0, "events"))
    await left.receive()
    left.close()

    assert [timer.cancelled() for timer in timers] == [True, True]


async def test_who_reads_a_body_that_another_task_reads_takes_no_limit_from_it() -> None:
    class Response(ScriptedResponse):
        async def receive(self) -> bytes:
            if self.received:
                raise RuntimeError("read by another task")
            self.received = 1
            return await super().receive()

    response = await Deadline(ScriptedWire(Response(200, [FOREVER]))).send(a_request(answer="events"))
    first = asyncio.create_task(response.receive())
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError):
        await response.receive()

    async with asyncio.timeout(5):
        with pytest.raises(TimeoutError) as caught:
            await first
    assert caught.value.limit == "total"


async def test_closing_closes_what_is_below() -> None:
    wire = ScriptedWire()

    await Deadline(wire).aclose()

    assert not wire.open
