"""Types that refuse what a request must not hold.

Models accept fields that they do not know, since answers may bring some. A request must not: a misspelt field would
silently do nothing. So requests are checked with twins of the models, which differ in that alone.
"""

from __future__ import annotations

import functools
import types
from typing import Annotated, Any, ForwardRef, Literal, TypeGuard, Union, get_args, get_origin

import msgspec


@functools.cache
def strict_type(annotation: Any) -> Any:
    """The same type, in which every object refuses unknown fields, at any depth.

    Takes whatever a model's annotation may be: a model, a union, a list, a map. Values decoded with it are instances
    of the twins, good for nothing but having been checked.
    """
    twins = _Twins()
    twin = twins.of(annotation)
    twins.tie()
    return twin


def models_in(annotation: Any, found: set[type[msgspec.Struct]] | None = None) -> set[type[msgspec.Struct]]:
    """Every model that a value of this type may hold."""
    found = set() if found is None else found
    if _is_model(annotation):
        if annotation not in found:
            found.add(annotation)
            for field in _fields(annotation):
                models_in(field.type, found)
    elif get_origin(annotation) is not Literal:
        for argument in get_args(annotation):
            models_in(argument, found)
    return found


class _Twins:
    """The twins made for one root, so that a recursive model finds the twin of itself."""

    def __init__(self) -> None:
        self._made: dict[type[msgspec.Struct], type[msgspec.Struct] | None] = {}
        self._recursive: set[type[msgspec.Struct]] = set()

    def tie(self) -> None:
        """Let every twin find those it refers to forward: msgspec looks them up among the class's own attributes."""
        for holder in self._made.values():
            for model in self._recursive:
                setattr(holder, _reference(model), self._made[model])

    def of(self, annotation: Any) -> Any:
        if _is_model(annotation):
            return self._of_model(annotation)
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is None or origin is Literal:
            return annotation
        if origin is Annotated:
            inner, *limits = arguments
            return Annotated[(self.of(inner), *limits)]
        twins = tuple(self.of(argument) for argument in arguments)
        if origin in (Union, types.UnionType):
            return Union[twins]  # noqa: UP007  # built from a tuple, which `|` cannot do
        return origin[twins]

    def _of_model(self, model: type[msgspec.Struct]) -> Any:
        if model in self._made:
            if twin := self._made[model]:
                return twin
            self._recursive.add(model)
            return ForwardRef(_reference(model))
        self._made[model] = None  # being made: whatever refers to it now, refers forward
        fields = _fields(model)
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
        self._made[model] = twin
        return twin


@functools.cache
def _fields(model: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(model)  # which evaluates every annotation anew


def _is_model(annotation: Any) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def _reference(model: type[msgspec.Struct]) -> str:
    return f"_{model.__name__}_{id(model)}"
