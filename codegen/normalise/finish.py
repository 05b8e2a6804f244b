"""Turn sketches into operations, once every schema has its final form and every field its name."""

from __future__ import annotations

from codegen.document import EventsSpec, OperationSpec, PagesSpec, Schema
from codegen.errors import SpecError
from codegen.names import snake
from codegen.normalise.draft import Draft
from codegen.normalise.sketch import Sketch
from codegen.schemas import referenced
from codegen.shapes import mapping

_PAGES = {"items", "by", "parameter", "first", "total", "next"}


def finish(sketch: Sketch, draft: Draft, names: dict[str, dict[str, str]]) -> OperationSpec:
    raw, spec, answers = sketch.raw, sketch.raw.spec, sketch.answers
    summary = str(spec.get("summary") or snake(raw.operation_id).replace("_", " ").capitalize()).strip()
    return OperationSpec(
        method=raw.method.upper(),
        path=raw.path,
        operation_id=raw.operation_id,
        summary=summary,
        description=str(spec.get("description", "")).strip(),
        deprecated=spec.get("deprecated") is True,
        path_parameters=sketch.path_parameters,
        query=sketch.query,
        headers=sketch.headers,
        body=sketch.body.schema if sketch.body else None,
        body_required=sketch.body is not None and sketch.body.required,
        files=sketch.files,
        required_files=sketch.required_files,
        file_descriptions=sketch.file_descriptions,
        multipart=sketch.body is not None and sketch.body.multipart,
        answer=answers.json,
        events=EventsSpec(schema=answers.events, flag=sketch.flag, end=sketch.end) if answers.events else None,
        pages=_pages(sketch, draft, names),
        download=answers.download,
        accept=answers.accept,
        repeatable=sketch.repeatable,
    )


def _pages(sketch: Sketch, draft: Draft, names: dict[str, dict[str, str]]) -> PagesSpec | None:
    """``x-mistral-pages``, its wire names turned into Python names."""
    if sketch.pages is None:
        return None
    place = f"{sketch.raw.place}.x-mistral-pages"
    pages = mapping(sketch.pages, place)
    if unknown := sorted(pages.keys() - _PAGES):
        raise SpecError(place, f"{unknown[0]!r} is not known")
    if pages.get("by") not in ("page", "offset", "cursor"):
        raise SpecError(place, "`by` is none of page, offset, cursor")

    if type(pages.get("first", 0)) is not int:
        raise SpecError(place, "`first` is no whole number")

    def answer(key: str) -> str | None:
        return _path(str(pages[key]), sketch.answers.json, f"{place}.{key}", draft, names) if key in pages else None

    items, parameter, known = answer("items"), str(pages.get("parameter")), names.get(sketch.query or "", {})
    if "parameter" in pages and parameter not in known:
        raise SpecError(f"{place}.parameter", f"there is no query parameter {parameter!r}")
    if items is None or "parameter" not in pages:
        raise SpecError(place, "`items` and `parameter` are needed")
    return PagesSpec(
        items=items,
        by=str(pages["by"]),
        parameter=known[parameter],
        first=pages.get("first", 0),
        total=answer("total"),
        next=answer("next"),
    )


def _path(wires: str, schema: str | None, place: str, draft: Draft, names: dict[str, dict[str, str]]) -> str:
    """A dotted path through objects, from wire names to Python names."""
    path: list[str] = []
    current = schema
    for wire in wires.split("."):
        while current is not None and (target := referenced(draft.schemas[current])):
            current = target
        if current is None or wire not in names.get(current, {}):
            raise SpecError(place, f"the answer has no field {wires!r}")
        path.append(names[current][wire])
        current = _object(draft.schemas[current]["properties"][wire])
    return ".".join(path)


def _object(schema: Schema) -> str | None:
    """The object that a field holds, null aside."""
    members = [member for member in schema.get("anyOf", [schema]) if member != {"type": "null"}]
    return referenced(members[0]) if len(members) == 1 else None
