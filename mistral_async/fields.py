"""What the header fields of an answer say."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

from mistral_async.http import Headers


def request_id(headers: Headers) -> str | None:
    """The id by which the vendor finds the request again."""
    return headers.get("x-kong-request-id") or headers.get("mistral-correlation-id")


def retry_after(headers: Headers, *, now: Callable[[], float] = time.time) -> float | None:
    """Seconds to wait, from ``Retry-After`` in seconds or as a date; None where it is missing or makes no sense.

    Source: RFC 9110 section 10.2.3.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) < 10 else None  # more would be decades
    try:
        date = parsedate_to_datetime(text)
        # Source: RFC 9110 section 5.6.7: a date without a zone (asctime's form) is in GMT too.
        return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now())
    except (ValueError, OverflowError):
        return None
