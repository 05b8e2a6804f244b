"""What the header fields of an answer say."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from mistral_async.http import Headers

EVENT_STREAM = "text/event-stream"  # Source: WHATWG HTML, section 9.2.5

LONGEST = 1e9  # seconds (31 years): whatever is more comes to the same

_NUMBER = r"\s*(?:\d+(?:\.\d*)?|\.\d+)\s*"
# A number, and what may follow it: the same again where the field came twice, or a parameter (";w=60").
_ZERO = r"\s*0+(?:\.0*)?\s*(?:[,;]|$)"


def request_id(headers: Headers) -> str | None:
    """The id by which the vendor finds the request again. Source: observed in answers of the API."""
    return headers.get("x-kong-request-id") or headers.get("mistral-correlation-id")


def media_type(headers: Headers) -> str | None:
    """What the body is, in lower case and without parameters; None where it is not said."""
    value = headers.get("content-type")
    return value.partition(";")[0].strip().lower() if value is not None else None


def is_event_stream(headers: Headers) -> bool:
    """Whether the answer to who asked for a stream of events is one: unless it says that it is something else."""
    return media_type(headers) in (EVENT_STREAM, None)


def retry_after(headers: Headers, *, now: Callable[[], float] = time.time) -> float | None:
    """Seconds to wait, as the server wants it; None where it says nothing, or nothing that makes sense.

    ``retry-after-ms`` is the more exact of the two, and wins. ``Retry-After`` is in seconds, also with decimals as some
    gateways send them, or a date; ``now`` gives the time that a date is compared to. Of several numbers, as where a
    gateway adds one of its own, the largest counts.

    Source: RFC 9110 section 10.2.3 (``Retry-After``); ``retry-after-ms`` is observed, of gateways in Azure.
    """
    if (milliseconds := _number(headers.get("retry-after-ms", ""))) is not None:
        return min(milliseconds / 1000, LONGEST)
    text = headers.get("retry-after", "")
    if not text:
        return None
    seconds = _number(text)
    return min(seconds, LONGEST) if seconds is not None else _until(text, now)


def no_allowance(headers: Headers) -> bool:
    """Whether a limit of zero applies, which no waiting changes: the account may not do this at all.

    Source: fields ``x-ratelimit-limit-*`` observed in answers of the API.
    """
    return any(
        name.startswith("x-ratelimit-limit-") and re.match(_ZERO, value, re.ASCII) is not None
        for name, value in headers.items()
    )


def _number(text: str) -> float | None:
    numbers = text.split(",")
    return max(map(float, numbers)) if all(re.fullmatch(_NUMBER, each, re.ASCII) for each in numbers) else None


def _until(text: str, now: Callable[[], float]) -> float | None:
    from datetime import UTC  # by those who are told a date
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(text)
        # Source: RFC 9110 section 5.6.7: a date without a zone (asctime's form) is in GMT too.
        return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now())
    except (ValueError, OverflowError):
        return None
