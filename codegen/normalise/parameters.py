"""Read the parameters of an operation: those in its path one by one, the others as one object for each place."""

from __future__ import annotations

import re
from typing import Any

from codegen.document import DATE_TIME, PathParameter
from codegen.errors import SpecError
from codegen.normalise.components import Names
from codegen.normalise.draft import Draft
from codegen.normalise.paths import RawOperation
from codegen.shapes import is_list, is_mapping, mapping


def path_parameters(raw: RawOperation, names: Names, draft: Draft) -> tuple[PathParameter, ...]:
    defined = {one["name"]: (one, place) for one, place in raw.parameters if one["in"] == "path"}
    found: list[PathParameter] = []
    for segment in raw.path.split("/"):
        if "{" not in segment:
            continue
        match = re.fullmatch(r"\{([^{}]+)\}", segment)
        if match is None:
            raise SpecError(raw.place, f"the path segment {segment!r} is only in part a parameter; not supported")
        name = match[1]
        if name not in defined:
            draft.note("path parameter that is not described", f"{raw.place}: `{name}`")
        parameter, place = defined.get(name, ({}, raw.place))
        kinds = _kinds(parameter.get("schema", {}), place, names)
        found.append(
            PathParameter(
                name=name,
                description=str(parameter.get("description", "")).strip(),
                integer="integer" in kinds,
            )
        )
    return tuple(found)


def parameters_object(raw: RawOperation, where: str, wanted: str, names: Names, draft: Draft) -> str | None:
    """The parameters that go to one place, as one object schema."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for parameter, place in raw.parameters:
        if parameter["in"] not in ("path", "query", "header", "cookie"):
            raise SpecError(place, f"a parameter in {parameter['in']!r} is not supported")
        if parameter["in"] == "cookie" and where == "query":
            if parameter.get("required") is True:
                raise SpecError(place, "a cookie that must be sent is not supported")
            draft.note("parameter left out", f"{place}: a cookie")
        if parameter["in"] != where:
            continue
        name = parameter["name"]
        # Source: OpenAPI 3.1.1 section 4.8.12.1: these three are described elsewhere.
        if where == "header" and name.lower() in ("accept", "content-type", "authorization"):
            draft.note("parameter left out", f"{place}: `{name}`")
            continue
        properties[name] = _parameter_schema(parameter, place, names, draft)
        if parameter.get("required") is True:
            required.append(name)
    if not properties:
        return None
    return names.add_inline(
        wanted, {"type": "object", "properties": properties, "required": required}, f"{raw.place}.parameters"
    )


def _parameter_schema(parameter: dict[str, Any], place: str, names: Names, draft: Draft) -> dict[str, Any]:
    style = parameter.get("style", "form" if parameter["in"] == "query" else "simple")
    said: dict[str, Any] = {key: parameter[key] for key in ("description", "deprecated") if key in parameter}
    said |= {key: value for key, value in parameter.items() if key.startswith("x-")}
    if "content" in parameter:
        draft.note("parameter that is written as JSON text", place)
        text = f"{str(said.get('description', '')).strip()} Written as JSON text."
        return {"type": "string", **said, "description": text.strip()}
    schema = parameter.get("schema", {})
    schema = mapping(schema, f"{place}.schema")
    if style not in ("form", "simple"):
        raise SpecError(place, f"the style {style!r} is not supported")
    if any(is_mapping(each) and each.get("format") == "date-time" for each in _alternatives(schema)):
        said[DATE_TIME] = True
    if style == "form" and parameter.get("explode") is False and _kinds(schema, place, names) & {"array", "object"}:
        raise SpecError(place, "`explode: false` is not supported: a list repeats the name of its parameter")
    return {**schema, **said}


def _alternatives(schema: dict[str, Any]) -> list[Any]:
    """The schema, or what it is a union of."""
    found = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return found if is_list(found) else []


def _kinds(schema: Any, place: str, names: Names, seen: frozenset[str] = frozenset()) -> set[str]:
    """The types that a schema, as the document writes it, may have."""
    if not is_mapping(schema):
        return set()
    kinds = {str(kind) for kind in (schema["type"] if is_list(schema.get("type")) else [schema.get("type")])}
    if "$ref" in schema and (name := names.of(schema["$ref"], place)) not in seen:
        kinds |= _kinds(names.raw[name][0], place, names, seen | {name})
    for key in ("anyOf", "oneOf", "allOf"):
        for member in schema[key] if is_list(schema.get(key)) else ():
            kinds |= _kinds(member, place, names, seen)
    return kinds
