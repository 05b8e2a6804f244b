"""A call is a value: awaited, scheduled, changed, cancelled, dropped."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import pytest

from mistral_async.calls import Call, StreamingCall
from mistral_async.errors import ConnectionLost, RequestValidationError
from mistral_async.models.files import ListFilesOut
from mistral_async.operation import Operation
from tests.fakes import FOREVER, ScriptedResponse, ScriptedWire, engine

LIST = Operation(method="GET", path="/v1/files", query="files.ListFilesQuery", answer="files.ListFilesOut")
EMPTY = b'{"data":[],"object":"list"}'
EXPECTED = ListFilesOut(data=[], object="list")


def call(wire: ScriptedWire, **params: Any) -> Call[ListFilesOut]:
    return Call(engine(wire), LIST, "/v1/files", None, params)


async def test_making_a_call_sends_nothing_and_awaiting_it_sends_it() -> None:
    wire = ScriptedWire(EMPTY)

    listing = call(wire)
    assert wire.requests == []

    assert await listing == EXPECTED
    assert [str(request) for request in wire.requests] == ["GET /v1/files"]


async def test_awaiting_a_call_again_raises() -> None:
    wire = ScriptedWire(EMPTY, EMPTY)
    listing = call(wire)
    await listing

    with pytest.raises(RuntimeError, match=r"<Call GET /v1/files> was used already .*make it anew"):
        await listing

    assert len(wire.requests) == 1


async def test_a_call_that_waits_has_let_go_of_its_arguments() -> None:
    class Arguments(dict[str, Any]):
        """Which may be looked for, as a plain dict may not."""

    arguments = Arguments(page=1)
    kept = weakref.ref(arguments)
    wire = ScriptedWire(ScriptedResponse(200, [FOREVER]))
    waiting = asyncio.create_task(Call[Any](engine(wire), LIST, "/v1/files", None, arguments))
    await asyncio.sleep(0)

    del arguments

    assert len(wire.requests) == 1
    assert kept() is None
    waiting.cancel()
    await asyncio.wait([waiting])


async def test_each_way_of_scheduling_a_coroutine_takes_a_call() -> None:
    wire = ScriptedWire(*[EMPTY] * 7)

    async with asyncio.TaskGroup() as group:
        grouped = group.create_task(call(wire))
    shielded = asyncio.shield(call(wire))
    results: list[ListFilesOut] = [
        grouped.result(),
        await shielded,
        await asyncio.create_task(call(wire)),
        await asyncio.wait_for(call(wire), 1),
        *await asyncio.gather(call(wire), call(wire)),
        await asyncio.ensure_future(call(wire)),
    ]

    assert results == [EXPECTED] * 7


def test_a_call_runs_as_the_main_coroutine_of_a_loop() -> None:
    assert asyncio.run(call(ScriptedWire(EMPTY))) == EXPECTED


def test_a_call_that_is_dropped_unsent_warns() -> None:
    dropped = call(ScriptedWire())

    with pytest.warns(RuntimeWarning, match=r"<Call GET /v1/files> was never sent: await it"):
        del dropped


def test_a_call_that_is_closed_unsent_is_silent_and_cannot_be_sent() -> None:
    closed = call(ScriptedWire())

    closed.close()
    closed.close()

    with pytest.raises(RuntimeError, match="used already"):
        closed.send(None)


async def test_a_call_that_could_not_be_made_says_only_why() -> None:
    with pytest.raises(TypeError):
        Call()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    gc.collect()


@pytest.mark.parametrize("error", [ConnectionLost("gone"), RequestValidationError("wrong")])
async def test_what_the_wire_raises_comes_out(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        await call(ScriptedWire(error))

    assert caught.value is error


async def test_a_wrong_argument_is_told_before_anything_is_sent() -> None:
    wire = ScriptedWire()

    with pytest.raises(RequestValidationError, match="did you mean 'page'"):
        await call(wire, pge=1)

    assert wire.requests == []


async def test_cancelling_a_call_before_its_first_step_sends_nothing() -> None:
    wire = ScriptedWire()
    task = asyncio.create_task(call(wire))

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert wire.requests == []


async def test_cancelling_a_call_that_waits_for_an_answer_ends_it() -> None:
    wire = ScriptedWire(FOREVER)
    task = asyncio.create_task(call(wire))
    await asyncio.sleep(0)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert len(wire.requests) == 1


@pytest.mark.parametrize("raw", [False, True])
async def test_cancelling_a_call_that_reads_its_answer_drops_the_connection(raw: bool) -> None:
    response = ScriptedResponse(200, [b"{", FOREVER])
    reading = call(ScriptedWire(response))
    task: asyncio.Task[Any] = asyncio.create_task(reading.raw() if raw else reading)
    await asyncio.sleep(0)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert response.dropped


async def test_an_answer_that_breaks_off_drops_the_connection() -> None:
    response = ScriptedResponse(200, [b"{", ConnectionLost("cut")])

    with pytest.raises(ConnectionLost):
        await call(ScriptedWire(response))

    assert response.dropped


def test_sending_throwing_and_closing_are_those_of_a_coroutine() -> None:
    done = call(ScriptedWire(EMPTY))
    with pytest.raises(StopIteration) as stopped:
        done.send(None)
    assert stopped.value.value == EXPECTED
    with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
        done.send(None)

    thrown: list[tuple[Any, ...]] = [(OSError,), (OSError("x"),), (OSError, OSError("x"), None), (OSError, "x")]
    for arguments in thrown:
        with pytest.raises(OSError):  # noqa: PT011  # whatever it says
            call(ScriptedWire()).throw(*arguments)


def test_closing_a_call_on_its_way_ends_it() -> None:
    wire = ScriptedWire(FOREVER)
    running = call(wire)

    async def begin() -> None:
        running.send(None)
        running.close()

    asyncio.run(begin())

    assert len(wire.requests) == 1
    with pytest.raises(RuntimeError):
        running.send(None)


def test_a_call_shows_what_it_is_and_nothing_of_what_it_holds() -> None:
    secret = StreamingCall[Any, Any](engine(ScriptedWire()), LIST, "/v1/files", {"key": "secret"}, {"key": "secret"})

    assert repr(secret) == "<StreamingCall GET /v1/files>"
    secret.close()
