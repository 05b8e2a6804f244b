"""Every case of a failed attempt, and what follows it."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.errors import (
    CircuitOpenError,
    ClientClosed,
    ConnectError,
    ConnectionLost,
    MistralError,
    ProtocolError,
    ProxyError,
    ResponseDecodeError,
    TimeoutError,
    TLSError,
    TransportError,
)
from mistral_async.http import Body, Request
from mistral_async.settings import Retry
from mistral_async.transport.policy import Outcome, bound, delay
from tests.fakes import ScriptedResponse

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
POLICY = Retry(attempts=3, first_delay=1.0, factor=2.0, max_delay=8.0, max_retry_after=60.0)
OWN = 0.5  # the first wait of POLICY, with a draw of one half


class Upload:
    """A body in pieces."""

    length = None

    def __init__(self, *, replayable: bool) -> None:
        self.replayable = replayable

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        yield b"piece"


AGAIN = Upload(replayable=True)
ONCE = Upload(replayable=False)  # once it was begun


def a_request(
    method: str = "POST",
    *,
    repeatable: bool = True,
    body: bytes | Body | None = b"{}",
    retry: Retry | None = POLICY,
) -> Request:
    return Request(
        method=method, url="http://mistral.test/v1/x", path="/v1/x", body=body, retry=retry, repeatable=repeatable
    )


GENERATE = a_request()
CREATE = a_request(repeatable=False)
GET = a_request("GET", body=None)
DELETE = a_request("DELETE", repeatable=False, body=None)
UPLOAD_AGAIN = a_request(body=AGAIN)
UPLOAD_ONCE = a_request(body=ONCE)
CREATE_AGAIN = a_request(repeatable=False, body=AGAIN)
CREATE_ONCE = a_request(repeatable=False, body=ONCE)


def answer(status: int, **headers: str) -> ScriptedResponse:
    return ScriptedResponse(status, b"", {name.replace("_", "-"): value for name, value in headers.items()})


def limited(fields: Mapping[str, str]) -> ScriptedResponse:
    return ScriptedResponse(429, b"", fields)


def in_seconds(seconds: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


class Case(NamedTuple):
    name: str
    request: Request
    outcome: Outcome
    wait: float | None  # None: final
    attempt: int = 1
    left: float | None = None


def no_connection(request: Request) -> TransportError:
    return ConnectError("no", request=request)


def refused(request: Request) -> TransportError:
    return ConnectionLost("REFUSED_STREAM", request=request, retry_safe=True)


def lost(request: Request) -> TransportError:
    return ConnectionLost("lost", request=request)


def hopeless(request: Request) -> TransportError:
    return TLSError("another's certificate", request=request, permanent=True)


def closed(request: Request) -> TransportError:
    return ClientClosed("closed", request=request, retry_safe=True)


def not_http(request: Request) -> TransportError:
    return ProtocolError("not HTTP", request=request)


def too_long(limit: str, request: Request) -> TransportError:
    return TimeoutError("late", limit=limit, request=request, retry_safe=True if limit == "connect" else None)


def unreadable(request: Request) -> MistralError:
    return ResponseDecodeError("too large", body=b"", status=200, request=request)


def of_caller(error: TransportError) -> TransportError:
    error.of_caller = True
    return error


def asked(policy: Retry) -> Request:
    return a_request(retry=policy)


IMPATIENT = Retry(first_delay=1.0, read_timeouts=True)

CASES = [
    # Statuses, where the operation may be repeated
    *(Case(f"{status} of what may be repeated", GENERATE, answer(status), OWN) for status in POLICY.statuses),
    *(
        Case(f"{status} is not retried", GENERATE, answer(status), None)
        for status in (200, 204, 301, 304, 400, 401, 403, 404, 408, 409, 413, 422, 501, 505, 520, 599)
    ),
    Case("a status that the policy names", asked(Retry(first_delay=1.0, statuses={409})), answer(409), OWN),
    Case("a status that the policy leaves out", asked(Retry(statuses={500})), answer(503), None),
    Case("a 429 that the policy leaves out", asked(Retry(statuses={500})), answer(429), None),
    Case("no status at all", asked(Retry(statuses=frozenset())), answer(503), None),
    # and where it may not
    Case("429 of what may not be repeated", CREATE, answer(429), OWN),
    *(Case(f"{status} of what may not be repeated", CREATE, answer(status), None) for status in (500, 502, 503, 504)),
    Case("503 of a deletion", DELETE, answer(503), None),
    Case("503 with Retry-After of what may not be repeated", CREATE, answer(503, retry_after="1"), None),
    # How often
    Case("the last attempt but one", GENERATE, answer(503), 1.0, attempt=2),
    Case("the last attempt", GENERATE, answer(503), None, attempt=3),
    Case("the last attempt, without an answer", GENERATE, no_connection(GENERATE), None, attempt=3),
    Case("beyond the last attempt", GENERATE, answer(503), None, attempt=4),
    Case("one attempt", asked(Retry(attempts=1)), answer(503), None),
    Case("no policy, an answer", a_request(retry=None), answer(503), None),
    Case("no policy, none", a_request(retry=None), no_connection(GENERATE), None),
    # No answer
    Case("no connection", GENERATE, no_connection(GENERATE), OWN),
    Case("no connection, not repeatable", CREATE, no_connection(CREATE), OWN),
    Case("no TLS", CREATE, TLSError("no", request=CREATE), OWN),
    Case("no proxy", CREATE, ProxyError("no", request=CREATE), OWN),
    Case("no TLS, for good", GET, hopeless(GET), None),
    Case("no TLS, for good, not repeatable", CREATE, hopeless(CREATE), None),
    Case("closed by its user", GET, closed(GET), None),
    Case("refused stream", GENERATE, refused(GENERATE), OWN),
    Case("refused stream, not repeatable", CREATE, refused(CREATE), OWN),
    Case("connection lost", GENERATE, lost(GENERATE), OWN),
    Case("connection lost, not repeatable", CREATE, lost(CREATE), None),
    Case("connection lost in a deletion", DELETE, lost(DELETE), None),
    Case("not HTTP", GENERATE, not_http(GENERATE), OWN),
    Case("not HTTP, not repeatable", CREATE, not_http(CREATE), None),
    Case("open circuit", GENERATE, CircuitOpenError("open", retry_after=0.0, request=GENERATE), None),
    Case("open circuit of a GET", GET, CircuitOpenError("open", retry_after=0.0, request=GET), None),
    Case("an answer that cannot be read", GENERATE, unreadable(GENERATE), None),
    # Time limits
    Case("connect limit", GENERATE, too_long("connect", GENERATE), OWN),
    Case("connect limit, not repeatable", CREATE, too_long("connect", CREATE), OWN),
    Case("read limit of a GET", GET, too_long("read", GET), OWN),
    Case("read limit of a POST", GENERATE, too_long("read", GENERATE), None),
    Case("read limit of a POST, where asked for", asked(IMPATIENT), too_long("read", GENERATE), OWN),
    Case(
        "read limit of a POST that may not be repeated, where asked for",
        a_request(repeatable=False, retry=IMPATIENT),
        too_long("read", CREATE),
        None,
    ),
    Case("read limit of a deletion", DELETE, too_long("read", DELETE), None),
    Case("total limit", GET, too_long("total", GET), None),
    Case("total limit of a POST, where read limits are retried", asked(IMPATIENT), too_long("total", GENERATE), None),
    # Uploads
    Case("503, a body that can be sent again", UPLOAD_AGAIN, answer(503), OWN),
    Case("503, a body that cannot", UPLOAD_ONCE, answer(503), None),
    Case("429, a body that can be sent again, not repeatable", CREATE_AGAIN, answer(429), OWN),
    Case("429, a body that cannot", CREATE_ONCE, answer(429), None),
    Case("503, a body that can be sent again, not repeatable", CREATE_AGAIN, answer(503), None),
    Case("lost, a body that can be sent again", UPLOAD_AGAIN, lost(UPLOAD_AGAIN), OWN),
    Case("lost, a body that cannot", UPLOAD_ONCE, lost(UPLOAD_ONCE), None),
    Case("refused stream, a body that can be sent again", CREATE_AGAIN, refused(CREATE_AGAIN), OWN),
    Case("refused stream, a body that cannot: a part may be gone", CREATE_ONCE, refused(CREATE_ONCE), None),
    Case("no connection, a body that was not begun", CREATE_AGAIN, no_connection(CREATE_AGAIN), OWN),
    Case("no connection, a body that was begun", CREATE_ONCE, no_connection(CREATE_ONCE), None),
    Case("connect limit, a body that was not begun", CREATE_AGAIN, too_long("connect", CREATE_AGAIN), OWN),
    Case("connect limit, a body that was begun", CREATE_ONCE, too_long("connect", CREATE_ONCE), None),
    Case("no connection of the body's own", GENERATE, of_caller(no_connection(GENERATE)), None),
    Case("a body whose own download was lost", UPLOAD_AGAIN, of_caller(lost(GENERATE)), None),
    # Retry-After: what the server says, and up to half of the first delay here, since the draw is one half
    Case("seconds", GENERATE, answer(429, retry_after="7"), 7.5),
    Case("seconds, not repeatable", CREATE, answer(429, retry_after="7"), 7.5),
    Case("seconds with a 503", GENERATE, answer(503, retry_after="7"), 7.5),
    Case("seconds with a 500", GENERATE, answer(500, retry_after="7"), 7.5),
    Case("seconds in the second wait", GENERATE, answer(429, retry_after="7"), 7.5, attempt=2),
    Case("less than the own wait", GENERATE, answer(429, retry_after="0.1"), 0.6, attempt=2),
    Case("decimals", GENERATE, answer(429, retry_after="1.25"), 1.75),
    Case("at once", GENERATE, answer(429, retry_after="0"), 0.5),
    Case("a date", GENERATE, answer(429, retry_after=in_seconds(30)), 30.5),
    Case("a date that has passed", GENERATE, answer(429, retry_after=in_seconds(-30)), 0.5),
    Case("milliseconds", GENERATE, answer(429, retry_after_ms="250"), 0.75),
    Case("milliseconds, which win", GENERATE, answer(429, retry_after_ms="250", retry_after="9"), 0.75),
    Case("milliseconds that win over a year", GENERATE, answer(429, retry_after_ms="1", retry_after="31536000"), 0.501),
    Case("milliseconds of no sense", GENERATE, answer(429, retry_after_ms="soon", retry_after="9"), 9.5),
    *(
        Case(f"ignored: {text!r}", GENERATE, answer(429, retry_after=text), OWN)
        for text in ("", "-1", "-0.5", "NaN", "inf", "-inf", "1e309", "1e3", "soon", "0x10", "1_0", "5, soon")
    ),
    *(
        Case(f"ignored milliseconds: {text!r}", GENERATE, answer(429, retry_after_ms=text), OWN)
        for text in ("-250", "NaN", "inf", "1e309", "soon")
    ),
    Case("as long as it may be", GENERATE, answer(429, retry_after="60"), 60.5),
    Case("a little longer", GENERATE, answer(429, retry_after="60.001"), None),
    Case("longer than any number of nine digits", GENERATE, answer(429, retry_after="9" * 400), None),
    Case("a point in time", GENERATE, answer(429, retry_after="1790000000"), None),
    Case("a field that came twice", GENERATE, answer(429, retry_after="3, 7"), 7.5),
    Case("a long one that came twice", GENERATE, answer(429, retry_after="3600, 3600"), None),
    Case("a year", GENERATE, answer(429, retry_after="31536000"), None),
    Case("a year in milliseconds", GENERATE, answer(429, retry_after_ms="999999999"), None),
    Case("a date in a year", GENERATE, answer(503, retry_after=in_seconds(31536000)), None),
    Case("no wait is obeyed", asked(Retry(max_retry_after=0)), answer(429, retry_after="1"), None),
    # No allowance
    Case("a limit of zero", GENERATE, limited({"x-ratelimit-limit-req-minute": "0"}), None),
    Case(
        "a limit of zero, with Retry-After",
        GENERATE,
        limited({"X-RateLimit-Limit-Tokens-Month": " 0", "retry-after": "1"}),
        None,
    ),
    Case(
        "one limit of two is zero", GENERATE, limited({"x-ratelimit-limit-a": "60", "x-ratelimit-limit-b": "0.0"}), None
    ),
    Case("limits above zero", GENERATE, limited({"x-ratelimit-limit-a": "60", "x-ratelimit-limit-b": "10"}), OWN),
    Case("nothing remains", GENERATE, limited({"x-ratelimit-limit-a": "60", "x-ratelimit-remaining-a": "0"}), OWN),
    Case("a limit of no sense", GENERATE, limited({"x-ratelimit-limit-a": "none"}), OWN),
    Case("a limit of zero in a 503", GENERATE, answer(503, x_ratelimit_limit_a="0"), OWN),
    # The deadline
    Case("time enough", GENERATE, answer(503), 0.5, left=0.51),
    Case("no time to wait", GENERATE, answer(503), None, left=0.5),
    Case("the deadline has passed", GENERATE, answer(503), None, left=-1.0),
    Case("no time for Retry-After", GENERATE, answer(429, retry_after="7"), None, left=7.0),
    Case("no time, without an answer", GENERATE, no_connection(GENERATE), None, left=0.1),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_outcome_has_its_wait_or_is_final(case: Case) -> None:
    wait = delay(case.request, case.attempt, case.outcome, draw=0.5, left=case.left, now=NOW.timestamp)

    assert wait == (case.wait if case.wait is None else pytest.approx(case.wait))


def test_no_case_is_listed_twice() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_waits_grow_up_to_their_bound() -> None:
    policy = Retry(attempts=9, first_delay=0.5, factor=2.0, max_delay=3.0)

    assert [bound(policy, attempt) for attempt in range(1, 6)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_a_first_delay_beyond_the_cap_is_cut() -> None:
    assert bound(Retry(first_delay=9.0, max_delay=2.0), 1) == 2.0


def test_a_factor_of_one_keeps_the_bound() -> None:
    policy = Retry(attempts=9, first_delay=0.5, factor=1.0)

    assert {bound(policy, attempt) for attempt in range(1, 9)} == {0.5}


def test_a_bound_beyond_what_a_float_holds_is_the_cap() -> None:
    assert bound(Retry(attempts=10**6, factor=10.0, max_delay=8.0), 10**6) == 8.0


DRAWS = st.floats(0, 1, exclude_max=True)
AFTER = st.one_of(st.floats(allow_nan=True).map(str), st.integers(-(10**12), 10**12).map(str), st.text(max_size=20))


@given(
    draw=DRAWS,
    attempt=st.integers(1, 20),
    fields=st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), AFTER),
)
def test_no_wait_is_negative_endless_or_longer_than_agreed(draw: float, attempt: int, fields: dict[str, str]) -> None:
    headers: Any = {name: value.encode("latin-1", "ignore").decode("latin-1") for name, value in fields.items()}
    policy = Retry(attempts=30, first_delay=0.5, max_delay=8.0, max_retry_after=60.0)

    wait = delay(asked(policy), attempt, ScriptedResponse(503, b"", headers), draw=draw, now=NOW.timestamp)

    assert wait is None or (0 <= wait <= 60.5 and math.isfinite(wait))
    if not headers:
        assert wait == draw * bound(policy, attempt)


@given(draw=DRAWS, left=st.floats(-10, 100), after=st.floats(0, 60))
def test_no_wait_reaches_the_deadline(draw: float, left: float, after: float) -> None:
    outcome = answer(429, retry_after=f"{after:.6f}")

    wait = delay(GENERATE, 1, outcome, draw=draw, left=left, now=NOW.timestamp)

    assert wait is None or wait < left
