"""The settings of a proxy: what is taken, what is wrong, and that its password shows nowhere."""

from __future__ import annotations

import copy
import pickle
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.settings import Proxy
from mistral_async.settings.checks import check_proxy


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://proxy.test:3128", ("http://proxy.test:3128", None, None)),
        ("https://proxy.test", ("https://proxy.test", None, None)),
        ("http://proxy.test:3128/", ("http://proxy.test:3128", None, None)),
        ("HTTP://Proxy.test:3128", ("http://Proxy.test:3128", None, None)),
        ("http://[::1]:3128", ("http://[::1]:3128", None, None)),
        ("http://ann:secret@proxy.test:3128", ("http://proxy.test:3128", "ann", "secret")),
        ("http://ann@proxy.test", ("http://proxy.test", "ann", None)),
        ("http://ann:@proxy.test", ("http://proxy.test", "ann", "")),
        ("http://ann:a%40b%3A%2F%C3%A9@[::1]:1", ("http://[::1]:1", "ann", "a@b:/é")),
        ("http://a@b:c@d@proxy.test:1", ("http://proxy.test:1", "a@b", "c@d")),
        ("http://ann:a:b@proxy.test", ("http://proxy.test", "ann", "a:b")),
    ],
)
def test_credentials_are_taken_out_of_the_url(url: str, expected: tuple[str, str | None, str | None]) -> None:
    proxy = Proxy(url=url)

    assert check_proxy(url) == proxy
    assert (proxy.url, proxy.user, proxy.password) == expected


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"url": 3128}, "proxy: url: a URL is text of visible ASCII characters"),
        ({"url": b"http://proxy.test"}, "proxy: url: a URL is text"),
        ({"url": ""}, "proxy: url: a URL is text"),
        ({"url": "http://hunter2 @proxy.test"}, "proxy: url: a URL is text"),
        ({"url": "socks5://ann:hunter2@proxy.test"}, "proxy: url: SOCKS is not spoken here"),
        ({"url": "socks5h://proxy.test:1080"}, "proxy: url: SOCKS is not spoken here"),
        ({"url": "proxy.test:3128"}, "proxy: url: it is not a URL such as http://host:port"),
        ({"url": "ftp://proxy.test"}, "proxy: url: it is not a URL"),
        ({"url": "http://"}, "proxy: url: it is not a URL"),
        ({"url": "http://:3128"}, "proxy: url: it is not a URL"),
        ({"url": "http://ann:hunter2@"}, "proxy: url: it is not a URL"),
        ({"url": "http://proxy.test:0"}, "proxy: url: it is not a URL"),
        ({"url": "http://proxy.test:99999"}, "proxy: url: it is not a URL"),
        ({"url": "http://ann:hunter2/x@proxy.test"}, "proxy: url: it is not a URL"),  # a slash ends the host
        ({"url": "http://ann:1/hunter2@proxy.test"}, "proxy: url: it must end after the port"),
        ({"url": "http://[::1"}, "proxy: url: it is not a URL"),
        ({"url": "http://proxy.test/way"}, "proxy: url: it must end after the port"),
        ({"url": "http://proxy.test?"}, "proxy: url: it must end after the port"),
        ({"url": "http://proxy.test#x"}, "proxy: url: it must end after the port"),
        ({"url": "http://ann:hunter2@proxy.test", "user": "bob"}, "proxy: url: it holds credentials, and so do"),
        ({"url": "http://proxy.test", "password": "hunter2"}, "proxy: password: it is given without a user"),
        ({"url": "http://:hunter2@proxy.test"}, "proxy: password: it is given without a user"),
        ({"url": "http://proxy.test", "user": "a:hunter2"}, "proxy: user: no colon can be sent in it"),
        ({"url": "http://a%3Ahunter2@proxy.test"}, "proxy: user: no colon can be sent in it"),
        ({"url": "http://proxy.test", "user": "a\r\nhunter2: x"}, "proxy: user: control characters"),
        ({"url": "http://a:hunter2%0A@proxy.test"}, "proxy: password: control characters"),
        ({"url": "http://a:hunter2%FF@proxy.test"}, "proxy: password: what is percent-encoded in the URL is not UTF-8"),
        ({"url": "http://proxy.test", "user": 1}, "proxy: user must be text"),
        ({"url": "http://proxy.test", "user": "a", "password": b"hunter2"}, "proxy: password must be text"),
    ],
)
def test_what_is_wrong_is_named_and_no_credential_shown(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=r"^proxy: ") as caught:
        Proxy(**fields)

    assert str(caught.value).startswith(complaint)
    error: BaseException | None = caught.value
    while error is not None:
        assert "hunter2" not in repr(error)
        error = error.__context__


@given(url=st.text(max_size=40) | st.text("htps:/@[]%.0123456789a", max_size=40).map(lambda rest: f"http://{rest}"))
def test_any_text_is_a_proxy_or_refused(url: str) -> None:
    try:
        proxy = Proxy(url=url)
    except ValueError as exc:
        assert str(exc).startswith("proxy: ")  # noqa: PT017  # most of them are refused, and a few are not
    else:
        assert "@" not in proxy.url


@given(user=st.text(), password=st.text())
def test_what_is_percent_encoded_arrives_as_it_was(user: str, password: str) -> None:
    try:
        given = Proxy(url="http://proxy.test", user=user, password=password)
    except ValueError:
        return  # not to be sent at all
    if "\ufffd" in user + password:
        return  # which stands for what is no UTF-8
    assert Proxy(url=f"http://{quote(user, safe='')}:{quote(password, safe='')}@proxy.test") == given


def test_a_password_is_in_no_text_and_in_no_pickle() -> None:
    proxy = Proxy(url="http://ann:hunter2@proxy.test:3128")

    loaded = pickle.loads(pickle.dumps(proxy))

    assert loaded == Proxy(url="http://proxy.test:3128", user="ann")
    assert repr(proxy) == str(proxy) == "Proxy(url='http://proxy.test:3128', user=***)"
    shown = [str(proxy.__rich_repr__()), pickle.dumps(proxy).decode("latin-1")]
    assert not [text for text in shown if "hunter2" in text]


def test_a_copy_keeps_its_password() -> None:
    proxy = Proxy(url="http://ann:hunter2@proxy.test:3128")

    assert copy.deepcopy(proxy).password == copy.copy(proxy).password == "hunter2"
