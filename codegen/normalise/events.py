"""Make of what a stream is said to hold one object with ``data``, which is what a server-sent event is."""

from __future__ import annotations

from collections.abc import Iterator

from codegen.document import Schema
from codegen.errors import SpecError
from codegen.normalise.draft import Draft
from codegen.normalise.merging import merged
from codegen.normalise.scalars import values
from codegen.normalise.sketch import Sketch
from codegen.schemas import bare, is_object, reference, referenced, references, remarks


def settle_events(sketches: list[Sketch], draft: Draft) -> None:
    """Runs when ``allOf`` is flat. Unions of data that this makes are still to be settled."""
    for sketch in sketches:
        if name := sketch.answers.events:
            event = _event(draft.resolve(reference(name), sketch.raw.place), name, sketch.raw.place, draft)
            if event is not None and _used_elsewhere(name, sketches, draft):
                sketch.answers.events = draft.add(f"{name}Event", event)
            elif event is not None:
                draft.schemas[name] = event


def _event(schema: Schema, name: str, place: str, draft: Draft) -> Schema | None:
    """The object that each event is; None where the schema is one already."""
    if not bare(schema):
        draft.note("events without a schema hold anything", place)
        return {"type": "object", "properties": {"data": {}}, "required": ["data"], **remarks(schema)}
    objects = list(_members(schema, draft)) if "anyOf" in schema else [schema]
    if not all(map(is_object, objects)) or not any("data" in one["properties"] for one in objects):
        raise SpecError(place, f"an event is an object with the field `data`, which {name!r} is not")
    if "anyOf" not in schema:
        return None
    draft.note("union of events made one event", name)
    return {**merged(objects), **remarks(schema)}


def _members(union: Schema, draft: Draft) -> Iterator[Schema]:
    """What a union and the unions in it are made of, null aside; the events' names as a discriminator gives them."""
    discriminator: Schema = union.get("discriminator", {})
    names: dict[str, str] = discriminator["mapping"] if discriminator.get("propertyName") == "event" else {}
    for member in union["anyOf"]:
        schema = draft.resolve(member, "")
        if "anyOf" in schema:
            yield from _members(schema, draft)
        elif schema.get("type") != "null":
            own = [name for name, target in names.items() if target == referenced(member)]
            yield _named(schema, own, draft)


def _named(schema: Schema, names: list[str], draft: Draft) -> Schema:
    """``schema``, its ``event`` one of these names unless it lists its own."""
    fields = schema.get("properties", {})
    if not names or values(draft.resolve(fields.get("event", {}), "")):
        return schema
    event = {"type": "string", "enum": names, **remarks(fields.get("event", {}))}
    return {**schema, "properties": {**fields, "event": event}}


def _used_elsewhere(name: str, sketches: list[Sketch], draft: Draft) -> bool:
    """Whether anything but a stream is made of this schema."""
    return any(name in (*one.sent, one.answers.json, *one.answers.errors) for one in sketches) or any(
        name in references(schema) for schema in draft.schemas.values()
    )
