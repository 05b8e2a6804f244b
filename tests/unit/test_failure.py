"""What msgspec says of a failure is taken apart: what, where, and whose."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from mistral_async.codec.failure import ANY_KEY, Failure, failure

Counts = dict[Annotated[str, Meta(max_length=2)], int]


class Leaf(msgspec.Struct, forbid_unknown_fields=True):
    size: int


class Root(msgspec.Struct, forbid_unknown_fields=True):
    leaves: list[Leaf] = []
    counts: dict[str, Counts] = {}


def found(value: object, annotation: Any = Root) -> Failure:
    """What is wrong with a value that is refused."""
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, annotation)
    return failure(caught.value)


def test_a_value_that_does_not_fit_is_found() -> None:
    assert found({"leaves": [{"size": 1}, {"size": "x"}]}) == Failure(
        what="Expected `int`, got `str`",
        place="leaves[1].size",
        path=("leaves", 1, "size"),
        of_key=False,
        unknown=None,
        missing=None,
    )


def test_a_value_that_does_not_fit_as_a_whole_has_no_place() -> None:
    assert (found([]).place, found([]).path, found([]).what) == ("", (), "Expected `object`, got `array`")


def test_a_value_of_a_map_is_found_without_its_key() -> None:
    wrong = found({"counts": {"a": {"b": "x"}}})

    assert (wrong.place, wrong.path, wrong.of_key) == ("counts[...][...]", ("counts", ANY_KEY, ANY_KEY), False)


def test_a_key_is_found_in_its_map() -> None:
    wrong = found({"counts": {"a": {"long": 1}}})

    assert (wrong.what, wrong.of_key) == ("Expected `str` of length <= 2", True)
    assert (wrong.place, wrong.path) == ("counts[...]", ("counts", ANY_KEY))
    assert (found({"long": 1}, Counts).place, found({"long": 1}, Counts).of_key) == ("", True)


def test_a_field_that_is_missing_is_named() -> None:
    leaf: dict[str, int] = {}

    wrong = found({"leaves": [leaf]})

    assert (wrong.missing, wrong.unknown, wrong.path) == ("size", None, ("leaves", 0))


@given(st.text())
def test_a_field_that_is_unknown_is_named_whatever_it_is_called(name: str) -> None:
    wrong = found({"leaves": [{name + "!": 1}]})

    assert (wrong.unknown, wrong.missing, wrong.path) == (name + "!", None, ("leaves", 0))


def test_a_field_whose_name_reads_like_a_place_does_not_move_the_place() -> None:
    assert found({"leaves": [{"x` - at `$.y": 1}]}).path == ("leaves", 0)
