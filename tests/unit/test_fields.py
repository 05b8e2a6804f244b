"""Header fields of answers are read whatever stands in them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mistral_async.fields import LONGEST, no_allowance, request_id, retry_after
from mistral_async.http import Headers


def test_the_request_id_is_found_in_either_header() -> None:
    assert request_id(Headers.of({"X-Kong-Request-Id": "k", "mistral-correlation-id": "c"})) == "k"
    assert request_id(Headers.of({"mistral-correlation-id": "c"})) == "c"
    assert request_id(Headers()) is None


@pytest.mark.parametrize(("text", "seconds"), [("0", 0.0), ("7", 7.0), (" 120 ", 120.0)])
def test_retry_after_may_be_seconds(text: str, seconds: float) -> None:
    assert retry_after(Headers.of({"retry-after": text})) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1", "1e3", "٣", "Wed, 99 Nov 2026 99:99:99 GMT", "5,", ","])
def test_a_retry_after_that_makes_no_sense_is_none(text: str) -> None:
    assert retry_after(Headers(((b"retry-after", text.encode()),))) is None


@pytest.fixture(params=["UTC", "Asia/Tokyo"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where this machine is."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("zone")
def test_retry_after_may_be_a_date_in_each_of_the_three_forms_of_http() -> None:
    now = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    then = now + timedelta(seconds=100)
    forms = [
        format_datetime(then, usegmt=True),
        then.strftime("%A, %d-%b-%y %H:%M:%S GMT"),
        then.strftime("%a %b %e %H:%M:%S %Y"),  # asctime: of no zone, and meant in GMT
        format_datetime(then.astimezone(timezone(timedelta(hours=5)))),
    ]

    for form in forms:
        assert retry_after(Headers.of({"retry-after": form}), now=now.timestamp) == 100, form


def test_a_date_that_has_passed_is_no_time_to_wait() -> None:
    assert retry_after(Headers.of({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"})) == 0.0


@given(st.text(st.characters(max_codepoint=255)))
@example("Sun, 06 Nov 1994 08:49:37 -0000")
@example("1 Jan 99999 00:00:00 GMT")
@example("1 Jan 1 00:00:00 +9999")
def test_no_retry_after_makes_it_raise(text: str) -> None:
    seconds = retry_after(Headers(((b"retry-after", text.encode("latin-1")),)))

    assert seconds is None or 0 <= seconds < float("inf")


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "1."}, 1.0),
        ({"retry-after": ".5"}, 0.5),
        ({"Retry-After-Ms": "1500"}, 1.5),
        ({"retry-after-ms": "0.5"}, 0.0005),
        ({"retry-after-ms": "0", "retry-after": "9"}, 0.0),
        ({"retry-after-ms": "-1", "retry-after": "9"}, 9.0),
        ({"retry-after-ms": "soon"}, None),
        ({"retry-after": "31536000"}, 31536000.0),
        ({"retry-after": "1790000000"}, LONGEST),  # a point in time, maybe: in any case nothing to wait for
        ({"retry-after": "9" * 400}, LONGEST),
        ({"retry-after-ms": "9" * 400}, LONGEST),
        ({"retry-after-ms": "31536000000"}, 31536000.0),
        ({"retry-after": "3600, 3600"}, 3600.0),
        ({"retry-after": "1,20 ,3"}, 20.0),
        ({"retry-after-ms": "250, 1000"}, 1.0),
    ],
)
def test_retry_after_may_have_decimals_or_be_in_milliseconds(fields: dict[str, str], seconds: float | None) -> None:
    assert retry_after(Headers.of(fields)) == seconds


@pytest.mark.parametrize("text", ["-0.5", "NaN", "inf", "-inf", "1e309", "infinity", ".", "1.5.5", "5, soon"])
def test_a_number_that_is_none_is_no_time_to_wait(text: str) -> None:
    assert retry_after(Headers.of({"retry-after": text, "retry-after-ms": text})) is None


@pytest.mark.parametrize(
    ("fields", "none"),
    [
        ({}, False),
        ({"x-ratelimit-limit-req-minute": "0"}, True),
        ({"X-RateLimit-Limit-Tokens-Month": " 0 "}, True),
        ({"x-ratelimit-limit-a": "0.0"}, True),
        ({"x-ratelimit-limit-a": "00"}, True),
        ({"x-ratelimit-limit-a": "100", "x-ratelimit-limit-b": "0"}, True),
        ({"x-ratelimit-limit-a": "0, 0"}, True),
        ({"x-ratelimit-limit-a": "0;w=60"}, True),
        ({"x-ratelimit-limit-a": "0.0 , 100;w=60"}, True),
        ({"x-ratelimit-limit-a": "100, 0"}, False),
        ({"x-ratelimit-limit-a": "0x10"}, False),
        ({"x-ratelimit-limit-a": "100"}, False),
        ({"x-ratelimit-limit-a": "0.5"}, False),
        ({"x-ratelimit-limit-a": "-0"}, False),
        ({"x-ratelimit-limit-a": ""}, False),
        ({"x-ratelimit-limit-a": "none"}, False),
        ({"x-ratelimit-remaining-a": "0"}, False),
        ({"x-ratelimit-reset-a": "0"}, False),
    ],
)
def test_a_limit_of_zero_is_no_allowance(fields: dict[str, str], none: bool) -> None:
    assert no_allowance(Headers.of(fields)) is none
