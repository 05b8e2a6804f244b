"""Which page comes after a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mistral_async.operation import Pages


def next_parameter(
    pages: Pages, params: Mapping[str, Any], page: object, *, count: int, seen: int
) -> dict[str, Any] | None:
    """The parameters that ask for the next page, or None after the last one.

    ``count`` items were on this page, ``seen`` on all pages so far. A page with fewer items than were asked for is no
    sign of the end: the server may hold pages to a size of its own.
    """
    if pages.by == "cursor":
        cursor = _field(page, pages.next or "")
        if not cursor or cursor == params.get(pages.parameter):
            return None
        return {**params, pages.parameter: cursor}
    total = _field(page, pages.total or "")
    # Where the caller began with a later page, the total is not reached, and an empty page is the end.
    if count == 0 or (isinstance(total, int) and seen >= total):
        return None
    step = count if pages.by == "offset" else 1
    return {**params, pages.parameter: (params.get(pages.parameter) or pages.first) + step}


def _field(page: object, name: str) -> Any:
    """The field of this name, dots leading into nested objects; None where it, or one on the way, is absent."""
    value: Any = page
    for step in name.split("."):
        value = getattr(value, step, None) or None
    return value
