"""Vectors, as they came: a list of floats, or their bytes in base64."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias, overload

from mistral_async.model import Model

_SHOWN = 3  # numbers in a repr; there may be thousands
_SIZE = 4  # bytes of a 32-bit float


class Vector(Sequence[float]):
    """A sequence of 32-bit floats that keeps them packed, as they came in base64: none is unpacked before it is read.

    It reads as a list does: by index, slice (a ``Vector`` again), iteration and ``==``, with a list as with another
    vector. ``numpy.asarray(vector)`` copies nothing. ``packed`` holds the bytes, little-endian.

    What came was not told of its type: after a request for another ``output_dtype`` than ``"float"`` the bytes are
    integers, to be read by ``memoryview(vector.packed).cast("b")``, or ``"B"`` where they are without sign. Reading the
    floats raises ``ValueError`` where the number of bytes is no multiple of four.
    """

    __slots__ = ("packed",)

    def __init__(self, packed: bytes) -> None:
        self.packed: Final = packed

    def _bytes(self) -> memoryview:
        if len(self.packed) % _SIZE:
            raise ValueError(
                f"{len(self.packed)} bytes are no 32-bit floats; after a request for another output_dtype, read "
                "memoryview(vector.packed)"
            )
        return memoryview(self.packed)

    def _floats(self) -> memoryview[float]:
        if sys.byteorder == "little":
            return self._bytes().cast("f")
        from array import array

        swapped = array("f", self._bytes())
        swapped.byteswap()
        return memoryview(swapped)

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """How numpy reads the numbers where they are.

        Source: numpy's documentation, "The array interface protocol", version 3.
        """
        return {"version": 3, "typestr": "<f4", "shape": (len(self),), "data": self.packed}

    @overload
    def __getitem__(self, index: int) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> Vector: ...
    def __getitem__(self, index: int | slice) -> float | Vector:
        if isinstance(index, slice):
            return Vector(self._bytes().cast("I")[index].tobytes())
        return self._floats()[index]

    def __len__(self) -> int:
        return len(self._floats())

    def __bool__(self) -> bool:
        return bool(self.packed)  # of whatever type the numbers are

    def __iter__(self) -> Iterator[float]:
        return iter(self._floats())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vector | list):
            return NotImplemented
        if isinstance(other, Vector) and self.packed == other.packed:
            return True
        try:
            return list(self) == (list(other) if isinstance(other, Vector) else other)
        except ValueError:  # one of them holds no floats
            return False

    def __repr__(self) -> str:
        if len(self.packed) % _SIZE:
            return f"<Vector of {len(self.packed)} bytes>"
        numbers = [f"{number:.7g}" for number in self[:_SHOWN]]
        return f"<Vector of {len(self)}: {', '.join(numbers)}{', ...' if len(self) > _SHOWN else ''}>"


if TYPE_CHECKING:
    AnyVector: TypeAlias = list[float] | Vector
else:
    # What msgspec decodes and encodes by itself, in C and without a hook: bytes are base64 to it. `VectorModel` shows
    # them as a `Vector`.
    AnyVector = list[float] | bytes


class VectorModel(Model, kw_only=True):
    """Base of a generated model with vectors: its ``vector_fields`` hold a list, or bytes that read as a ``Vector``."""

    vector_fields: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        for name in cls.__dict__.get("vector_fields", ()):
            setattr(cls, name, _VectorField(cls.__dict__[name]))

    def __post_init__(self) -> None:
        for name in self.vector_fields:  # which the constructor has set by itself, perhaps to a `Vector`
            setattr(self, name, getattr(self, name))


class _VectorField:
    """A field of a model: bytes where msgspec looks, a ``Vector`` to everybody else."""

    __slots__ = ("_slot",)

    def __init__(self, slot: Any) -> None:
        self._slot = slot  # the descriptor of the field's place in the model

    def __get__(self, model: Model | None, model_type: type[Model] | None = None) -> Any:
        if model is None:
            return self
        value = self._slot.__get__(model, model_type)
        return Vector(value) if type(value) is bytes else value

    def __set__(self, model: Model, value: object) -> None:
        self._slot.__set__(model, value.packed if isinstance(value, Vector) else value)
