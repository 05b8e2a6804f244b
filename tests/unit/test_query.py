"""Query parameters and path values."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mistral_async.codec.query import encode_query
from mistral_async.resource import Resource
from tests.fakes import ScriptedWire, engine

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
SCALARS = st.one_of(TEXTS, st.integers(), st.booleans(), st.floats(allow_nan=False))


class Place(Resource):
    """A resource as the generator writes them."""

    __slots__ = ()

    def __getitem__(self, value: Any, /) -> str:
        return self._item(value)


def text_of(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


@given(st.dictionaries(TEXTS.filter(bool), SCALARS, max_size=5))
def test_any_name_and_value_survives_the_query(parameters: dict[str, Any]) -> None:
    pairs = parse_qsl(encode_query(parameters), keep_blank_values=True, strict_parsing=bool(parameters))

    assert pairs == [(name, text_of(value)) for name, value in parameters.items()]


@given(TEXTS, st.lists(SCALARS, max_size=5))
def test_a_list_repeats_its_name(name: str, values: list[Any]) -> None:
    pairs = parse_qsl(encode_query({name: values}), keep_blank_values=True)

    assert pairs == [(name, text_of(value)) for value in values]


def test_the_keys_of_an_object_are_parameters_of_their_own() -> None:
    query = encode_query({"page": 0, "metadata": {"team": "a b", "run": [1, 2]}})

    assert query == "page=0&team=a%20b&run=1&run=2"


def test_none_is_left_out_wherever_it_stands() -> None:
    assert encode_query({"a": None, "b": [None, 1], "c": {"d": None}}) == "b=1"


def test_booleans_are_written_as_json_writes_them() -> None:
    assert encode_query({"yes": True, "no": [False]}) == "yes=true&no=false"


def test_no_parameters_make_no_query() -> None:
    assert encode_query({}) == ""


@given(st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text not in (".", "..")))
@example("../models")
@example("a/b")
@example("a%2Fb")
@example("x?y#z")
@example("...")
@example("%2e%2e")
@example("\r\nHost: evil")
def test_any_id_is_one_path_segment_that_reads_back_as_the_id(value: str) -> None:
    path = Place(engine(ScriptedWire()), "/v1/things")[value]

    head, segment = path[: len("/v1/things/")], path[len("/v1/things/") :]
    assert head == "/v1/things/"
    assert unquote(segment) == value
    assert not set(segment) & set("/?#\\ \r\n")
    assert segment.isascii()
    assert segment not in (".", "..")


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_an_id_that_would_name_another_resource_is_refused(value: str) -> None:
    place = Place(engine(ScriptedWire()), "/v1/things")

    with pytest.raises(ValueError, match="another resource"):
        place[value]


def test_a_number_is_a_path_value_and_other_types_are_refused() -> None:
    place = Place(engine(ScriptedWire()), "/v1/things")

    assert place[7] == "/v1/things/7"
    for value in (True, None, b"id", 1.5):
        with pytest.raises(TypeError, match="a path value below /v1/things is text, not"):
            place[value]


def test_an_id_that_no_url_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        Place(engine(ScriptedWire()), "/v1/things")["\ud800"]


def test_a_resource_shows_where_it_is() -> None:
    assert repr(Place(engine(ScriptedWire()), "/v1/things")) == "<Place /v1/things>"
