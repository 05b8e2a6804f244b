"""Parts of answers that go out again."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, json

from mistral_async.codec.outgoing import sendable, without_unknown
from mistral_async.model import UnknownVariant
from tests.samples import Call, Group, Message, Text

NEW = UnknownVariant(type="new", x=1)


def indexed() -> Call:
    return Call(name="f", arguments={"index": 1}, index=0)


def plain() -> Call:
    return Call(name="f", arguments={"index": 1})


# Whatever can stand in a request, and where in it.
NESTS: list[Callable[[Any], Any]] = [
    lambda inner: Message(role="a", calls=[inner]),
    lambda inner: [inner, "text", 1],
    lambda inner: (1, inner),
    lambda inner: {"a": [inner], "b": None},
    lambda inner: {"role": "user", "calls": inner},
    lambda inner: Message(role="a", content=[Group(members=[inner])]),
]


@given(st.lists(st.sampled_from(NESTS), max_size=5))
def test_what_only_answers_have_is_dropped_however_deep(nests: list[Callable[[Any], Any]]) -> None:
    value: Any = indexed()
    expected: Any = plain()
    for nest in nests:
        value, expected = nest(value), nest(expected)
    before = copy.deepcopy(value)

    sent = sendable(value)

    assert json.encode(sent) == json.encode(expected)
    assert value == before  # the caller's own is not changed


@given(st.lists(st.sampled_from(NESTS), max_size=5))
def test_what_needs_no_change_is_not_copied(nests: list[Callable[[Any], Any]]) -> None:
    value: Any = plain()
    for nest in nests:
        value = nest(value)

    assert sendable(value) is value
    assert without_unknown(value) is value


def test_plain_dicts_are_sent_as_they_stand() -> None:
    value = {"calls": [{"name": "f", "arguments": "", "index": 0}]}

    assert sendable(value) is value


def test_unknown_variants_are_taken_out_of_lists_and_of_fields() -> None:
    message = Message(role="a", content=[Text(text="x"), NEW, Group(members=[NEW])])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]

    known = without_unknown({"messages": (message, NEW), "first": NEW, "n": 1})

    assert known == {"messages": [Message(role="a", content=[Text(text="x"), Group(members=[])])], "n": 1}
    assert without_unknown(Message(role="a", content=NEW)).content is UNSET  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_an_unknown_variant_is_sent_unchanged() -> None:
    assert sendable([NEW])[0] is NEW


def test_what_is_unknown_altogether_stays_what_it_is() -> None:
    assert without_unknown(NEW) is NEW
