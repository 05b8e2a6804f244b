"""Settings: what is taken, and which one is wrong."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mistral_async.settings import Proxy, Settings, Timeout
from mistral_async.settings.checks import (
    API_KEY_VARIABLE,
    check_api_key,
    check_base_url,
    check_extra_body,
    check_headers,
    check_key_text,
    check_timeout,
    check_wire,
)
from tests.fakes import ScriptedWire


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.mistral.ai", "https://api.mistral.ai"),
        ("https://api.mistral.ai/", "https://api.mistral.ai"),
        ("https://api.mistral.ai/v1", "https://api.mistral.ai"),
        ("https://api.mistral.ai/v1/", "https://api.mistral.ai"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/v1", "http://[::1]:8080"),
        ("https://gateway.test/mistral/v1", "https://gateway.test/mistral"),
        ("http://[fe80::1%25eth0]:80", "http://[fe80::1%25eth0]:80"),
        ("http://v1", "http://v1"),
        ("http://v1/v1", "http://v1"),
        ("HTTPS://API.MISTRAL.AI", "https://API.MISTRAL.AI"),
    ],
)
def test_a_base_url_is_an_origin_with_or_without_v1(url: str | None, origin: str) -> None:
    assert check_base_url(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.mistral.ai",
        "ftp://api.mistral.ai",
        "https://",
        "https://:443",
        "http://[::1",
        "http://host:port",
        "http://host:99999",
        "http://host name",
        "http://host\n",
        "http://host/\tv1",
        "http://höst/pfäd",
        "https://host?x=1",
        "https://host#x",
        5,
        b"https://api.mistral.ai",
    ],
)
def test_what_is_no_base_url_is_refused_by_name(url: Any) -> None:
    with pytest.raises(ValueError, match=r"^base_url: "):
        check_base_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@host",
        "https://secret@host",
        "ftp://user:secret@host",
        "https://user:secret@host:port",
        "https://host?key=secret",
        "https://host#secret",
        "ftp://host/?secret",
        "https://user:secret@ho st/",
    ],
)
def test_a_credential_in_a_base_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match=r"^base_url: ") as caught:
        check_base_url(url)

    assert "secret" not in str(caught.value)


@given(st.text())
@example("http://[")
@example("http://a]b")
@example("//host")
def test_no_base_url_raises_anything_else(url: str) -> None:
    try:
        origin = check_base_url(url)
    except ValueError as exc:
        assert str(exc).startswith("base_url: ")  # noqa: PT017  # either is right
    else:
        assert re.match("https?://", origin, re.IGNORECASE)


def test_names_of_headers_become_lower_case_and_values_lose_the_blanks_around() -> None:
    assert check_headers({"X-Team": "a", "Accept": "\tb e"}) == {"x-team": "a", "accept": "b e"}
    assert check_headers(None) == {}


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", "é", 5, b"x"])
def test_a_header_of_an_impossible_name_is_refused(name: Any) -> None:
    with pytest.raises(ValueError, match=r"^headers: .* is not a field name"):
        check_headers({name: "value"})


@pytest.mark.parametrize("value", ["secret\r\nHost: evil", "secret\n", "secret\0", "secret€", b"secret", 5, None])
def test_a_header_of_an_impossible_value_is_refused_without_showing_it(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^headers: the value of 'x-key'") as caught:
        check_headers({"x-key": value})

    assert "secret" not in str(caught.value)


def test_a_number_limits_connecting_and_silence() -> None:
    assert check_timeout(5) == Timeout(connect=5, read=5, total=None)
    assert check_timeout(None) == Timeout(connect=None, read=None, total=None)
    assert check_timeout(Timeout(total=9)) == Timeout(total=9)


@pytest.mark.parametrize("value", [0, -3, "30", (1, 2)])
def test_what_is_no_timeout_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^timeout: "):
        check_timeout(value)


def test_the_key_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, "from-environment")

    assert check_api_key(None) == "from-environment"
    assert check_api_key("given") == "given"


@pytest.mark.parametrize("value", [None, ""])
def test_where_there_is_no_key_the_variable_is_named(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(API_KEY_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(API_KEY_VARIABLE, value)

    with pytest.raises(ValueError, match=r"^api_key: .*MISTRAL_API_KEY"):
        check_api_key(None)


@pytest.mark.parametrize("key", ["", "secret key", "secret\n", "secretü", b"secret", 7, ["secret"]])
def test_what_is_no_key_is_refused_without_showing_it(key: Any) -> None:
    with pytest.raises(ValueError, match=r"^api_key: ") as caught:
        check_api_key(key)

    assert "secret" not in str(caught.value)


def test_a_bad_key_in_the_environment_is_not_shown_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, "secret \n")

    with pytest.raises(ValueError, match=r"^api_key: ") as caught:
        check_api_key(None)

    assert "secret" not in str(caught.value)


def test_a_function_is_a_key() -> None:
    async def key() -> str:
        return "k"

    assert check_api_key(key) is key


@given(st.text())
def test_only_visible_ascii_is_a_key(text: str) -> None:
    if text and all("!" <= letter <= "~" for letter in text):
        assert check_key_text(text) == text
    else:
        with pytest.raises(ValueError, match="api_key"):
            check_key_text(text)


@pytest.mark.parametrize(
    "url", ["http://a..b", "http://" + "a" * 64, "http://h\\x", "http://.", "http://[zz]", "http://a b"]
)
def test_a_host_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^base_url: "):
        check_base_url(url)


@pytest.mark.parametrize(
    "name", ["Content-Length", "transfer-encoding", "Host", "Connection", "Keep-Alive", "proxy-connection"]
)
def test_a_field_that_is_the_connections_to_say_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="which is the connection's to say"):
        check_headers({name: "5"})


def test_headers_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^headers must be a mapping"):
        check_headers([("a", "b")])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_flag_is_a_boolean() -> None:
    with pytest.raises(ValueError, match=r"^validation must be True or False, not 'no'"):
        Settings(base_url="http://host", validation="no")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"base_url": "host"}, "base_url: 'host' is not an http:// or https:// URL"),
        ({"timeout": 0}, "timeout: connect must be a positive number of seconds or None, not 0"),
        ({"headers": {"a b": "c"}}, "headers: 'a b' is not a field name"),
        ({"validation": 1}, "validation must be True or False, not 1"),
        ({"strict_responses": None}, "strict_responses must be True or False, not None"),
        ({"http_version": "3"}, "http_version must be 'auto', '2' or '1.1', not '3'"),
        ({"retry": 3}, "retry must be Retry or None, not 3"),
        ({"circuit_breaker": True}, "circuit_breaker must be CircuitBreaker or None, not True"),
        ({"tls": "ca.pem"}, "tls must be TLS, SSLContext or None, not 'ca.pem'"),
        ({"proxy": "proxy.test"}, "proxy: url: it is not a URL"),
        ({"trust_env": "yes"}, "trust_env must be True or False, not 'yes'"),
        ({"compression": ["gzip"]}, "compression must be 'auto', 'always' or 'never', not ['gzip']"),
        ({"max_connections": 0}, "max_connections must be a whole number from 1 up, not 0"),
        ({"max_response_size": 1.5}, "max_response_size must be a whole number from 1 up, not 1.5"),
    ],
)
def test_settings_are_checked_when_they_are_made_and_when_they_are_copied(given: dict[str, Any], message: str) -> None:
    settings: dict[str, Any] = {"base_url": "http://host", **given}

    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        Settings(**settings)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        msgspec.structs.replace(Settings(base_url="http://host"), **given)


def test_the_value_of_a_header_is_text() -> None:
    with pytest.raises(ValueError, match=r"^headers: the value of 'x' must be text, not int"):
        check_headers({"x": 1})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("fields", [[1], "stream", 5, {1: "x"}])
def test_an_extra_body_that_is_none_is_refused(fields: Any) -> None:
    with pytest.raises(ValueError, match=r"^extra_body must be a mapping of field names to values, not "):
        check_extra_body(fields)


@pytest.mark.parametrize("wire", [object(), ScriptedWire, "wire"])
def test_a_wire_that_is_none_is_refused(wire: Any) -> None:
    with pytest.raises(ValueError, match=r"^wire: an object with the methods send and aclose is wanted, not "):
        check_wire(wire)


def test_a_wire_that_is_one_or_left_out_is_fine() -> None:
    check_wire(ScriptedWire())
    check_wire(None)


@pytest.mark.parametrize("name", ["user", "password"])
def test_a_proxys_credential_that_cannot_be_encoded_is_refused_without_showing_it(name: str) -> None:
    with pytest.raises(ValueError, match=f"^proxy: {name}: it holds a character that UTF-8 cannot express$") as caught:
        Proxy(url="http://proxy.test", **{"user": "u", name: "hunter2\udc80"})

    assert caught.value.__context__ is None  # which would quote it
