"""A call with settings of its own, and a call for everything that the server sent."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from mistral_async.calls import Call
from mistral_async.errors import NotFoundError, ResponseDecodeError
from mistral_async.models.files import ListFilesOut
from mistral_async.operation import Operation
from mistral_async.settings import Timeout
from tests.fakes import ScriptedResponse, ScriptedWire, engine

LIST = Operation(method="GET", path="/v1/files", query="files.ListFilesQuery", answer="files.ListFilesOut")
EMPTY = b'{"data":[],"object":"list"}'
EXPECTED = ListFilesOut(data=[], object="list")


def call(wire: ScriptedWire, **params: Any) -> Call[ListFilesOut]:
    return Call(engine(wire), LIST, "/v1/files", None, params)


async def test_options_make_a_call_that_takes_the_place_of_the_first() -> None:
    wire = ScriptedWire(EMPTY)
    first = call(wire, page=1)

    second = first.options(timeout=300, headers={"X-A": "1"}).options(headers={"x-b": "2"}, extra_body={"new": 1})
    await second

    (request,) = wire.requests
    assert request.timeout == Timeout(connect=300, read=300)
    assert (request.headers["x-a"], request.headers["x-b"]) == ("1", "2")
    assert request.body == b'{"new":1}'
    assert request.url.endswith("?page=1")
    with pytest.raises(RuntimeError, match="used already"):
        first.raw()


async def test_options_that_are_not_given_stay() -> None:
    wire = ScriptedWire(EMPTY)

    await call(wire).options(timeout=None, extra_body={"a": 1}).options()

    assert wire.requests[0].timeout == Timeout(connect=None, read=None)
    assert wire.requests[0].body == b'{"a":1}'


@pytest.mark.parametrize(
    ("options", "name"),
    [({"timeout": 0}, "timeout"), ({"headers": {"a b": "x"}}, "headers"), ({"headers": {"a": "x\n"}}, "headers")],
)
def test_an_option_that_is_wrong_is_named_and_leaves_the_call_usable(options: dict[str, Any], name: str) -> None:
    listing = call(ScriptedWire(EMPTY))

    with pytest.raises(ValueError, match=f"^{name}: "):
        listing.options(**options)

    assert asyncio.run(_awaited(listing)) == EXPECTED


async def _awaited(coroutine: Coroutine[Any, Any, ListFilesOut]) -> ListFilesOut:
    return await coroutine


async def test_a_raw_answer_is_what_came_and_decodes_to_the_same() -> None:
    response = ScriptedResponse(201, EMPTY, {"X-Kong-Request-Id": "r-1"})

    raw = await call(ScriptedWire(response)).raw()

    assert (raw.status, raw.body, raw.request_id, raw.http_version) == (201, EMPTY, "r-1", "1.1")
    assert raw.headers["x-kong-request-id"] == "r-1"
    assert raw.decode() == EXPECTED
    assert repr(raw) == f"<Raw 201, {len(EMPTY)} bytes>"


async def test_a_raw_answer_that_cannot_be_read_is_still_there() -> None:
    raw = await call(ScriptedWire(b"<html>")).raw()

    with pytest.raises(ResponseDecodeError):
        raw.decode()
    assert raw.body == b"<html>"


async def test_a_raw_call_raises_for_a_status_that_says_no() -> None:
    with pytest.raises(NotFoundError):
        await call(ScriptedWire(404)).raw()


async def test_a_raw_call_keeps_the_options() -> None:
    wire = ScriptedWire(EMPTY, EMPTY)

    await call(wire).options(headers={"x-a": "1"}).raw()
    await call(wire).raw().options(headers={"x-a": "2"})

    assert [request.headers["x-a"] for request in wire.requests] == ["1", "2"]


async def test_an_extra_body_that_is_no_mapping_is_refused_by_name() -> None:
    fields: Any = [1]
    made = call(ScriptedWire(EMPTY))

    with pytest.raises(ValueError, match=r"^extra_body must be a mapping of field names to values, not list$"):
        made.options(extra_body=fields)
    assert await made == EXPECTED  # and what was wrong has not used it up
