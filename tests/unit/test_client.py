"""The client: settings in, resources out, and never the key."""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
import traceback
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

import mistral_async
from mistral_async import (
    CircuitBreaker,
    ConnectionLost,
    MistralClient,
    RequestValidationError,
    ResponseDecodeError,
    Timeout,
)
from mistral_async.engine import USER_AGENT
from mistral_async.settings.checks import API_KEY_VARIABLE
from mistral_async.transport.auth import Auth
from tests.fakes import FOREVER, ScriptedResponse, ScriptedWire, a_request


async def an_async_hook(_: object) -> None: ...


class AsyncHook:
    async def __call__(self, _: object) -> None: ...


EMPTY = b'{"data":[],"object":"list"}'


def client(wire: ScriptedWire, **settings: Any) -> MistralClient:
    settings.setdefault("api_key", "secret-key")
    return MistralClient(wire=wire, **settings)


async def test_a_request_carries_the_key_and_what_the_settings_say() -> None:
    wire = ScriptedWire(EMPTY)

    async with client(wire, base_url="http://gateway.test/v1", timeout=5, headers={"X-Team": "a"}) as sdk:
        await sdk.files()

    (request,) = wire.requests
    assert request.url == "http://gateway.test/v1/files"
    assert request.timeout == Timeout(connect=5, read=5)
    assert request.headers["authorization"] == "Bearer secret-key"
    assert (request.headers["x-team"], request.headers["user-agent"]) == ("a", USER_AGENT)
    assert not wire.open


async def test_what_is_left_out_has_a_default() -> None:
    wire = ScriptedWire(EMPTY)

    await client(wire, base_url=None, headers=None).files()

    assert wire.requests[0].url == "https://api.mistral.ai/v1/files"


async def test_headers_of_the_client_and_of_the_call_come_before_our_own() -> None:
    wire = ScriptedWire(EMPTY)
    sdk = client(wire, headers={"User-Agent": "mine", "x-a": "client"})

    await sdk.files().options(headers={"X-A": "call", "Authorization": "Bearer other"})

    headers = wire.requests[0].headers
    assert (headers["user-agent"], headers["x-a"], headers["authorization"]) == ("mine", "call", "Bearer other")


async def test_a_function_is_asked_for_the_key_before_each_attempt() -> None:
    keys = iter(["first", "second"])

    async def key() -> str:
        return next(keys)

    wire = ScriptedWire(EMPTY, EMPTY)
    sdk = client(wire, api_key=key)

    await sdk.files()
    await sdk.files()

    assert [request.headers["authorization"] for request in wire.requests] == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize("given", ["", "secret\n", None, b"secret"])
async def test_a_function_that_gives_no_key_is_named_and_nothing_is_sent(given: Any) -> None:
    async def key() -> Any:
        return given

    wire = ScriptedWire()

    with pytest.raises(ValueError, match=r"^api_key: ") as caught:
        await client(wire, api_key=key).files()

    assert "secret" not in str(caught.value)
    assert wire.requests == []


async def test_a_request_that_brings_its_own_authorization_asks_for_no_key() -> None:
    async def key() -> str:
        pytest.fail("the key was asked for")

    wire = ScriptedWire(EMPTY)
    await Auth(wire, key, "http://mistral.test").send(a_request())

    assert wire.requests[0].headers["authorization"] == "Bearer secret-key"


async def test_the_key_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, "from-environment")
    wire = ScriptedWire(EMPTY)

    await MistralClient(wire=wire).files()

    assert wire.requests[0].headers["authorization"] == "Bearer from-environment"


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"api_key": ""}, "api_key"),
        ({"base_url": "secret-place"}, "base_url"),
        ({"timeout": 0}, "timeout"),
        ({"headers": {"": "x"}}, "headers"),
        ({"retry": 3}, "retry"),
        ({"max_connections": 0}, "max_connections"),
        ({"on_request": 5}, "on_request"),
        ({"on_response": an_async_hook}, "on_response"),
        ({"on_retry": AsyncHook()}, "on_retry"),
    ],
)
def test_a_setting_that_is_wrong_is_named(settings: dict[str, Any], name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}(:| must be) ") as caught:
        client(ScriptedWire(), **settings)

    assert "secret-key" not in str(caught.value)


def test_a_client_keeps_its_resources() -> None:
    client = MistralClient(api_key="sk-secret")

    assert client.chat is client.chat


def test_a_client_shows_where_it_goes_and_not_its_key() -> None:
    sdk = client(ScriptedWire(), headers={"x-secret": "secret-key"})

    assert repr(sdk) == "MistralClient(base_url='https://api.mistral.ai', api_key=***)"


CREDENTIALS = ["Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "X-Password", "My-Secret", "X-Auth-Token"]


@pytest.mark.parametrize("api_key", ["secret-key", lambda: None])
async def test_a_pickle_holds_all_settings_but_no_credential(api_key: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, "of-the-new-place")
    sdk = client(
        ScriptedWire(),
        api_key=api_key,
        base_url="http://127.0.0.1:1",
        timeout=Timeout(total=9),
        headers={"x-team": "a", **dict.fromkeys(CREDENTIALS, "secret-key")},
        validation=False,
        strict_responses=True,
        retry=None,
        proxy="http://user:secret-key@127.0.0.1:2",
    )

    pickled = pickle.dumps(sdk)
    again = pickle.loads(pickled)  # of our own making

    assert b"secret-key" not in pickled
    assert type(again) is MistralClient
    assert repr(again) == repr(sdk)
    with pytest.raises(ConnectionLost):  # the settings are those of before: nothing is checked, and it is sent
        await MistralClient(**{**_settings_of(again), "wire": ScriptedWire(ConnectionLost("gone"))}).files(page="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _settings_of(sdk: MistralClient) -> dict[str, Any]:
    _, (_, settings) = sdk.__reduce__()
    assert settings["headers"] == {"x-team": "a"}
    return dict(settings)


def test_a_pickle_cannot_be_loaded_where_there_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(API_KEY_VARIABLE, raising=False)
    pickled = pickle.dumps(client(ScriptedWire()))

    with pytest.raises(ValueError, match=r"^api_key: "):
        pickle.loads(pickled)  # of our own making


async def test_a_closed_client_refuses_to_send() -> None:
    wire = ScriptedWire()
    sdk = client(wire)
    await sdk.aclose()

    with pytest.raises(RuntimeError, match=r"the client is closed \(GET /v1/files\)"):
        await sdk.files()

    assert (wire.requests, wire.open) == ([], False)


async def test_entering_a_closed_client_opens_it_anew() -> None:
    wire = ScriptedWire(EMPTY, EMPTY)
    sdk = client(wire)

    for _ in range(2):
        async with sdk as entered:
            assert entered is sdk
            await sdk.files()

    assert len(wire.requests) == 2


async def test_without_validation_what_does_not_fit_is_sent() -> None:
    wire = ScriptedWire(EMPTY, EMPTY)

    with pytest.raises(RequestValidationError):
        await client(wire).files(page="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client(wire, validation=False).files(page="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert [request.url.partition("?")[2] for request in wire.requests] == ["page=x"]


async def test_strict_responses_refuse_an_answer_that_does_not_fit() -> None:
    odd = b'{"data":[]}'

    with pytest.raises(ResponseDecodeError):
        await client(ScriptedWire(odd), strict_responses=True).files()
    assert (await client(ScriptedWire(odd)).files()).data == []


@pytest.mark.parametrize("odd", [b'"AAAAA"', b"[1.5,null]"])
async def test_an_embedding_that_is_none_is_a_misfit_like_any_other(
    odd: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    body = b'{"data":[{"embedding":%s,"index":0}]}' % odd
    sdk = client(ScriptedWire(body, body))

    with pytest.raises(ResponseDecodeError, match=r"data\[0\].embedding"):
        await client(ScriptedWire(body), strict_responses=True).embeddings.post(model="m", input="x")
    kept = [(await sdk.embeddings.post(model="m", input="x")).data[0].embedding for _ in range(2)]

    assert kept == [msgspec.json.decode(odd)] * 2
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1


async def test_nothing_that_is_logged_or_raised_holds_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wire = ScriptedWire(401, ScriptedResponse(200, b"<html>"), b'{"data":[5]}', ConnectionLost("gone"))
    sdk = client(wire, retry=None)

    shown = repr(sdk) + repr(sdk.files)
    for _ in range(4):
        try:
            shown += repr(await sdk.files())
        except mistral_async.MistralError as exc:
            shown += f"{exc!r}{exc}{vars(exc)}"

    assert len(wire.requests) == 4
    assert "secret-key" not in shown + caplog.text


async def test_what_an_answer_quotes_in_an_error_does_not_show_the_key() -> None:
    key = "secret-key-of-ours"
    error = f'data: {{"object":"error","message":"{key}","code":"{key}","type":"{key}","param":"{key}"}}\n\n'.encode()
    odd = f'data: {{"{key}": "{key}"\n\n'.encode()
    events = {"content-type": "text/event-stream"}
    wire = ScriptedWire(
        ScriptedResponse(200, key.encode()),
        ScriptedResponse(200, f'{{"data":"{key}","object":5}}'.encode()),
        ScriptedResponse(200, error, events),
        ScriptedResponse(200, odd, events),
        ScriptedResponse(200, f'{{"message":"{key}"}}'.encode(), {"content-type": "application/json"}),
    )
    sdk = client(wire, api_key=key, retry=None, strict_responses=True)
    calls = [sdk.files, sdk.files] + [lambda: anext(a_stream(sdk))] * 3

    for call in calls:
        with pytest.raises(mistral_async.MistralError) as caught:
            await call()
        error_ = caught.value
        shown = "".join(traceback.format_exception(error_)) + repr(error_)
        told = {name: value for name, value in vars(error_).items() if name not in ("body", "events")}
        assert key not in shown + repr(told)
    assert wire.responses


def a_stream(sdk: MistralClient) -> AsyncIterator[object]:
    return aiter(sdk.chat.completions.post(model="m", messages=[{"role": "user", "content": "x"}]))


async def test_credentials_for_a_proxy_do_not_show_in_what_it_says() -> None:
    basic = b64encode(b"user:our-password").decode()
    wire = ScriptedWire(ScriptedResponse(407, f"our-password {basic}".encode()))
    sdk = client(wire, proxy="http://user:our-password@127.0.0.1:2")

    with pytest.raises(mistral_async.APIError) as caught:
        await sdk.files()

    assert caught.value.body == b"*** ***"


async def test_who_sends_by_a_wire_of_its_own_has_begun_with_that() -> None:
    sdk = client(ScriptedWire(FOREVER), timeout=Timeout(total=0.02))

    with pytest.raises(mistral_async.TimeoutError) as caught:
        await sdk.files()

    assert caught.value.attempts == 1


async def test_each_hop_of_a_redirect_counts_for_its_own_origin() -> None:
    moved = ScriptedResponse(307, b"", {"location": "https://cdn.test/x"})
    sdk = client(ScriptedWire(moved, 503), circuit_breaker=CircuitBreaker(), retry=None)

    with pytest.raises(mistral_async.ServerError):
        await sdk.files()

    assert {origin: known.failures for origin, known in sdk.circuits.items()} == {
        "https://api.mistral.ai": 0,
        "https://cdn.test": 1,
    }


async def test_an_accept_of_the_callers_own_wins() -> None:
    wire = ScriptedWire(EMPTY, EMPTY)
    sdk = client(wire, headers={"Accept": "of/client"})

    await sdk.files()
    await sdk.files().options(headers={"accept": "of/call"})

    assert [request.headers["accept"] for request in wire.requests] == ["of/client", "of/call"]


def test_a_client_may_be_made_before_any_loop_runs_and_opens_nothing() -> None:
    assert repr(MistralClient(api_key="k")).startswith("MistralClient(")


def test_importing_the_package_loads_neither_models_nor_aiohttp() -> None:
    program = (
        "import sys, mistral_async\n"
        "assert not [name for name in sys.modules if name.startswith(('aiohttp', 'mistral_async.models', 'msgspec'))]\n"
        "mistral_async.MistralClient\n"
        "assert not [name for name in sys.modules if name.startswith(('aiohttp', 'mistral_async.models'))]\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_name_of_the_package_is_found_and_no_other() -> None:
    for name in dir(mistral_async):
        assert getattr(mistral_async, name) is not None or name.startswith("__")
    assert "MistralClient" in dir(mistral_async)
    with pytest.raises(AttributeError, match="has no attribute 'Mistral'"):
        _ = getattr(mistral_async, "Mistral")  # noqa: B009  # a name that checkers know not to be there


async def test_no_link_in_the_chain_of_a_stream_error_holds_the_key() -> None:
    event = b'data: {"error": {"message": "the key secret-key is unknown"}}\n\n'
    wire = ScriptedWire(ScriptedResponse(200, event, {"content-type": "text/event-stream"}))

    with pytest.raises(mistral_async.StreamError, match=r"the key \*\*\* is unknown") as caught:
        async for _ in client(wire).chat.completions.post(model="m", messages=[{"role": "user", "content": "Hi"}]):
            pass

    links: list[BaseException | None] = [caught.value]
    while (link := links.pop()) is not None:
        assert "secret-key" not in f"{link!r}{vars(link)}"
        links += [link.__cause__ or link.__context__]
