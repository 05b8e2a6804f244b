"""Normalise a document, pass by pass, until every type in it is one that msgspec can decode."""

from __future__ import annotations

from typing import Any

from codegen.document import Document
from codegen.normalise import allof, cycles, events, fields, files, finish, hoist, paths, reach, sides, twins, unions
from codegen.normalise.components import Names
from codegen.normalise.draft import Draft
from codegen.normalise.forms import Forms
from codegen.normalise.media import Media
from codegen.normalise.sketch import sketch
from codegen.shapes import mapping


def normalise(document: dict[str, Any]) -> Document:
    """The document as the emitters read it. Raises SpecError for what is not supported."""
    draft = Draft()
    names = Names(draft)
    names.add_components(mapping(mapping(document.get("components", {}), "components").get("schemas", {}), "schemas"))
    media = Media(document, names, draft)
    drawn = [sketch(raw, media, names, draft) for raw in paths.read(document, draft)]

    forms = Forms(names, draft)
    for name, (raw, place) in names.raw.items():
        draft.schemas[name] = forms.read(raw, place)
    allof.flatten(draft)
    cycles.break_cycles(draft)
    files.take_files_out(drawn, draft)
    events.settle_events(drawn, draft)
    folded = twins.fold(drawn, draft)
    hoist.hoist(draft)
    unions.settle(draft, [name for one in folded for name in (*one.sent, *one.received)])

    for one in folded:
        one.follow_aliases(draft)

    requests, answers = reach.prune(folded, draft)
    sides.split(draft, requests, answers)
    for kind, count in sorted(forms.formats.items()):
        draft.note("format read as plain text", f"`{kind}`: {count} places")
    field_names = fields.name_fields(folded, draft)
    info = mapping(document.get("info", {}), "info")
    return Document(
        title=str(info.get("title", "")),
        version=str(info.get("version", "")),
        schemas=dict(sorted(draft.schemas.items())),
        modules=reach.modules(folded, draft),
        requests=requests,
        answers=answers,
        operations=tuple(finish.finish(one, draft, field_names) for one in folded),
        field_names=field_names,
        rewrites=dict(sorted(draft.rewrites.items())),
    )
