"""Types that refuse what a request must not hold.

Models accept fields that they do not know, since answers may bring some. A request must not: a misspelt field would
silently do nothing. So requests are checked with twins of the models, which differ in that alone.
"""

from __future__ import annotations

import functools
import operator
import types
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, ForwardRef, Literal, TypeGuard, Union, get_args, get_origin

import msgspec


def strict_type(annotation: Any, given: frozenset[str] | None = None) -> Any:
    """The same type, in which every object refuses unknown fields, at any depth.

    Of a model itself, only the fields with the wire names ``given`` are known, and those that it must have.

    Takes whatever a model's annotation may be: a model, a union, a list, a map. Values decoded with it are instances
    of the twins, good for nothing but having been checked.
    """
    return _twins(annotation, given).type


def models_in(annotation: Any, given: frozenset[str] | None = None) -> AbstractSet[type[msgspec.Struct]]:
    """Every model that a value of this type may hold, where it has no fields but those ``given``."""
    return _twins(annotation, given).models


class _Strict(msgspec.Struct, frozen=True):
    type: Any
    models: AbstractSet[type[msgspec.Struct]]  # that have a twin in it


@functools.cache
def _twins(annotation: Any, given: frozenset[str] | None) -> _Strict:
    twins = _Twins(annotation, given)
    twin = twins.of(annotation)
    twins.tie()
    return _Strict(twin, twins.made.keys())


class _Twins:
    """The twins made for one root, so that a recursive model finds the twin of itself."""

    def __init__(self, root: Any, given: frozenset[str] | None) -> None:
        """Of the root, where it is a model, only the fields with these wire names are wanted; None: all."""
        self._root = root
        self._given = given
        self.made: dict[type[msgspec.Struct], type[msgspec.Struct] | None] = {}
        self._recursive: set[type[msgspec.Struct]] = set()

    def tie(self) -> None:
        """Let every twin find those it refers to forward: msgspec looks them up among the class's own attributes."""
        for holder in self.made.values():
            for model in self._recursive:
                setattr(holder, _reference(model), self.made[model])

    def of(self, annotation: Any) -> Any:
        if _is_model(annotation):
            return self._of_model(annotation)
        arguments = get_args(annotation)
        if not arguments or (origin := get_origin(annotation)) is Literal:
            return annotation
        if origin is Annotated:
            inner, *limits = arguments
            twin = self.of(inner)
            return annotation if twin is inner else Annotated[(twin, *limits)]
        twins = tuple(map(self.of, arguments))
        if all(map(operator.is_, twins, arguments)):  # it holds no model; putting it together again takes long
            return annotation
        if origin in (Union, types.UnionType):
            return Union[twins]  # noqa: UP007  # built from a tuple, which `|` cannot do
        return origin[twins]

    def _of_model(self, model: type[msgspec.Struct]) -> Any:
        if model in self.made:
            if twin := self.made[model]:
                return twin
            self._recursive.add(model)
            return ForwardRef(_reference(model))
        self.made[model] = None  # being made: whatever refers to it now, refers forward
        fields = self._fields(model)
        config = model.__struct_config__
        twin = msgspec.defstruct(
            model.__name__,
            [
                (field.name, self.of(field.type))
                if field.required
                else (field.name, self.of(field.type), msgspec.UNSET)
                for field in fields
            ],
            rename={field.name: field.encode_name for field in fields},
            tag=config.tag,
            tag_field=config.tag_field,
            kw_only=True,
            forbid_unknown_fields=True,
        )
        self.made[model] = twin
        return twin

    def _fields(self, model: type[msgspec.Struct]) -> list[msgspec.structs.FieldInfo]:
        fields = msgspec.structs.fields(model)  # which evaluates every annotation
        if self._given is None or model is not self._root:
            return list(fields)
        return [field for field in fields if field.required or field.encode_name in self._given]


def _is_model(annotation: Any) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def _reference(model: type[msgspec.Struct]) -> str:
    return f"_{model.__name__}_{id(model)}"
