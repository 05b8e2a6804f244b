"""Requests, headers and timeouts as values."""

from __future__ import annotations

import math
import pickle
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.http import Headers
from mistral_async.settings import Timeout
from tests.fakes import a_request

LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=10)


def test_a_field_is_found_in_any_case() -> None:
    headers = Headers(((b"Content-Type", b"text/html"), (b"X-A", b"1")))

    assert headers["content-TYPE"] == headers.get("Content-Type") == "text/html"
    assert "x-a" in headers
    assert "x-b" not in headers
    assert (list(headers), len(headers)) == (["content-type", "x-a"], 2)


def test_a_repeated_field_is_joined_and_its_fields_are_kept_as_they_came() -> None:
    fields = ((b"Vary", b"a"), (b"vary", b"b"), (b"X", b"\xe9"))

    headers = Headers(fields)

    assert headers["vary"] == "a, b"
    assert headers["x"] == "é"
    assert headers.fields == fields


def test_a_field_that_did_not_come_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Headers()["retry-after"]


@given(st.dictionaries(st.from_regex("[a-z-]{1,8}", fullmatch=True), LATIN, max_size=5))
def test_headers_made_from_text_read_back(fields: dict[str, str]) -> None:
    headers = Headers.of(fields)

    assert dict(headers) == fields
    assert headers == Headers.of(fields) == pickle.loads(pickle.dumps(headers))  # of our own making
    assert repr(headers) == f"Headers({fields!r})"


@pytest.mark.parametrize("name", ["connect", "read", "total"])
@pytest.mark.parametrize("value", [0, -1, -0.5, math.inf, math.nan, "30", True])
def test_a_time_limit_that_makes_no_sense_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"timeout: {name} must be a positive number of seconds or None"):
        Timeout(**{name: value})


def test_time_limits_may_be_numbers_or_none() -> None:
    assert Timeout(connect=1, read=0.5, total=None) == Timeout(connect=1.0, read=0.5)


def test_a_request_shows_neither_its_headers_nor_its_url_nor_its_body() -> None:
    request = a_request()

    assert str(request) == "POST /v1/things/{thing_id}"
    assert repr(request) == "<Request POST /v1/things/{thing_id}>"
    assert "secret" not in f"{request} {request!r} {[request]}"


def test_headers_are_changed_in_a_copy() -> None:
    request = a_request()

    changed = request.with_headers({"authorization": "other", "accept": "text/html"})

    assert changed.headers == {"authorization": "other", "accept": "text/html"}
    assert request.headers == {"authorization": "Bearer secret-key"}
    assert msgspec.structs.replace(changed, headers=request.headers) == request


def test_a_request_is_frozen() -> None:
    with pytest.raises(AttributeError):
        a_request().method = "GET"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
