"""Vectors: packed numbers that read as a list of floats does."""

from __future__ import annotations

import base64
import copy
import math
import pickle
import struct
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.codec.answers import AnswerDecoder
from mistral_async.codec.lenient import Misfit
from mistral_async.model import PRESUMED
from mistral_async.vector import AnyVector, Vector, VectorModel

FLOATS = st.lists(st.floats(width=32, allow_nan=False), max_size=9)


class Item(VectorModel, kw_only=True):
    vector_fields: ClassVar[frozenset[str]] = frozenset({"embedding"})
    embedding: AnyVector = PRESUMED
    index: int = 0


ITEMS: AnswerDecoder[list[Item]] = AnswerDecoder(list[Item])


def packed(*numbers: float) -> bytes:
    return struct.pack(f"<{len(numbers)}f", *numbers)


def text(*numbers: float) -> str:
    return base64.b64encode(packed(*numbers)).decode()


def answer(*embeddings: Any) -> bytes:
    return msgspec.json.encode([{"embedding": embedding, "index": 1} for embedding in embeddings])


@given(FLOATS, st.slices(9), st.data())
def test_a_vector_reads_as_the_list_of_its_numbers(numbers: list[float], part: slice, data: st.DataObject) -> None:
    vector = Vector(packed(*numbers))

    assert list(vector) == numbers
    assert vector == numbers
    assert numbers == vector
    assert len(vector) == len(numbers)
    assert vector[part] == numbers[part]
    assert list(reversed(vector)) == numbers[::-1]
    assert bool(vector) == bool(numbers)
    if numbers:
        index = data.draw(st.integers(-len(numbers), len(numbers) - 1))
        assert vector[index] == numbers[index]
        assert numbers[index] in vector
        assert vector.index(numbers[index]) == numbers.index(numbers[index])
        assert vector.count(numbers[index]) == numbers.count(numbers[index])


@given(FLOATS, FLOATS)
def test_vectors_are_equal_where_their_numbers_are(one: list[float], other: list[float]) -> None:
    assert (Vector(packed(*one)) == Vector(packed(*other))) is (one == other)
    assert (Vector(packed(*one)) == other) is (one == other)


def test_a_vector_is_a_sequence_and_equal_to_no_other_kind_of_thing() -> None:
    vector = Vector(packed(0.0, 1.5))

    assert isinstance(vector, Sequence)
    assert vector == Vector(packed(-0.0, 1.5))
    assert vector != (0.0, 1.5)
    assert vector != vector.packed
    assert math.fsum(vector) == 1.5
    with pytest.raises(IndexError):
        vector[2]


def test_a_vector_shows_how_long_it_is_and_how_it_begins() -> None:
    assert repr(Vector(packed(0.1, -2, 3, 4))) == "<Vector of 4: 0.1, -2, 3, ...>"
    assert repr(Vector(packed(0.1))) == "<Vector of 1: 0.1>"
    assert repr(Item(embedding=Vector(b""))) == "Item(embedding=<Vector of 0: >, index=0)"
    assert repr(Vector(b"123")) == "<Vector of 3 bytes>"


READINGS: dict[str, Callable[[Vector], object]] = {
    "list": list,
    "len": len,
    "index": lambda vector: vector[0],
    "slice": lambda vector: vector[:1],
}


@pytest.mark.parametrize("reading", READINGS)
def test_bytes_that_are_no_floats_are_kept_and_not_read_as_such(reading: str) -> None:
    vector = Vector(bytes([1, 255, 3]))

    assert memoryview(vector.packed).cast("b").tolist() == [1, -1, 3]
    assert vector == Vector(bytes([1, 255, 3]))
    assert vector != Vector(bytes([1, 255, 4]))
    assert vector != [1.0]
    with pytest.raises(ValueError, match="3 bytes are no 32-bit floats; after a request for another output_dtype"):
        READINGS[reading](vector)


def test_a_vector_can_be_copied_and_pickled() -> None:
    vector = Vector(packed(1, 2))

    for again in (copy.copy(vector), copy.deepcopy(vector), pickle.loads(pickle.dumps(vector))):  # of our own making
        assert type(again) is Vector
        assert again == vector


def test_a_vector_tells_numpy_where_its_numbers_are() -> None:
    vector = Vector(packed(1, 2, 3))

    told = vector.__array_interface__

    assert told == {"version": 3, "typestr": "<f4", "shape": (3,), "data": vector.packed}
    assert told["data"] is vector.packed


def test_numpy_copies_nothing() -> None:
    numpy: Any = pytest.importorskip("numpy")
    vector = Vector(packed(1, 2, 3))

    array = numpy.asarray(vector)

    assert (array.dtype, array.tolist()) == (numpy.float32, [1.0, 2.0, 3.0])
    assert numpy.shares_memory(array, numpy.frombuffer(vector.packed, "u1"))
    assert numpy.array([vector, vector]).shape == (2, 3)
    assert numpy.dot(vector, [1.0, 0.5, 0.0]) == 2


def test_numbers_stay_a_list_and_base64_becomes_a_vector() -> None:
    as_list, as_base64, without = ITEMS.strictly(
        b'[{"embedding":[1,2.5]},{"embedding":"%s"},{}]' % text(1, 2.5).encode()
    )

    assert as_list.embedding == as_base64.embedding == [1.0, 2.5]
    assert (type(as_list.embedding), type(as_base64.embedding)) == (list, Vector)
    assert [type(number) for number in as_list.embedding] == [float, float]
    assert repr(without) == "Item(index=0)"


@pytest.mark.parametrize("sent", [[0.5, -1.0], text(0.5, -1.0), "", [], text(0.1)[:4]])
def test_what_is_encoded_is_what_was_sent(sent: Any) -> None:
    items = ITEMS.strictly(answer(sent))

    for same in (items, copy.deepcopy(items), pickle.loads(pickle.dumps(items))):  # of our own making
        assert msgspec.json.encode(same) == answer(sent)
        assert same == items
    assert msgspec.to_builtins(items) == [{"embedding": sent, "index": 1}]
    assert msgspec.convert(msgspec.to_builtins(items), list[Item]) == items
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(items), type=list[Item]) == items


def test_a_vector_goes_into_a_model_as_well_as_out_of_it() -> None:
    vector = Vector(packed(1, 2))
    made = Item(embedding=vector)
    changed = Item(embedding=[0.5])
    changed.embedding = vector
    shorter = Item(embedding=vector[:1])

    assert made == changed
    assert made.embedding == vector
    assert msgspec.json.encode([made, shorter, changed]) == (
        b'[{"embedding":"%s","index":0},{"embedding":"%s","index":0},{"embedding":"%s","index":0}]'
        % (text(1, 2).encode(), text(1).encode(), text(1, 2).encode())
    )


def test_a_model_that_is_derived_from_one_with_vectors_has_them_too() -> None:
    class Wider(Item, kw_only=True):
        note: str = ""

    wider = msgspec.json.decode(b'{"embedding":"%s"}' % text(1).encode(), type=Wider)

    assert wider.embedding == Vector(packed(1))
    assert msgspec.json.encode(wider) == b'{"embedding":"%s","index":0,"note":""}' % text(1).encode()


@pytest.mark.parametrize("odd", ["no base64", "AAAAA", "AAAA AAA", "AAAA\n", "ÄÄÄÄ", None, True, 7, {}, {"a": 1}])
def test_what_is_no_vector_is_a_misfit_and_kept(odd: Any) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\[0\]\.embedding"):
        ITEMS.strictly(answer(odd, [1.0]))

    (kept, other), misfits = ITEMS.leniently(answer(odd, [1.0]))

    assert (kept.embedding, kept.index, other.embedding) == (odd, 1, [1.0])
    assert [misfit.where for misfit in misfits] == ["$[0].embedding"]
    assert msgspec.json.encode(kept) == answer(odd)[1:-1]


def test_a_misfit_names_both_forms() -> None:
    assert ITEMS.leniently(answer("no base64"))[1] == [
        Misfit("$[0].embedding", "a text where the model says list or base64")
    ]


def test_what_is_no_number_among_numbers_is_a_misfit_and_kept() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\[0\]\.embedding\[1\]"):
        ITEMS.strictly(answer([1, None, "..."]))

    (item,), misfits = ITEMS.leniently(answer([1, None, "..."]))

    assert item.embedding == [1.0, None, "..."]
    assert [misfit.where for misfit in misfits] == ["$[0].embedding[1]", "$[0].embedding[2]"]


def test_a_vector_beside_a_misfit_is_a_vector() -> None:
    (item, _), misfits = ITEMS.leniently(answer(text(1, 2), 7))

    assert type(item.embedding) is Vector
    assert item.embedding == [1.0, 2.0]
    assert len(misfits) == 1


@pytest.mark.parametrize(("packed", "holds"), [(b"", False), (b"abc", True), (b"abcd", True)])
def test_a_vector_holds_something_whatever_the_type_of_its_numbers(packed: bytes, holds: bool) -> None:
    assert bool(Vector(packed)) is holds
