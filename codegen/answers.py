"""What an operation's call gives: its class in ``mistral_async.calls``, and the types that are filled in there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from codegen.document import Document, OperationSpec, Schema
from codegen.errors import SpecError
from codegen.imports import Imports
from codegen.schemas import reference, referenced, values_of
from codegen.types import SCALARS, union

CallName: TypeAlias = Literal["Call", "StreamingCall", "PagedCall", "DownloadCall"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    call: CallName
    arguments: tuple[Schema, ...]  # such as the whole answer's schema and an event's; of null where nothing comes


def answer_of(document: Document, operation: OperationSpec) -> Answer:
    """What calling an operation gives. Raises ``SpecError`` where its pages have no items."""
    whole: Schema = reference(operation.answer) if operation.answer else {"type": "null"}
    if operation.download:
        return Answer(call="DownloadCall", arguments=())
    if operation.events:
        event = reference(operation.events.schema)
        return Answer(
            call="StreamingCall",
            arguments=(whole if operation.answer else {"type": "array", "items": event}, event),
        )
    if operation.pages:
        return Answer(call="PagedCall", arguments=(whole, _item_schema(document, operation, operation.pages.items)))
    return Answer(call="Call", arguments=(whole,))


def _item_schema(document: Document, operation: OperationSpec, items: str) -> Schema:
    """The schema of what a page holds."""
    field = _field(document, operation, items)
    lists = [form for _, form in _forms(document, field) if form.get("type") == "array"]
    if len(lists) != 1:
        raise SpecError(f"{operation}.x-mistral-pages", f"the answer's {items!r} is no list")
    items_schema: Schema = lists[0].get("items", {})
    return items_schema


def _field(document: Document, operation: OperationSpec, path: str) -> Schema:
    """The schema of a field of the answer, given by its Python name; dots lead into nested objects."""
    schema: Schema = reference(operation.answer) if operation.answer else {}
    for step in path.split("."):
        found = [
            form["properties"][wire]
            for holder, form in _forms(document, schema)
            for wire, python in document.field_names.get(holder, {}).items()
            if python == step
        ]
        if len(found) != 1:
            raise SpecError(f"{operation}.x-mistral-pages", f"the answer has no field {path!r}")
        [schema] = found
    return schema


def _forms(document: Document, schema: Schema, name: str = "") -> list[tuple[str, Schema]]:
    """What a schema may be, references followed, each with the name that it goes by."""
    if refers_to := referenced(schema):
        return _forms(document, document.schemas[refers_to], refers_to)
    if "anyOf" in schema:
        return [form for member in schema["anyOf"] for form in _forms(document, member)]
    return [(name, schema)]


class OutputTypes:
    """Writes annotations for what comes back, which are the models as they are."""

    def __init__(self, document: Document, imports: Imports) -> None:
        self._document = document
        self._imports = imports

    def text(self, schema: Schema, builtin: Mapping[str, str]) -> str:
        """The annotation for a schema. ``builtin`` says how ``list``, ``str`` and ``int`` are written here."""
        if name := referenced(schema):
            return self._imports.name(f"mistral_async.models.{self._document.modules[name]}", name)
        if "anyOf" in schema:
            return union([self.text(member, builtin) for member in schema["anyOf"]])
        match schema.get("type"):
            case "array":
                return f"{builtin['list']}[{self.text(schema.get('items', {}), builtin)}]"
            case "object":
                return f"dict[{builtin['str']}, {self.text(values_of(schema), builtin)}]"
            case kind if kind in SCALARS:
                return builtin.get(SCALARS[kind], SCALARS[kind])
            case _:
                return self._imports.name("typing", "Any")
