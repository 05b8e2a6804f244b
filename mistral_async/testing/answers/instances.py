"""A small instance of a JSON schema."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, TypeAlias, TypeGuard

from mistral_async.testing.answers.dice import Dice
from mistral_async.testing.refusals import bad_request

Schema: TypeAlias = Mapping[str, Any]

_DEEP = 12  # levels below which only what must be is made; a recursive schema ends there
_LARGEST = 100_000  # values and characters of an instance, all together
_FORMATS = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T09:30:00Z",
    "time": "09:30:00Z",
    "duration": "PT1H",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_NAME = re.compile(r"(?<=\s)[^\W\d_a-z][\w-]+")  # not the first word, whose capital says nothing
_NUMBER = re.compile(r"\d+")


def instance(schema: Schema, question: str, dice: Dice) -> Any:
    """The simplest value that fits, with names and numbers taken from the question where they fit.

    Raises a 400 for a schema that is none, or that asks for too much.
    """
    try:
        return _Maker(schema, question, dice).make(schema, "value", 0)
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError):
        # A schema is whatever a caller sends: what it gets wrong shows itself in all of these.
        raise bad_request("The JSON schema cannot be used.", param="schema") from None


class _Maker:
    def __init__(self, root: Schema, question: str, dice: Dice) -> None:
        self._root = root
        self._dice = dice
        self._names: list[str] = _NAME.findall(question[:2000])
        self._left = _LARGEST
        self._numbers = [int(digits[:9]) for digits in _NUMBER.findall(question[:2000])]

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ValueError("the schema asks for too much")

    def make(self, schema: Any, name: str, depth: int, index: int = 0) -> Any:
        self._spend(1)
        if not _is_schema(schema):
            return name
        schema = self._plain(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._dice.pick(schema["enum"])
        if options := (schema.get("anyOf") or schema.get("oneOf")):
            return self.make(self._option(schema, options, depth), name, depth + 1, index)
        match _type_of(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "integer":
                return self._number(schema, index, whole=True)
            case "number":
                return self._number(schema, index, whole=False)
            case "boolean":
                return index % 2 == 0
            case "null":
                return None
            case _:
                return self._text(schema, name, index)

    def _plain(self, schema: Schema) -> dict[str, Any]:
        """The schema with its references followed and its ``allOf`` merged."""
        merged = dict(schema)
        for _ in range(_DEEP):
            if reference := merged.pop("$ref", None):
                merged = {**self._referred(str(reference)), **merged}
            elif parts := merged.pop("allOf", None):
                for part in parts:
                    merged = _merge(merged, self._plain(part))
            else:
                break
        return merged

    def _referred(self, reference: str) -> Schema:
        """Source: RFC 6901 section 4 (JSON pointers)."""
        place: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            place = place.get(key, {}) if _is_schema(place) else {}
        return place if _is_schema(place) else {}

    def _option(self, schema: Schema, options: list[Any], depth: int) -> Any:
        nullable = next((one for one in options if _is_schema(one) and one.get("type") == "null"), None)
        others = [option for option in options if option is not nullable]
        chosen = nullable if nullable is not None and (depth > _DEEP or not others) else others[0]
        if not _is_schema(chosen):
            return chosen
        beside = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
        return _merge(beside, chosen)

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties: Mapping[str, Any] = schema.get("properties", {})
        required: list[str] = schema.get("required", list(properties) if depth < 3 else [])
        if depth > 2 * _DEEP:
            return {}
        return {name: self.make(properties.get(name, {}), name, depth + 1) for name in required}

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        first: list[Any] = schema.get("prefixItems", [])
        least = max(int(schema.get("minItems", 0)), 1 if depth < 6 else 0)
        length = min(max(least, len(first)), int(schema.get("maxItems", _LARGEST)))
        items = schema.get("items", {})
        singular = name.removesuffix("s") or name
        return [
            self.make(first[index] if index < len(first) else items, singular, depth + 1, index)
            for index in range(length)
        ]

    def _number(self, schema: Schema, index: int, *, whole: bool) -> int | float:
        low, high = schema.get("minimum"), schema.get("maximum")
        step = schema.get("multipleOf", 1 if whole else None)
        above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
        value: float = self._numbers[index] if index < len(self._numbers) else 1 + index
        gap = step or (0.5 if above is None or below is None else (below - above) / 4)
        if above is not None and value <= above:
            value = above + gap
        if low is not None and value < low:
            value = low + (index * gap if step else 0)
        if high is not None and value > high:
            value = high
        if below is not None and value >= below:
            value = below - gap
        if step:
            value = math.ceil(value / step) * step
            if (high is not None and value > high) or (below is not None and value >= below):
                value -= step
        return int(value) if whole else float(value)

    def _text(self, schema: Schema, name: str, index: int) -> str:
        text = _FORMATS.get(str(schema.get("format", "")))
        if text is None:
            text = self._names[index % len(self._names)] if self._names else name.replace("_", " ")
            text += str(index) if index else ""
        least, most = int(schema.get("minLength", 0)), int(schema.get("maxLength", _LARGEST))
        self._spend(least)
        return text.ljust(least, ".")[:most]


def _type_of(schema: Schema) -> str:
    kind: str | list[str] | None = schema.get("type")
    if isinstance(kind, list):
        kinds = [one for one in kind if one != "null"]
        return kinds[0] if kinds else "null"
    if kind is None:
        return "object" if "properties" in schema else "array" if "items" in schema else "string"
    return kind


def _is_schema(value: Any) -> TypeGuard[Schema]:
    """Whether it is a schema with something in it to look at: true and false are schemas too."""
    return isinstance(value, Mapping)


def _merge(one: Schema, other: Schema) -> dict[str, Any]:
    """Both schemas at once, as far as objects go."""
    merged = {**one, **other}
    if "properties" in one and "properties" in other:
        merged["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        merged["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    return merged
