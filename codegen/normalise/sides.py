"""Keep limits for what is only sent, and defaults for what only comes back."""

from __future__ import annotations

from typing import Any

from codegen.document import Schema
from codegen.normalise.draft import Draft
from codegen.normalise.scalars import values
from codegen.schemas import LIMITS, is_object, mapped
from codegen.shapes import is_list


def split(draft: Draft, requests: frozenset[str], answers: frozenset[str]) -> None:
    """An answer must not fail for a limit, and a default of a request is the server's to apply."""
    for name, schema in draft.schemas.items():
        draft.schemas[name] = _sided(schema, name, draft, received=name in answers, sent=name in requests)


def _sided(schema: Schema, place: str, draft: Draft, *, received: bool, sent: bool) -> Schema:
    def part(value: Schema, where: str) -> Schema:
        field = where.removeprefix("properties.")
        return _sided(value, place if field == where else f"{place}.{field}", draft, received=received, sent=sent)

    sided = mapped(schema, part)
    for key in LIMITS:
        if received and sided.pop(key, None) is not None:
            draft.note("limit of an answer left out", f"{place}: `{key}`")
    if "default" in sided and (sent or not _usable(sided["default"], schema, draft)):
        del sided["default"]
        if not sent:
            draft.note("default that does not fit its type left out", place)
    return sided


def _usable(default: Any, schema: Schema, draft: Draft) -> bool:
    """Whether a value as JSON writes it is one that the field's type takes; a Struct is made from no default."""
    schema = draft.resolve(schema, "")
    if "anyOf" in schema:
        return any(_usable(default, member, draft) for member in schema["anyOf"])
    match schema.get("type"):
        case None:
            return True
        case "null":
            return default is None
        case "boolean":
            return isinstance(default, bool)
        case "integer":
            return type(default) is int
        case "number":
            return type(default) in (int, float)
        case "string":
            return isinstance(default, str) and ("const" not in schema or default in values(schema))
        case "array":
            return is_list(default) and all(_usable(item, schema["items"], draft) for item in default)
        case _:
            extra = schema.get("additionalProperties")
            return not is_object(schema) and isinstance(default, dict) and (extra is True or not default)
