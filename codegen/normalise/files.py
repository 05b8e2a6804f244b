"""Take the files out of multipart bodies: they are sent as parts of their own and never held in a model."""

from __future__ import annotations

import copy

from codegen.document import Schema
from codegen.errors import SpecError
from codegen.normalise.draft import Draft
from codegen.normalise.sketch import Sketch
from codegen.schemas import is_object, reference, references


def take_files_out(sketches: list[Sketch], draft: Draft) -> None:
    """Runs when every object's fields are known and before objects inside get names."""
    for sketch in sketches:
        if sketch.body is None or not sketch.body.multipart:
            continue
        place = f"{sketch.raw.place}.requestBody"
        schema = draft.resolve(reference(sketch.body.schema), place)
        if not is_object(schema):
            raise SpecError(place, "a multipart body that is no object is not supported")
        files = [name for name, value in schema["properties"].items() if _is_file(value, f"{place}.{name}", draft)]
        sketch.files = tuple(files)
        sketch.required_files = tuple(name for name in files if name in schema["required"])
        sketch.file_descriptions = {name: _described(schema["properties"][name], draft) for name in files}
        fields: Schema = copy.deepcopy(schema)
        fields["properties"] = {name: value for name, value in fields["properties"].items() if name not in files}
        fields["required"] = [name for name in fields["required"] if name not in files]
        if _used_elsewhere(sketch, sketches, draft):
            sketch.body.schema = draft.add(f"{sketch.raw.name}Request", fields)
        else:
            draft.schemas[sketch.body.schema] = fields


def _is_file(schema: Schema, place: str, draft: Draft) -> bool:
    resolved = draft.resolve(schema, place)
    if "anyOf" in resolved:
        members = [member for member in resolved["anyOf"] if member != {"type": "null"}]
        return bool(members) and all(_is_file(member, place, draft) for member in members)
    if resolved.get("type") == "array" and _is_file(resolved["items"], place, draft):
        raise SpecError(place, "several files under one name are not supported")
    return resolved.get("format") == "binary"


def _described(schema: Schema, draft: Draft) -> str:
    return str(schema.get("description") or draft.resolve(schema, "").get("description", ""))


def _used_elsewhere(sketch: Sketch, sketches: list[Sketch], draft: Draft) -> bool:
    name = sketch.body.schema if sketch.body else ""
    others = [other for other in sketches if other is not sketch]
    return any(name in (*other.sent, *other.received) for other in others) or any(
        name in references(schema) for schema in draft.schemas.values()
    )
