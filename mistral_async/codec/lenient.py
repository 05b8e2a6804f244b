"""Keep what fits of an answer that does not fit its model."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET
from msgspec import inspect as mi

from mistral_async.codec.shapes import is_array, is_object
from mistral_async.model import UnknownVariant

_SCALARS: dict[type[mi.Type], tuple[type, ...]] = {
    mi.StrType: (str,),
    mi.BoolType: (bool,),
    mi.IntType: (int,),
    mi.FloatType: (float, int),
    mi.NoneType: (type(None),),
}
_JSON_NAMES: dict[type, str] = {
    str: "a text",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    list: "an array",
    dict: "an object",
}


class Misfit(NamedTuple):
    """Something in an answer that its model does not have room for, or that is not there."""

    where: str  # such as "$.choices[0].message.content[1]"
    what: str  # in words, without the value: it may be anything


def build(type_info: mi.Type, value: Any, misfits: list[Misfit], where: str = "$") -> Any:
    """The value as its type asks for, as far as it goes.

    What does not fit stays as it came, and is noted in ``misfits``. A field that a model requires and the value lacks
    reads as ``UNSET``; an object that no member of a tagged union stands for becomes an ``UnknownVariant``.
    """
    match type_info:
        case mi.Metadata():
            return build(type_info.type, value, misfits, where)
        case mi.AnyType():
            return value
        case mi.StructType() if is_object(value):
            return _struct(type_info, value, misfits, where)
        case mi.ListType() if is_array(value):
            return [build(type_info.item_type, item, misfits, f"{where}[{i}]") for i, item in enumerate(value)]
        case mi.DictType() if is_object(value):
            # A key is not shown: like a value, it may be anything.
            return {key: build(type_info.value_type, item, misfits, f"{where}[...]") for key, item in value.items()}
        case mi.UnionType():
            return _union(type_info, value, misfits, where)
        case mi.BytesType() if (unpacked := _from_base64(value)) is not None:
            return unpacked
        case _ if _accepts(type_info, value):
            return float(value) if isinstance(type_info, mi.FloatType) else value
        case _:
            misfits.append(Misfit(where, f"{_json_name(value)} where the model says {_model_name(type_info)}"))
            return value


def fits_outside(type_info: mi.Type, value: Any) -> bool:
    """Whether a built value has the outermost shape that its type asks for."""
    match type_info:
        case mi.Metadata():
            return fits_outside(type_info.type, value)
        case mi.AnyType():
            return True
        case mi.StructType():
            return isinstance(value, type_info.cls)
        case mi.ListType():
            return isinstance(value, list)
        case mi.DictType():
            return isinstance(value, dict)
        case mi.UnionType():
            return isinstance(value, UnknownVariant) or any(fits_outside(each, value) for each in type_info.types)
        case _:
            return _accepts(type_info, value)


def _struct(model: mi.StructType, value: dict[str, Any], misfits: list[Misfit], where: str) -> Any:
    if model.tag_field is not None and value.get(model.tag_field, model.tag) != model.tag:
        misfits.append(Misfit(f"{where}.{model.tag_field}", f"another value than {model.tag!r}"))
    fields: dict[str, Any] = {}
    for field in model.fields:
        inside = f"{where}.{field.encode_name}"
        if field.encode_name in value:
            fields[field.name] = build(field.type, value[field.encode_name], misfits, inside)
        elif field.required:
            misfits.append(Misfit(inside, "missing"))
            fields[field.name] = UNSET
    return model.cls(**fields)


def _union(union: mi.UnionType, value: Any, misfits: list[Misfit], where: str) -> Any:
    members = [member.type if isinstance(member, mi.Metadata) else member for member in union.types]
    if is_object(value):
        return _object_of_union(members, value, misfits, where)
    for member in sorted(members, key=lambda each: isinstance(each, mi.FloatType)):  # an integer is no float first
        if (isinstance(member, mi.ListType) and isinstance(value, list)) or _accepts(member, value):
            return build(member, value, misfits, where)
    misfits.append(Misfit(where, f"{_json_name(value)} where the model says {_model_name(union)}"))
    return value


def _object_of_union(members: list[mi.Type], value: dict[str, Any], misfits: list[Misfit], where: str) -> Any:
    models = [member for member in members if isinstance(member, mi.StructType)]
    for model in models:
        if model.tag_field is None or value.get(model.tag_field) == model.tag:
            return _struct(model, value, misfits, where)
    for member in members:
        if isinstance(member, mi.DictType | mi.AnyType):
            return build(member, value, misfits, where)
    if not models:
        misfits.append(Misfit(where, "an object where the model has none"))
        return value
    tag_field = models[0].tag_field
    if tag_field in value:
        misfits.append(Misfit(f"{where}.{tag_field}", "a variant that the model does not list"))
        return UnknownVariant(value)
    misfits.append(Misfit(f"{where}.{tag_field}", "missing"))
    return _struct(max(models, key=lambda model: _likeness(model, value)), value, misfits, where)


def _likeness(model: mi.StructType, value: dict[str, Any]) -> int:
    """How well an object without its tag fits a model: fields in common, required ones that are missing against it."""
    present = sum(field.encode_name in value for field in model.fields)
    missing = sum(field.required and field.encode_name not in value for field in model.fields)
    return present - 2 * missing


def _accepts(type_info: mi.Type, value: Any) -> bool:
    if isinstance(type_info, mi.LiteralType):
        return value in type_info.values
    if isinstance(type_info, mi.BytesType):
        return _from_base64(value) is not None
    if isinstance(type_info, mi.FloatType) and isinstance(value, int) and abs(value) > sys.float_info.max:
        return False
    if isinstance(value, bool):  # a bool is an int to Python, and no number to JSON
        return isinstance(type_info, mi.BoolType | mi.AnyType)
    return isinstance(type_info, mi.AnyType) or isinstance(value, _scalars(type_info))


def _from_base64(value: Any) -> bytes | None:
    try:
        return msgspec.convert(value, bytes) if isinstance(value, str) else None
    except msgspec.ValidationError:
        return None


def _scalars(type_info: mi.Type) -> tuple[type, ...]:
    return _SCALARS.get(type(type_info), ())


def _json_name(value: object) -> str:
    return _JSON_NAMES.get(type(value), "null")


def _model_name(type_info: mi.Type) -> str:
    match type_info:
        case mi.Metadata():
            return _model_name(type_info.type)
        case mi.UnionType():
            return " or ".join(dict.fromkeys(_model_name(member) for member in type_info.types))
        case mi.StructType():
            return type_info.cls.__name__
        case mi.BytesType():
            return "base64"
        case _:
            return type(type_info).__name__.removesuffix("Type").lower()
