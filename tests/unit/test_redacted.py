"""Errors in which a server repeats the key."""

from __future__ import annotations

import traceback
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.errors import ConnectError
from mistral_async.transport.auth import REMEMBERED, Auth
from mistral_async.transport.redacted import Redacted, masked, redacted
from tests.fakes import ScriptedResponse, ScriptedWire, a_request

KEY = "secret-key-of-ours"
HERE = "http://mistral.test"
PLAIN = msgspec.structs.replace(a_request(), headers={})


@given(st.lists(st.sampled_from([KEY, KEY[:7], KEY[7:], "x", "secret-"]), max_size=8), st.data())
async def test_the_key_is_masked_however_the_body_is_cut(words: list[str], data: st.DataObject) -> None:
    body = "".join(words).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    chunks = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    response = Redacted(ScriptedResponse(400, [chunk for chunk in chunks if chunk]), (KEY,))

    received = b""
    while chunk := await response.receive():
        received += chunk

    assert received == body.replace(KEY.encode(), b"***")
    assert await response.receive() == b""


async def test_the_whole_body_is_masked_and_the_rest_is_as_it_was() -> None:
    inner = ScriptedResponse(401, f"wrong key {KEY}".encode(), {"a": "b", "www-authenticate": f"x {KEY}"})
    response = Redacted(inner, (KEY,))

    assert await response.read() == b"wrong key ***"
    assert (response.status, response.headers["a"], response.http_version) == (401, "b", inner.http_version)
    assert response.headers["www-authenticate"] == "x ***"
    response.close()


def test_what_is_no_real_key_is_left_alone() -> None:
    response = ScriptedResponse(500, b"")

    assert redacted(response, ("k", "")) is response
    assert masked("k and all", ("k", "")) == "k and all"


@given(st.lists(st.sampled_from([KEY, "our-password", "our", "-", "secret-", "x"]), max_size=8), st.data())
async def test_of_several_secrets_none_is_left_however_the_body_is_cut(words: list[str], data: st.DataObject) -> None:
    body = "".join(words).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    chunks = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    response = Redacted(ScriptedResponse(400, [chunk for chunk in chunks if chunk]), (KEY, "our-password"))

    received = b""
    while chunk := await response.receive():
        received += chunk

    assert KEY.encode() not in received
    assert b"our-password" not in received


async def test_an_answer_that_says_yes_is_the_callers_own() -> None:
    response = ScriptedResponse(200, KEY.encode())

    assert await Auth(ScriptedWire(response), KEY, HERE).send(PLAIN) is response


async def test_nothing_is_held_back_but_what_may_be_the_key() -> None:
    response = Redacted(ScriptedResponse(401, [b'{"message":"no"}', b" " + KEY[:3].encode()]), (KEY,))

    assert await response.receive() == b'{"message":"no"}'
    assert [await response.receive() for _ in range(3)] == [b" ", KEY[:3].encode(), b""]


async def test_what_was_held_back_is_in_the_rest_of_the_body() -> None:
    response = Redacted(ScriptedResponse(401, [b"wrong " + KEY[:6].encode(), KEY[6:].encode() + b"!"]), (KEY,))

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


async def test_an_error_in_the_place_of_an_answer_does_not_show_the_key() -> None:
    wire = ScriptedWire(ConnectError(f"the proxy said: {KEY}?"))

    with pytest.raises(ConnectError, match=r"^the proxy said: \*\*\*\?$") as caught:
        await Auth(wire, KEY, HERE).send(PLAIN)

    assert KEY not in repr(caught.value) + repr(vars(caught.value))


async def test_what_is_secret_of_an_origin_is_masked_in_what_comes_from_there() -> None:
    asked: list[str] = []

    def secrets(origin: str) -> tuple[str, ...]:
        asked.append(origin)
        return ("our-password",)

    wire = ScriptedWire(200, ScriptedResponse(502, b"our-password"), ConnectError("our-password"))
    auth = Auth(wire, KEY, HERE, secrets=secrets)

    await auth.send(PLAIN)
    assert asked == []
    assert await (await auth.send(PLAIN)).read() == b"***"
    with pytest.raises(ConnectError, match=r"^\*\*\*$"):
        await auth.send(PLAIN)
    assert asked == [HERE, HERE]


async def test_the_keys_that_a_function_gave_last_are_masked_in_any_text() -> None:
    keys = [f"{KEY}-{number}!" for number in range(20)]
    giving = iter(keys)

    async def ask() -> str:
        return next(giving)

    auth = Auth(ScriptedWire(*[200] * 20), ask, HERE)
    for _ in keys:
        await auth.send(PLAIN)

    assert auth.masked(f"{keys[-1]} {keys[-REMEMBERED]}") == "*** ***"
    assert auth.masked(keys[-REMEMBERED - 1]) == keys[-REMEMBERED - 1]  # no more than that are kept
    assert Auth(ScriptedWire(), KEY, HERE).masked(f"it was {KEY}") == "it was ***"


async def test_an_error_of_the_function_for_the_key_is_the_callers_own() -> None:
    async def ask() -> str:
        raise ConnectError("no way to the vault")

    with pytest.raises(ConnectError) as caught:
        await Auth(ScriptedWire(200), ask, HERE).send(PLAIN)

    assert caught.value.of_caller


async def test_no_local_of_a_frame_shows_the_key_while_it_waits() -> None:
    async def ask() -> str:
        return KEY

    for key in (KEY, ask):
        with pytest.raises(ConnectError) as caught:
            await Auth(ScriptedWire(ConnectError("no")), key, HERE).send(PLAIN)

        frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
        ours = [frame for frame in frames if frame.f_code.co_filename.endswith("auth.py")]
        assert ours
        assert KEY not in repr([frame.f_locals for frame in ours])
