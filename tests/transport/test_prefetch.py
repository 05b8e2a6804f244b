"""What is read of an answer before it is handed on, and what becomes of the rest."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.errors import ConnectionLost, ResponseDecodeError, TransportError
from mistral_async.http import Answer
from mistral_async.transport.held import ERROR_LIMIT
from mistral_async.transport.prefetch import Prefetch
from tests.fakes import FOREVER, ScriptedResponse, ScriptedWire, a_request

WHOLE = a_request()
EVENTS = msgspec.structs.replace(WHOLE, answer="events")
BYTES = msgspec.structs.replace(WHOLE, answer="bytes")
LIMIT = 1000


def prefetch(response: ScriptedResponse, limit: int = LIMIT) -> Prefetch:
    return Prefetch(ScriptedWire(response), limit)


async def test_a_whole_answer_is_there_before_it_is_handed_on() -> None:
    wire = ScriptedResponse(201, [b"one", b"two"], {"a": "b"})

    response = await prefetch(wire).send(WHOLE)

    assert (wire.ended, wire.closed) == (True, 0)
    assert (response.status, response.headers, response.http_version, response.attempts) == (
        201,
        wire.headers,
        "1.1",
        1,
    )
    response.close()
    assert await response.read() == b"onetwo"
    assert [await response.receive(), await response.read()] == [b"", b""]


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=6), st.integers(1, 1000))
async def test_an_answer_is_held_if_it_fits_and_is_an_error_if_not(chunks: list[bytes], limit: int) -> None:
    body, wire = b"".join(chunks), ScriptedResponse(200, list[bytes | Exception | type[asyncio.Event]](chunks))
    if len(body) <= limit:
        assert await (await prefetch(wire, limit).send(WHOLE)).read() == body
    else:
        with pytest.raises(ResponseDecodeError) as caught:
            await prefetch(wire, limit).send(WHOLE)
        assert (caught.value.body, wire.closed) == (body[:limit], 1)


async def test_the_error_of_an_answer_that_is_too_large_says_what_to_do() -> None:
    wire = ScriptedResponse(200, [b"x" * 700, b"y" * 700, FOREVER], {"x-kong-request-id": "r"})

    with pytest.raises(ResponseDecodeError) as caught:
        await prefetch(wire).send(WHOLE)

    assert str(caught.value) == (
        "the answer to POST /v1/things/{thing_id} is larger than `max_response_size` (1000 bytes); raise that, "
        "or iterate over the answer, which holds none of it"
    )
    assert (caught.value.status, caught.value.request_id, caught.value.path) == (200, "r", WHOLE.path)
    assert (caught.value.body, caught.value.retry_safe, wire.dropped) == (b"x" * 700 + b"y" * 300, False, True)


@pytest.mark.parametrize("answer", ["whole", "events"])
async def test_an_answer_that_breaks_off_is_raised_by_sending_it_and_closed(answer: Answer) -> None:
    wire = ScriptedResponse(200, [ConnectionLost("gone")])

    with pytest.raises(ConnectionLost, match="gone"):
        await prefetch(wire).send(msgspec.structs.replace(WHOLE, answer=answer))

    assert wire.dropped


@pytest.mark.parametrize(("answer", "status"), [("whole", 200), ("events", 200), ("bytes", 500), ("whole", 404)])
async def test_an_answer_whose_reader_is_cancelled_is_closed(answer: Answer, status: int) -> None:
    wire = ScriptedResponse(status, [FOREVER])
    sending = asyncio.create_task(prefetch(wire).send(msgspec.structs.replace(WHOLE, answer=answer)))
    await asyncio.sleep(0)

    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert wire.dropped


async def test_a_stream_is_handed_on_with_its_first_chunk_and_no_more() -> None:
    wire = ScriptedResponse(200, [b"one", b"two", ConnectionLost("gone")], {"a": "b"})

    response = await prefetch(wire, limit=1).send(EVENTS)

    assert (wire.received, response.status, response.headers) == (3, 200, wire.headers)
    assert (response.http_version, response.attempts) == ("1.1", 1)
    assert [await response.receive(), await response.receive()] == [b"one", b"two"]
    with pytest.raises(ConnectionLost):
        await response.receive()
    response.close()
    assert wire.closed == 1


async def test_a_stream_can_be_read_whole_too_also_where_it_is_empty() -> None:
    assert await (await prefetch(ScriptedResponse(200, [b"one", b"two"])).send(EVENTS)).read() == b"onetwo"
    assert await (await prefetch(ScriptedResponse(200, b"")).send(EVENTS)).receive() == b""


async def test_of_an_answer_in_chunks_nothing_is_read() -> None:
    wire = ScriptedResponse(200, [FOREVER])

    assert await prefetch(wire).send(BYTES) is wire


@pytest.mark.parametrize("request_", [WHOLE, EVENTS, BYTES])
@pytest.mark.parametrize("status", [302, 429, 503])
async def test_of_an_error_the_body_is_there_and_the_response_is_closed(status: int, request_: object) -> None:
    wire = ScriptedResponse(status, [b"no", b"!"])
    assert isinstance(request_, type(WHOLE))

    response = await prefetch(wire, limit=1).send(request_)

    assert (response.status, await response.read(), wire.dropped) == (status, b"no!", False)


@pytest.mark.parametrize("end", [ConnectionLost("gone"), TransportError("anything")])
async def test_of_an_error_that_breaks_off_what_came_is_kept(end: Exception) -> None:
    wire = ScriptedResponse(500, [b"no", end])

    response = await prefetch(wire).send(WHOLE)

    assert (await response.read(), wire.dropped) == (b"no", True)


async def test_of_an_endless_error_the_beginning_is_read() -> None:
    wire = ScriptedResponse(500, [b"x" * (ERROR_LIMIT - 1), b"yz", FOREVER])

    response = await prefetch(wire).send(WHOLE)

    body = await response.read()
    assert (len(body), body[-2:], wire.dropped) == (ERROR_LIMIT, b"xy", True)


async def test_what_is_below_is_closed() -> None:
    wire = ScriptedWire()

    await Prefetch(wire, LIMIT).aclose()

    assert not wire.open
