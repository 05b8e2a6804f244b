"""What the header fields of an answer say."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

from mistral_async.http import Headers

# At most nine digits (31 years): a longer number is no delay.
_NUMBER = re.compile(r"\d{1,9}(\.\d*)?|\.\d+", re.ASCII)
_ZERO = re.compile(r"0+(\.0*)?", re.ASCII)


def request_id(headers: Headers) -> str | None:
    """The id by which the vendor finds the request again. Source: observed in answers of the API."""
    return headers.get("x-kong-request-id") or headers.get("mistral-correlation-id")


def retry_after(headers: Headers, *, now: Callable[[], float] = time.time) -> float | None:
    """Seconds to wait, as the server wants it; None where it says nothing, or nothing that makes sense.

    ``retry-after-ms`` is the more exact of the two, and wins. ``Retry-After`` is in seconds, also with decimals as some
    gateways send them, or a date; ``now`` gives the time that a date is compared to.

    Source: RFC 9110 section 10.2.3 (``Retry-After``); ``retry-after-ms`` is observed, of gateways in Azure.
    """
    if (milliseconds := _number(headers.get("retry-after-ms", ""))) is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    if not text:
        return None
    seconds = _number(text)
    return seconds if seconds is not None else _until(text, now)


def no_allowance(headers: Headers) -> bool:
    """Whether a limit of zero applies, which no waiting changes: the account may not do this at all.

    Source: fields ``x-ratelimit-limit-*`` observed in answers of the API.
    """
    return any(
        name.startswith("x-ratelimit-limit-") and _ZERO.fullmatch(value.strip()) is not None
        for name, value in headers.items()
    )


def _number(text: str) -> float | None:
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def _until(text: str, now: Callable[[], float]) -> float | None:
    try:
        date = parsedate_to_datetime(text)
        # Source: RFC 9110 section 5.6.7: a date without a zone (asctime's form) is in GMT too.
        return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now())
    except (ValueError, OverflowError):
        return None
