"""The operations as far as they can be known before their schemas are normalised."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from codegen.document import PathParameter
from codegen.errors import SpecError
from codegen.normalise.components import Names
from codegen.normalise.draft import Draft
from codegen.normalise.media import Answers, Body, Media
from codegen.normalise.paths import RawOperation
from codegen.shapes import is_list, is_mapping, mapping

# RFC 9110 section 9.2.2.
_IDEMPOTENT = ("get", "head", "options", "trace", "put", "delete")


@dataclass(kw_only=True)
class Sketch:
    """An operation whose schemas have names but no final form yet."""

    raw: RawOperation
    path_parameters: tuple[PathParameter, ...]
    query: str | None
    headers: str | None
    body: Body | None
    answers: Answers
    flag: str | None = None
    end: str | None = None
    repeatable: bool
    pages: dict[str, Any] | None
    files: tuple[str, ...] = ()
    required_files: tuple[str, ...] = ()
    file_descriptions: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def sent(self) -> list[str]:
        """Names of the schemas of what is sent."""
        body = self.body.schema if self.body else None
        return [name for name in (self.query, self.headers, body) if name]

    @property
    def received(self) -> list[str]:
        return [name for name in (self.answers.json, self.answers.events, *self.answers.errors) if name]


def sketch(raw: RawOperation, media: Media, names: Names, draft: Draft) -> Sketch:
    spec = raw.spec
    answers = media.answers(raw)
    drawn = Sketch(
        raw=raw,
        path_parameters=_path_parameters(raw, draft),
        query=_parameters_object(raw, "query", f"{raw.name}Query", names, draft),
        headers=_parameters_object(raw, "header", f"{raw.name}Headers", names, draft),
        body=media.body(raw),
        answers=answers,
        repeatable=bool(spec.get("x-mistral-repeatable", raw.method in _IDEMPOTENT)),
        pages=spec.get("x-mistral-pages"),
    )
    if spec.get("x-mistral-download") is True:
        answers.download, answers.json = True, None
    events = spec.get("x-mistral-events")
    if is_mapping(events):
        drawn.flag, drawn.end = events.get("flag"), events.get("end")
        if "event" in events:
            answers.events = names.of(events["event"], f"{raw.place}.x-mistral-events.event")
    return drawn


def _path_parameters(raw: RawOperation, draft: Draft) -> tuple[PathParameter, ...]:
    defined = {one["name"]: one for one, _ in raw.parameters if one["in"] == "path"}
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
        parameter = defined.get(name, {})
        schema = parameter.get("schema", {})
        found.append(
            PathParameter(
                name=name,
                description=str(parameter.get("description", "")).strip(),
                integer=_takes_integer(schema),
            )
        )
    return tuple(found)


def _takes_integer(schema: Any) -> bool:
    if not is_mapping(schema):
        return False
    return "integer" in _kinds(schema) or any(_takes_integer(member) for member in _members(schema))


def _kinds(schema: dict[str, Any]) -> list[Any]:
    kinds = schema.get("type")
    return kinds if is_list(kinds) else [kinds]


def _members(schema: dict[str, Any]) -> list[Any]:
    """What a schema is one of, or all of."""
    return [member for key in ("anyOf", "oneOf", "allOf") if is_list(schema.get(key)) for member in schema[key]]


def _parameters_object(raw: RawOperation, where: str, wanted: str, names: Names, draft: Draft) -> str | None:
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
    if style == "form" and parameter.get("explode") is False and _may_be_many(schema, place, names):
        raise SpecError(place, "`explode: false` is not supported: a list repeats the name of its parameter")
    return {**schema, **said}


def _may_be_many(schema: Any, place: str, names: Names) -> bool:
    if not is_mapping(schema):
        return False
    if "$ref" in schema:
        return _may_be_many(names.raw[names.of(schema["$ref"], place)][0], place, names)
    kinds = _kinds(schema)
    return "array" in kinds or "object" in kinds or any(_may_be_many(one, place, names) for one in _members(schema))
