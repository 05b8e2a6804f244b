"""A page out of a list, and the query parameters that narrow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from mistral_async.testing.refusals import invalid

T = TypeVar("T")


def page(items: Sequence[T], query: Mapping[str, Any]) -> Sequence[T]:
    """The items of the page that ``page`` and ``page_size`` ask for; pages count from 0."""
    number, size = query.get("page", 0), query.get("page_size", 100)
    if number < 0:
        raise invalid("greater_than_equal", ["query", "page"], "Input should be greater than or equal to 0")
    if size < 1:
        raise invalid("greater_than_equal", ["query", "page_size"], "Input should be greater than or equal to 1")
    return items[number * size : (number + 1) * size]


def moment(query: Mapping[str, Any], name: str) -> float | None:
    """A ``date-time`` parameter in Unix seconds; None where it was left out. Without a zone it is taken as UTC."""
    text = query.get(name)
    if text is None:
        return None
    try:
        # A plus sign that nobody encoded has arrived as a space.
        value = datetime.fromisoformat(str(text).replace(" ", "+") if "T" in str(text) else str(text))
    except ValueError:
        raise invalid("datetime_from_date_parsing", ["query", name], "Input should be a valid datetime") from None
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
