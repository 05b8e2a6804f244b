"""Errors in which a server repeats the key."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.transport.auth import Auth
from mistral_async.transport.redacted import Redacted, redacted
from tests.fakes import ScriptedResponse, ScriptedWire, a_request

KEY = "secret-key-of-ours"
HERE = "http://mistral.test"


@given(st.lists(st.sampled_from([KEY, KEY[:7], KEY[7:], "x", "secret-"]), max_size=8), st.data())
async def test_the_key_is_masked_however_the_body_is_cut(words: list[str], data: st.DataObject) -> None:
    body = "".join(words).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    chunks = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    response = Redacted(ScriptedResponse(400, [chunk for chunk in chunks if chunk]), KEY)

    received = b""
    while chunk := await response.receive():
        received += chunk

    assert received == body.replace(KEY.encode(), b"***")
    assert await response.receive() == b""


async def test_the_whole_body_is_masked_and_the_rest_is_as_it_was() -> None:
    inner = ScriptedResponse(401, f"wrong key {KEY}".encode(), {"a": "b", "www-authenticate": f"x {KEY}"})
    response = Redacted(inner, KEY)

    assert await response.read() == b"wrong key ***"
    assert (response.status, response.headers["a"], response.http_version) == (401, "b", inner.http_version)
    assert response.headers["www-authenticate"] == "x ***"
    response.close()


@pytest.mark.parametrize(("status", "key"), [(200, KEY), (500, "k")])
def test_answers_and_what_is_no_real_key_are_left_alone(status: int, key: str) -> None:
    response = ScriptedResponse(status, b"")

    assert redacted(response, key) is response


async def test_nothing_is_held_back_but_what_may_be_the_key() -> None:
    response = Redacted(ScriptedResponse(401, [b'{"message":"no"}', b" " + KEY[:3].encode()]), KEY)

    assert await response.receive() == b'{"message":"no"}'
    assert [await response.receive() for _ in range(3)] == [b" ", KEY[:3].encode(), b""]


async def test_what_was_held_back_is_in_the_rest_of_the_body() -> None:
    response = Redacted(ScriptedResponse(401, [b"wrong " + KEY[:6].encode(), KEY[6:].encode() + b"!"]), KEY)

    assert await response.receive() == b"wrong "
    assert await response.read() == b"***!"
    assert await response.read() == b""


async def test_a_key_that_the_caller_put_on_is_masked_too() -> None:
    wire = ScriptedWire(ScriptedResponse(302, f"moved, {KEY}".encode()))
    request = a_request().with_headers({"authorization": f"Bearer {KEY}"})

    assert await (await Auth(wire, "k", HERE).send(request)).read() == b"moved, ***"


async def test_a_function_for_the_key_must_be_async() -> None:
    ask: Any = lambda: "key"  # noqa: E731  # as somebody writes it whose editor does not check types

    with pytest.raises(ValueError, match="api_key: the function that is asked for the key must be async"):
        await Auth(ScriptedWire(200), ask, HERE).send(msgspec.structs.replace(a_request(), headers={}))


async def test_the_key_goes_to_its_own_origin_alone() -> None:
    wire = ScriptedWire(200, ScriptedResponse(401, f"you sent {KEY}".encode()))
    auth = Auth(wire, KEY, HERE)
    here = msgspec.structs.replace(a_request(), headers={})

    for url in ("http://mistral.test/v1/things", "http://mistral.test.other/v1/things"):
        await auth.send(msgspec.structs.replace(here, url=url))

    assert [dict(request.headers) for request in wire.requests] == [{"authorization": f"Bearer {KEY}"}, {}]


async def test_a_function_is_not_asked_for_the_key_where_none_is_sent() -> None:
    async def ask() -> str:
        raise AssertionError("asked")

    request = msgspec.structs.replace(a_request(), url="https://other.test/", headers={})

    assert (await Auth(ScriptedWire(200), ask, HERE).send(request)).status == 200
