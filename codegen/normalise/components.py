"""Name the schemas of a document: components and their ``$defs`` get class names, references follow."""

from __future__ import annotations

from typing import Any

from codegen.errors import SpecError
from codegen.names import class_name
from codegen.normalise.draft import Draft
from codegen.normalise.pointer import pointer
from codegen.schemas import COMPONENT
from codegen.shapes import is_mapping, mapping

_NAMED = "#class/"


class Names:
    """Which class name each ``$ref`` stands for, and the raw schema that bears it."""

    def __init__(self, draft: Draft) -> None:
        self.raw: dict[str, tuple[Any, str]] = {}  # class name -> raw schema, its place
        self._by_ref: dict[str, str] = {}
        self._draft = draft

    def add_components(self, schemas: dict[str, Any]) -> None:
        # A name that is a class name already keeps it, whatever else would take it.
        for wire in sorted(schemas, key=lambda wire: (class_name(wire) != wire, wire)):
            place = f"components.schemas.{wire}"
            name = self._claim(class_name(wire), schemas[wire], place)
            if name != wire:
                self._draft.note("schema renamed", f"{place} is `{name}`")
            self._by_ref[COMPONENT + wire] = name
        for wire in sorted(schemas):
            self.add_local(schemas[wire], self._by_ref[COMPONENT + wire], f"components.schemas.{wire}")

    def add_local(self, schema: Any, owner: str, place: str) -> None:
        """Name the ``$defs`` of a schema; ``owner`` is the class name of the schema that holds them."""
        if not is_mapping(schema) or "$defs" not in schema:
            return
        definitions = mapping(schema["$defs"], f"{place}.$defs")
        for wire in sorted(definitions):
            inner = f"{place}.$defs.{wire}"
            twin = self._by_ref.get(COMPONENT + wire)
            if twin is not None and _same(self.raw[twin][0], definitions[wire]):
                name = twin
            else:
                wanted = class_name(wire)
                name = self._claim(wanted if wanted not in self.raw else owner + wanted, definitions[wire], inner)
                self._draft.note("`$defs` made a schema", f"{inner} is `{name}`")
            # Whether "#" is the document or the schema depends on who wrote the reference.
            self._by_ref[f"{place}#/$defs/{wire}"] = name
            self._by_ref[f"#/{place.replace('.', '/')}/$defs/{wire}"] = name
        for wire in sorted(definitions):
            self.add_local(definitions[wire], self._by_ref[f"{place}#/$defs/{wire}"], f"{place}.$defs.{wire}")

    def add_inline(self, wanted: str, schema: Any, place: str) -> str:
        """Name a schema that stands in an operation."""
        name = self._claim(class_name(wanted), schema, place)
        self.add_local(schema, name, place)
        return name

    @staticmethod
    def reference(name: str) -> dict[str, str]:
        """A reference to a schema by its class name, for schemas that a pass writes in the document's own form."""
        return {"$ref": _NAMED + name}

    def of(self, reference: Any, place: str) -> str:
        """The class name that ``$ref`` stands for at ``place``."""
        if not isinstance(reference, str):
            raise SpecError(place, "its $ref is no text")
        if reference.startswith(_NAMED):
            return reference.removeprefix(_NAMED)
        text = "/".join(("#", *pointer(reference, place)))
        if text.startswith("#/$defs/"):
            scope = place
            while scope:
                if f"{scope}{text}" in self._by_ref:
                    return self._by_ref[f"{scope}{text}"]
                scope = scope.rpartition(".")[0]
        elif text in self._by_ref:
            return self._by_ref[text]
        if text.startswith((COMPONENT, "#/$defs/")) and "/" not in text.removeprefix(COMPONENT).removeprefix(
            "#/$defs/"
        ):
            raise SpecError(place, f"{reference!r} leads nowhere")
        raise SpecError(place, f"{reference!r} leads to no named schema, which is not supported")

    def _claim(self, wanted: str, schema: Any, place: str) -> str:
        taken = {name.lower() for name in self.raw}
        name, number = wanted, 2
        while name.lower() in taken:
            name, number = f"{wanted}{number}", number + 1
        self.raw[name] = (schema, place)
        return name


def _same(left: Any, right: Any) -> bool:
    return bool(left == right)
