"""Which proxy an origin is reached through, and what CONNECT says."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.origin import Origin
from mistral_async.settings import Proxy
from mistral_async.wire.failures import ProxyRefused
from mistral_async.wire.proxies import authorization, connect_answer, connect_request, proxy_for

GIVEN = Proxy(url="http://given.test:1")
PROXY = Proxy(url="http://ann:hunter2@proxy.test:3128")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Only the proxies that a test names."""
    for name in ("http", "https", "all", "no", "ftp"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name}_proxy".upper(), raising=False)
    monkeypatch.delenv("REQUEST_METHOD", raising=False)
    return monkeypatch


def test_the_environment_is_not_asked_unless_it_is_trusted(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", "http://env.test:1")

    assert proxy_for("https://api.test", proxy=None, trust_env=False) is None
    assert proxy_for("https://api.test", proxy=GIVEN, trust_env=True) is GIVEN


@pytest.mark.parametrize(
    ("variables", "origin", "expected"),
    [
        ({}, "https://api.test", None),
        ({"HTTPS_PROXY": "http://env.test:1"}, "https://api.test", "http://env.test:1"),
        ({"https_proxy": "http://env.test:1"}, "https://api.test", "http://env.test:1"),
        ({"HTTPS_PROXY": "http://env.test:1"}, "http://api.test", None),
        ({"HTTP_PROXY": "http://env.test:1"}, "http://api.test", "http://env.test:1"),
        ({"HTTP_PROXY": "http://env.test:1"}, "https://api.test", None),
        ({"ALL_PROXY": "http://env.test:1"}, "https://api.test", "http://env.test:1"),
        ({"ALL_PROXY": "http://all.test", "HTTPS_PROXY": "http://env.test"}, "https://api.test", "http://env.test"),
        ({"HTTPS_PROXY": "http://upper.test", "https_proxy": "http://lower.test"}, "https://api.test",
         "http://lower.test"),
        ({"HTTPS_PROXY": "env.test:3128"}, "https://api.test", "http://env.test:3128"),
        ({"HTTPS_PROXY": ""}, "https://api.test", None),
        # A server's "Proxy:" field must not become a proxy of what runs there as CGI (CVE-2016-1000110).
        ({"HTTP_PROXY": "http://evil.test", "REQUEST_METHOD": "GET"}, "http://api.test", None),
    ],
)  # fmt: skip
def test_the_environment_names_a_proxy_for_each_scheme(
    variables: dict[str, str], origin: str, expected: str | None, environment: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)

    assert proxy_for(origin, proxy=None, trust_env=True) == (Proxy(url=expected) if expected else None)


@pytest.mark.parametrize(
    ("names", "origin", "excepted"),
    [
        ("*", "https://api.test", True),
        ("api.test", "https://api.test", True),
        ("API.test", "https://api.TEST", True),
        ("api.test:443", "https://api.test", True),
        ("api.test:8443", "https://api.test", False),
        ("api.test:8443", "https://api.test:8443", True),
        ("test", "https://api.test", True),
        (".test", "https://api.test", True),
        ("est", "https://api.test", False),
        ("other.test, api.test ,", "https://api.test", True),
        ("", "https://api.test", False),
        (",", "https://api.test", False),
        ("127.0.0.1", "https://127.0.0.1:8443", True),
        ("::1", "https://[::1]:8443", True),
        ("[::1]", "https://[::1]:8443", True),
        ("[::1]:8443", "https://[::1]:8443", True),
        ("localhost", "https://api.test", False),
    ],
)
def test_some_hosts_are_excepted(names: str, origin: str, excepted: bool, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", "http://env.test:1")
    environment.setenv("NO_PROXY", names)

    assert (proxy_for(origin, proxy=None, trust_env=True) is None) == excepted


def test_a_proxy_that_was_given_has_no_exceptions(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("NO_PROXY", "*")

    assert proxy_for("https://api.test", proxy=GIVEN, trust_env=True) is GIVEN


def test_a_variable_that_names_no_proxy_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", "socks5://ann:hunter2@env.test")

    with pytest.raises(ProxyRefused, match=r"HTTPS_PROXY of the environment: proxy: url: SOCKS") as caught:
        proxy_for("https://api.test", proxy=None, trust_env=True)
    assert "hunter2" not in str(caught.value)
    assert caught.value.permanent


def test_credentials_are_utf_8() -> None:
    assert authorization(GIVEN) is None
    proxy = Proxy(url="http://proxy.test", user="jürgen", password="a:b€")
    said = authorization(proxy) or ""

    assert said.startswith("Basic ")
    assert base64.b64decode(said.removeprefix("Basic ")) == "jürgen:a:b€".encode()
    assert authorization(Proxy(url="http://proxy.test", user="ann")) == "Basic " + base64.b64encode(b"ann:").decode()


def test_a_request_for_a_tunnel_says_where_to_and_no_more() -> None:
    assert (
        connect_request(Origin.of("https://[::1]"), GIVEN) == b"CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n"
    )
    assert connect_request(Origin.of("https://api.test:8443/v1?x"), PROXY) == (
        b"CONNECT api.test:8443 HTTP/1.1\r\nHost: api.test:8443\r\n"
        b"Proxy-Authorization: Basic " + base64.b64encode(b"ann:hunter2") + b"\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("head", "made"),
    [
        (b"HTTP/1.1 200 Connection established", True),
        (b"HTTP/1.0 200 OK\r\nVia: x", True),
        (b"HTTP/1.1 204 ", True),
        (b"HTTP/1.1 200", True),
        (b"HTTP/1.1 100 Continue", False),
        (b"HTTP/1.1 103 Early Hints\r\nx: y", False),
    ],
)
def test_an_answer_opens_the_tunnel_or_another_follows(head: bytes, made: bool) -> None:
    assert connect_answer(head, PROXY) is made


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required",
            "407 Proxy Authentication Required; it wants other credentials",
        ),
        (b"HTTP/1.1 403 Forbidden by ann:hunter2", "403 Forbidden by ann:***"),
        (b"HTTP/1.1 403 " + base64.b64encode(b"ann:hunter2"), "403 ***"),
        (b"HTTP/1.1 502 " + b"x" * 1000, "502 " + "x" * 100),
        (b"HTTP/1.1 503 a\x1b[31mb\tc\xff", "503 a [31mb c\ufffd"),
        (b"HTTP/1.1 301 Moved\r\nlocation: https://evil.test", "301 Moved"),
        (b"HTTP/1.1 500", "500"),
    ],
)
def test_a_refusal_is_said_with_its_status_and_without_credentials(head: bytes, said: str) -> None:
    with pytest.raises(ProxyRefused) as caught:
        connect_answer(head, PROXY)

    assert str(caught.value) == f"it answered CONNECT with {said}"
    assert caught.value.permanent is said.startswith("4")


@pytest.mark.parametrize("head", [b"", b"HTTP/2 200", b"HTTP/1.1 2000 x", b"HTTP/1.1 2x0 y", b"SSH-2.0-x", b"\x15\x03"])
def test_what_is_no_http_is_said_so(head: bytes) -> None:
    with pytest.raises(ProxyRefused, match="is not HTTP/1"):
        connect_answer(head, PROXY)


@given(head=st.binary() | st.binary().map(lambda rest: b"HTTP/1.1 " + rest))
def test_any_answer_is_taken_or_refused(head: bytes) -> None:
    try:
        connect_answer(head, PROXY)
    except ProxyRefused as exc:
        assert "\n" not in str(exc)  # noqa: PT017  # most are refused, and a few are not


@given(url=st.text(max_size=30) | st.text("[]:%@./?#é\x00 0a", max_size=30).map(lambda rest: f"https://{rest}"))
def test_any_url_names_an_origin_or_none(url: str) -> None:
    try:
        named = Origin.of(url)
    except OSError:
        return
    assert connect_request(named, GIVEN).isascii()
