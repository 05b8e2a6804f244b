"""Which page comes next."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from mistral_async.operation import Pages
from mistral_async.pages import next_parameter

BY_PAGE = Pages(items="data", by="page", parameter="page", total="total")
BY_OFFSET = Pages(items="data", by="offset", parameter="offset", total="paging.total")
BY_CURSOR = Pages(items="data", by="cursor", parameter="after", next="paging.next")
CAP = 7  # items on a page, whatever the caller asks for


def page(**fields: Any) -> object:
    return SimpleNamespace(**fields)


def walk(pages: Pages, params: dict[str, Any], size: int, of: int, total: object) -> list[int]:
    """Ask a server that has ``of`` items, and gives ``size`` of them a page, until there is no next page."""
    asked: dict[str, Any] | None = params
    found: list[int] = []
    while asked is not None:
        at = asked.get(pages.parameter) or pages.first
        start = at if pages.by == "offset" else (at - pages.first) * size
        items = list(range(of))[start : start + size]
        found += items
        answer = page(total=total, paging=page(total=total))
        asked = next_parameter(pages, asked, answer, count=len(items), seen=len(found))
    return found


@given(
    st.sampled_from([BY_PAGE, BY_OFFSET, Pages(items="data", by="page", parameter="page", first=1)]),
    st.integers(1, CAP),
    st.integers(0, 40),
    st.sampled_from(["known", None, UNSET, "a text"]),
)
def test_walking_finds_every_item_once(pages: Pages, size: int, of: int, total: object) -> None:
    known = of if total == "known" else total

    assert walk(pages, {"search": "x"}, size, of, known) == list(range(of))


@given(st.integers(1, CAP), st.integers(0, 40), st.integers(0, 6), st.booleans())
def test_walking_may_begin_anywhere(size: int, of: int, start: int, known: bool) -> None:
    total = of if known else None

    assert walk(BY_PAGE, {"page": start}, size, of, total) == list(range(of))[start * size :]
    assert walk(BY_OFFSET, {"offset": start}, size, of, total) == list(range(of))[start:]


def test_the_other_parameters_stay() -> None:
    asked = next_parameter(BY_PAGE, {"search": "x", "page": 2}, page(total=100), count=5, seen=5)

    assert asked == {"search": "x", "page": 3}


def test_what_is_not_sent_counts_as_the_first_page() -> None:
    assert next_parameter(BY_PAGE, {"page": UNSET}, page(total=9), count=5, seen=5) == {"page": 1}


def test_a_page_that_is_full_of_all_items_is_the_last() -> None:
    assert next_parameter(BY_PAGE, {}, page(total=5), count=5, seen=5) is None


def test_an_empty_page_is_the_last_whatever_the_total_says() -> None:
    assert next_parameter(BY_PAGE, {"page": 3}, page(total=100), count=0, seen=50) is None


def test_a_cursor_leads_on_until_there_is_none() -> None:
    assert next_parameter(BY_CURSOR, {"q": 1}, page(paging=page(next="c1")), count=5, seen=5) == {"q": 1, "after": "c1"}
    assert next_parameter(BY_CURSOR, {"after": "c1"}, page(paging=page(next="c2")), count=0, seen=5) == {"after": "c2"}


@pytest.mark.parametrize(
    "answer",
    [
        page(paging=page(next=None)),
        page(paging=page(next="")),
        page(paging=page(next=UNSET)),
        page(paging=UNSET),
        page(),
    ],
)
def test_without_a_cursor_there_is_no_next_page(answer: object) -> None:
    assert next_parameter(BY_CURSOR, {}, answer, count=5, seen=5) is None


def test_a_cursor_that_leads_nowhere_new_is_not_followed() -> None:
    assert next_parameter(BY_CURSOR, {"after": "c1"}, page(paging=page(next="c1")), count=5, seen=5) is None
