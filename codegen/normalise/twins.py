"""Fold operations whose paths differ only after a ``#``: to a server they are one, answering in two ways."""

from __future__ import annotations

import re

from codegen.errors import SpecError
from codegen.normalise.draft import Draft
from codegen.normalise.sketch import Sketch
from codegen.schemas import is_object, reference


def fold(sketches: list[Sketch], draft: Draft) -> list[Sketch]:
    """One sketch for each method and path, in the order in which they first came. Runs when ``allOf`` is flat."""
    places: dict[tuple[str, str], list[Sketch]] = {}
    for sketch in sketches:
        # `/a/{id}` and `/a/{name}` are one path to a server.
        path = re.sub(r"\{[^}]*\}", "{}", sketch.raw.path)
        places.setdefault((sketch.raw.method, path), []).append(sketch)
    return [_folded(group, draft) for group in places.values()]


def _folded(group: list[Sketch], draft: Draft) -> Sketch:
    streams = [one for one in group if one.raw.fragment == "stream" and one.answers.events]
    rest = [one for one in group if one not in streams]
    if len(rest) > 1 or len(streams) > 1:
        places = " and ".join(one.raw.place for one in (rest if len(rest) > 1 else streams))
        raise SpecError(group[1].raw.place, f"{places} are one place to a server, and which is meant cannot be told")
    if not streams:
        return _with_flag(rest[0], draft)
    if not rest:
        return _with_flag(streams[0], draft)
    whole, stream = rest[0], streams[0]
    draft.note("stream folded into its twin", f"{stream.raw.place} into {whole.raw.place}")
    whole.answers.events = stream.answers.events
    whole.answers.errors += stream.answers.errors
    whole.flag, whole.end = whole.flag or stream.flag, whole.end or stream.end
    _add_fields(whole, stream, draft)
    return _with_flag(whole, draft)


def _with_flag(sketch: Sketch, draft: Draft) -> Sketch:
    """Find out which field asks for the stream, where no overlay says so."""
    if sketch.answers.events is None:
        return sketch
    fields = _fields(sketch, draft)
    if sketch.flag is None and "stream" in fields:
        sketch.flag = "stream"
    elif sketch.flag is not None and sketch.flag not in fields:
        raise SpecError(f"{sketch.raw.place}.x-mistral-events", f"the body has no field {sketch.flag!r}")
    elif sketch.flag is None and sketch.answers.json is not None:
        draft.note("stream that only the media type asks for", sketch.raw.place)
    if sketch.end is None and "event" not in draft.resolve(reference(sketch.answers.events), "").get("properties", {}):
        draft.note("end of stream taken to be `[DONE]`", sketch.raw.place)
        sketch.end = "[DONE]"
    return sketch


def _fields(sketch: Sketch, draft: Draft) -> dict[str, object]:
    schema = draft.resolve(reference(sketch.body.schema), sketch.raw.place) if sketch.body else {}
    fields: dict[str, object] = schema.get("properties", {})
    return fields if is_object(schema) else {}


def _add_fields(whole: Sketch, stream: Sketch, draft: Draft) -> None:
    """A field that only the streaming twin knows must not be refused when streaming."""
    fields = _fields(whole, draft)
    for name, value in _fields(stream, draft).items():
        if name not in fields:
            draft.note("field of a stream's body added to its twin's", f"{whole.raw.place}: `{name}`")
            fields[name] = value
