"""Origins: what is the same, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.origin import PORTS, NoHost, Origin, origin_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.test", ("https", "api.test", 443)),
        ("HTTPS://API.test:443/v1?x#y", ("https", "api.test", 443)),
        ("http://api.test.:8080", ("http", "api.test.", 8080)),
        ("http://127.0.0.1", ("http", "127.0.0.1", 80)),
        ("http://[::1]:8080", ("http", "::1", 8080)),
        ("http://[fe80::1%25eth0]", ("http", "fe80::1%eth0", 80)),
        ("http://b\xfccher.test", ("http", "xn--bcher-kva.test", 80)),
    ],
)
def test_however_it_is_spelt_the_origin_is_the_same(url: str, origin: tuple[str, str, int]) -> None:
    assert Origin.of(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.test",
        "ftp://api.test",
        "https://",
        "https://:443",
        "https://api.test:0",
        "https://api.test:99999",
        "https://api.test:port",
        "https://[::1",
        "https://a..b",
        "https://a b",
        "https://" + "a" * 64,
        "https://" + "a." * 127 + "a",
        "https://\xfc" + "a" * 64,
    ],
)
def test_what_cannot_be_connected_to_is_an_os_error(url: str) -> None:
    with pytest.raises(NoHost, match="the URL names no host"):
        Origin.of(url)
    assert issubclass(NoHost, OSError)


def test_an_authority_has_its_port_always() -> None:
    assert Origin.of("https://api.test").authority == "api.test:443"
    assert Origin.of("https://[::1]").authority == "[::1]:443"


@given(
    st.sampled_from(sorted(PORTS)),
    st.sampled_from(["api.test", "127.0.0.1", "::1", "fe80::1%eth0"]),
    st.integers(1, 65535),
)
def test_what_an_origin_is_written_as_is_read_as_the_same(scheme: str, host: str, port: int) -> None:
    origin = Origin(scheme, host, port)

    assert Origin.of(str(origin)) == origin
    assert str(Origin(scheme, host, PORTS[scheme])).rpartition(":")[2] != str(PORTS[scheme])


def test_a_url_keeps_its_spelling() -> None:
    assert origin_of("https://API.test:443/v1?https://other.test/") == "https://API.test:443"
    assert origin_of("no url") == "no url"
