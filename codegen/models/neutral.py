"""What datamodel-code-generator is given: shapes alone, under names that it has no reason to change.

It decides the types, this project the names, the defaults and the words: so no rule of its about keywords,
builtins, case or clashes ever comes into play, and what it makes of a field is found by the field's number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from codegen.document import Schema
from codegen.schemas import LIMITS, is_object, reference, referenced, values_of


class Neutral:
    """Gives every schema a neutral name and takes it back."""

    def __init__(self, names: Iterable[str]) -> None:
        self._neutral = {name: f"Schema{index}Of" for index, name in enumerate(names)}
        self._names = {neutral: name for name, neutral in self._neutral.items()}

    def neutral(self, name: str) -> str:
        """The neutral name of a schema."""
        return self._neutral[name]

    def name(self, neutral: str) -> str | None:
        """The schema that a neutral name stands for; None for a name that the generator made up."""
        return self._names.get(neutral)

    def renamed(self, text: str) -> str:
        """A message with the schemas' own names."""
        return re.sub(r"Schema\d+Of", lambda match: self._names.get(match[0], match[0]), text)

    def document(self, schemas: dict[str, Schema]) -> dict[str, Any]:
        shapes = {self._neutral[name]: self._shape(schema) for name, schema in schemas.items()}
        info = {"title": "models", "version": "1"}
        return {"openapi": "3.1.0", "info": info, "paths": {}, "components": {"schemas": shapes}}

    def _shape(self, schema: Schema) -> dict[str, Any]:
        if name := referenced(schema):
            return reference(self._neutral[name])
        if "anyOf" in schema:
            return {"anyOf": [self._shape(member) for member in schema["anyOf"]]}
        if "enum" in schema:
            values: dict[str, Any] = {"type": schema["type"], "enum": schema["enum"]}
            return {"anyOf": [values, {"type": schema["type"]}]}  # open: the server decides
        shape: dict[str, Any] = {key: schema[key] for key in ("type", *LIMITS) if key in schema}
        if is_object(schema):
            shape["properties"] = {
                field_key(index): self._shape(value) for index, value in enumerate(fields(schema).values())
            }
            shape["required"] = list(shape["properties"])
            shape["additionalProperties"] = False
        elif "items" in schema:
            shape["items"] = self._shape(schema["items"])
        elif schema.get("type") == "object":
            # Not `true`, of which it would make a class without fields.
            shape["additionalProperties"] = self._shape(values_of(schema))
        return shape


def fields(schema: Schema) -> dict[str, Schema]:
    """The fields of an object; its tag is no field of a Struct."""
    return {name: value for name, value in schema["properties"].items() if "const" not in value}


def field_key(index: int) -> str:
    return f"field_{index}"
