"""Answers that do not fit: nothing raises but the outermost shape, and everything that fits is kept."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import UNSET, Meta

from mistral_async.codec.answers import AnswerDecoder, NotReadable
from mistral_async.codec.lenient import Misfit
from mistral_async.codec.shapes import is_array, is_object
from mistral_async.model import UnknownVariant
from tests.samples import FULL, Answer, Branch, Group, Image, Text, Tree

DECODER: AnswerDecoder[Answer] = AnswerDecoder(Answer)
ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1.5,
        10**400,
        "",
        "odd",
        [],
        [None],
        {},
        {"type": "new", "x": [1]},
        {"type": 7},
        {"text": "no tag"},
    ]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything inside a JSON value."""
    inside: Any = value.items() if is_object(value) else enumerate(value) if is_array(value) else ()
    for key, item in inside:
        yield (*path, key)
        yield from places(item, (*path, key))


PLACES = list(places(FULL))
assert len(PLACES) > 40


def holder(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        value = value[key]
    return value


def replaced(path: tuple[Any, ...], by: Any) -> dict[str, Any]:
    answer = copy.deepcopy(FULL)
    holder(answer, path)[path[-1]] = by
    return answer


def without(path: tuple[Any, ...]) -> dict[str, Any]:
    answer = copy.deepcopy(FULL)
    del holder(answer, path)[path[-1]]
    return answer


def lenient(value: object) -> tuple[Any, list[Misfit]]:
    """What is decoded may not be of the type that it says: that is what is tested."""
    return DECODER.leniently(json.dumps(value).encode())


def seen(answer: object) -> Any:
    """The answer as JSON again, to compare it with what came: Structs, lists and variants alike."""
    return json.loads(msgspec.json.encode(answer))


def lacks(whole: Any, part: Any) -> bool:
    """Whether something in ``part`` is not in ``whole``, which may have more (defaults, tags)."""
    if is_object(part) and is_object(whole):
        return any(name not in whole or lacks(whole[name], part[name]) for name in part)
    if is_array(part) and is_array(whole):
        return len(whole) != len(part) or any(map(lacks, whole, part))
    return bool(whole != part)


def test_what_fits_gives_the_same_as_the_strict_way_and_no_misfit() -> None:
    data = json.dumps(FULL).encode()

    assert DECODER.leniently(data) == (DECODER.strictly(data), [])


@given(st.sampled_from(PLACES), ODD)
@example(("usage", "cost"), 10**400)
@example(("messages",), None)
@example(("messages", 1, "content", 2, "members"), None)
@example(("scores", "good"), 10**400)
def test_anything_in_the_place_of_anything_loses_nothing(path: tuple[Any, ...], odd: Any) -> None:
    value = replaced(path, odd)

    answer, misfits = lenient(value)

    assert isinstance(answer, Answer)
    try:
        strict = DECODER.strictly(json.dumps(value).encode())
    except msgspec.ValidationError:
        assert misfits
    else:
        assert (answer, misfits) == (strict, [])
    kept = seen(answer)
    if not isinstance(odd, dict):  # of an object, a model keeps the fields that it has
        assert holder(kept, path)[path[-1]] == odd
    holder(kept, path)[path[-1]] = holder(FULL, path)[path[-1]]
    assert not lacks(kept, FULL)


@given(st.lists(st.tuples(st.sampled_from(PLACES), ODD), max_size=6))
def test_any_number_of_odd_things_raises_nothing(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    value = copy.deepcopy(FULL)
    for path, odd in changes:
        try:
            holder(value, path)[path[-1]] = copy.deepcopy(odd)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took its place away

    answer, misfits = lenient(value)

    assert isinstance(answer, Answer)
    assert bool(misfits) >= (answer.messages is None)
    repr(answer)


@pytest.mark.parametrize("path", PLACES, ids=str)
def test_a_missing_field_is_unset_or_its_default_and_the_rest_is_kept(path: tuple[Any, ...]) -> None:
    value = without(path)

    answer, _ = lenient(value)

    assert isinstance(answer, Answer)
    assert not lacks(seen(answer), value)


def test_a_required_field_that_is_missing_reads_as_unset_and_is_noted() -> None:
    answer, misfits = lenient({"usage": {}})

    assert answer.messages is UNSET
    assert answer.usage.tokens is UNSET
    assert (answer.kind, answer.labels, answer.id) == ("answer", [], UNSET)
    assert misfits == [Misfit("$.messages", "missing"), Misfit("$.usage.tokens", "missing")]


@pytest.mark.parametrize("path", [path for path in PLACES if isinstance(holder(FULL, path), dict)], ids=str)
def test_an_extra_field_is_no_misfit(path: tuple[Any, ...]) -> None:
    value = copy.deepcopy(FULL)
    holder(value, path)["brand_new"] = True

    _, misfits = lenient(value)

    # In a map every key is an entry, and has to be of the type of entries.
    assert misfits == [] or path[0] in ("scores", "flags")


def test_null_where_a_list_should_be_stays_null_and_is_noted() -> None:
    answer, misfits = lenient(replaced(("messages",), None))

    assert answer.messages is None
    assert misfits == [Misfit("$.messages", "null where the model says list")]
    assert answer.first == Text(text="first")


def test_an_unknown_enum_value_is_its_text_and_no_misfit() -> None:
    answer, misfits = lenient(replaced(("kind",), "brand new"))

    assert (answer.kind, misfits) == ("brand new", [])


@pytest.mark.parametrize("tag", ["new", "", 7, None, ["text"], {"a": 1}])
def test_an_unknown_variant_is_a_dict_that_encodes_back_unchanged(tag: object) -> None:
    variant = {"type": tag, "deep": [{"er": 1}], "text": "x"}
    value = replaced(("messages", 1, "content", 0), variant)

    answer, misfits = lenient(value)

    content = answer.messages[1].content
    assert isinstance(content, list)
    assert isinstance(content[0], UnknownVariant)
    assert content[0] == variant
    assert isinstance(content[1], Image)
    assert seen(answer)["messages"][1]["content"][0] == variant
    assert misfits == [Misfit("$.messages[1].content[0].type", "a variant that the model does not list")]


@pytest.mark.parametrize(
    ("value", "variant"),
    [({"text": "x"}, Text), ({"url": "u"}, Image), ({"members": []}, Group), ({"url": "u", "detail": "low"}, Image)],
)
def test_a_variant_without_its_tag_is_the_most_like_one(value: dict[str, Any], variant: type[object]) -> None:
    answer, misfits = lenient(replaced(("first",), value))

    assert type(answer.first) is variant
    assert misfits == [Misfit("$.first.type", "missing")]


def test_numbers_become_what_the_model_says() -> None:
    answer, misfits = lenient({"messages": None, "usage": {"tokens": 1, "cost": 2}, "scores": {"a": 3}})

    assert [type(answer.scores["a"]), type(answer.usage.cost)] == [float, float]
    assert len(misfits) == 1


def test_limits_are_no_matter_of_answers() -> None:
    branches: AnswerDecoder[Any] = AnswerDecoder(Annotated[list[Branch], Meta(max_length=1, title="x")])

    built, misfits = branches.leniently(b'[{"weight":7},{"tree":{"name":"a"}}]')

    assert built == [Branch(tree=UNSET, weight=7), Branch(tree=Tree(name="a"))]  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert misfits == [Misfit("$[0].tree", "missing")]
    with pytest.raises(NotReadable, match="an object where the model says list"):
        branches.leniently(b"{}")
    positive: Any = Annotated[int, Meta(ge=1, title="x")]
    assert AnswerDecoder[Any](positive | None).leniently(b"0") == (0, [])


def test_a_misfit_says_where_and_never_what_it_holds() -> None:
    value = {
        "messages": [{"role": "secret", "content": [5]}, "secret", {"role": ["secret"]}],
        "scores": {"secret": "secret"},
        "flags": {"secret": {"secret": 1}},
        "labels": [{"secret": 1}],
    }

    _, misfits = lenient(value)

    assert [misfit.where for misfit in misfits] == [
        "$.messages[0].content[0]",
        "$.messages[1]",
        "$.messages[2].role",
        "$.scores[...]",
        "$.labels[0]",
        "$.flags[...][...]",
    ]
    assert "secret" not in str(misfits)
