"""What is read of an answer before it is handed on, and what becomes of the rest."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.codec.sse import EventParser
from mistral_async.errors import ConnectionLost, ResponseDecodeError, TransportError
from mistral_async.http import Answer
from mistral_async.transport.first_event import FirstEvent
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


@pytest.mark.parametrize("answer", ["whole", "events", "bytes"])
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


FIRST = [
    [b"data: 1\n\n"],
    [b"data: 1\r\n\r\n"],
    [b"data\r\r"],
    [b"data: 1", b"\n", b"\n"],
    [b"da", b"ta:\r", b"\n", b"\r"],
    [b": a comment\n\n", b"event: x\n", b"id\n", b"data: 1\n", b"retry: 5\n\n"],
    [b"database: 1\n\n", b"data:", b"x" * 100, b"\n\n"],
    [b"\xef\xbb", b"\xbfdata:\n\n"],
    [b"data: 1\n\ndata: 2\n\nda"],
]


@pytest.mark.parametrize("headers", [{}, {"content-type": "Text/Event-Stream; charset=utf-8"}])
@pytest.mark.parametrize("chunks", FIRST)
async def test_a_stream_is_handed_on_with_its_first_event_and_no_more(
    chunks: list[bytes], headers: dict[str, str]
) -> None:
    wire = ScriptedResponse(200, [*chunks, b"two", ConnectionLost("gone")], headers)

    response = await prefetch(wire).send(EVENTS)

    assert (wire.received, response.status, response.headers) == (len(b"".join(chunks)), 200, wire.headers)
    assert (response.http_version, response.attempts) == ("1.1", 1)
    assert [await response.receive(), await response.receive()] == [b"".join(chunks), b"two"]
    with pytest.raises(ConnectionLost):
        await response.receive()
    response.close()
    assert wire.closed == 1


async def test_a_stream_can_be_read_whole_too_also_where_it_is_empty() -> None:
    assert await (await prefetch(ScriptedResponse(200, [b"one", b"two"])).send(EVENTS)).read() == b"onetwo"
    assert await (await prefetch(ScriptedResponse(200, b"")).send(EVENTS)).receive() == b""


@pytest.mark.parametrize("chunks", [[b": hello\n\n"], [b"data: 1\n"], [b": \r\n\r\n", b"data: 1\r\n"]])
async def test_a_stream_that_breaks_off_before_its_first_event_is_raised_by_sending_it(chunks: list[bytes]) -> None:
    wire = ScriptedResponse(200, [*chunks, ConnectionLost("gone")])

    with pytest.raises(ConnectionLost, match="gone"):
        await prefetch(wire).send(EVENTS)

    assert wire.dropped


async def test_a_stream_that_ends_before_its_first_event_is_handed_on_as_it_is() -> None:
    response = await prefetch(ScriptedResponse(200, [b": hello\n", b"data: 1"])).send(EVENTS)

    assert await response.read() == b": hello\ndata: 1"


async def test_a_first_event_without_an_end_is_held_up_to_the_limit() -> None:
    wire = ScriptedResponse(200, [b"data: " + b"x" * 600, b"x" * 600, FOREVER])

    response = await prefetch(wire).send(EVENTS)

    assert len(await response.receive()) == 1206
    response.close()


async def test_what_is_no_stream_is_handed_on_with_its_first_chunk() -> None:
    wire = ScriptedResponse(200, [b"{", FOREVER], {"content-type": "application/json"})

    assert await (await prefetch(wire).send(EVENTS)).receive() == b"{"


async def test_an_answer_in_chunks_is_handed_on_with_its_first_and_no_more() -> None:
    wire = ScriptedResponse(200, [b"one", b"two", FOREVER])

    response = await prefetch(wire, limit=1).send(BYTES)

    assert wire.received == 3
    assert [await response.receive(), await response.receive()] == [b"one", b"two"]


@given(
    st.lists(st.sampled_from([b"data", b":", b" x", b"\n", b"\r", b"\r\n", b"e", b"\xef\xbb\xbf"]), max_size=12),
    st.data(),
)
async def test_a_first_event_is_found_where_it_ends_however_the_stream_is_cut(
    parts: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    finding = FirstEvent()

    found = any(finding.completed_by(chunk) for chunk in chunks if chunk)

    # The parser may give it one byte later: it cannot know before whether a CR is followed by its LF.
    assert found == bool(EventParser().feed(stream))


@pytest.mark.parametrize("request_", [WHOLE, EVENTS, BYTES])
@pytest.mark.parametrize("status", [302, 429, 503])
async def test_of_an_error_the_body_is_there_and_the_response_is_closed(status: int, request_: object) -> None:
    wire = ScriptedResponse(status, [b"no", b"!"])
    assert isinstance(request_, type(WHOLE))

    response = await prefetch(wire).send(request_)

    assert (response.status, await response.read(), wire.dropped) == (status, b"no!", False)


@pytest.mark.parametrize("end", [ConnectionLost("gone"), TransportError("anything")])
async def test_of_an_error_that_breaks_off_what_came_is_kept(end: Exception) -> None:
    wire = ScriptedResponse(500, [b"no", end])

    response = await prefetch(wire).send(WHOLE)

    assert (await response.read(), wire.dropped) == (b"no", True)


async def test_of_an_endless_error_the_beginning_is_read() -> None:
    wire = ScriptedResponse(500, [b"x" * (ERROR_LIMIT - 1), b"yz", FOREVER])

    response = await prefetch(wire, limit=10 * ERROR_LIMIT).send(WHOLE)

    body = await response.read()
    assert (len(body), body[-2:], wire.dropped) == (ERROR_LIMIT, b"xy", True)


async def test_of_an_error_no_more_is_held_than_of_an_answer() -> None:
    response = await prefetch(ScriptedResponse(500, [b"x" * 700, b"y" * 700, FOREVER])).send(WHOLE)

    assert len(await response.read()) == LIMIT


async def test_what_is_below_is_closed() -> None:
    wire = ScriptedWire()

    await Prefetch(wire, LIMIT).aclose()

    assert not wire.open
