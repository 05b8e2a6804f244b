"""What a caller may pass for a schema, as the text of an annotation."""

from __future__ import annotations

import ast

from codegen.document import Document, Schema
from codegen.errors import SpecError
from codegen.imports import Imports
from codegen.names import claim
from codegen.schemas import is_object, parts, referenced, references, values_of

SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def names_in(annotation: str) -> set[str]:
    """The Python names that an annotation is made of."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(annotation, mode="eval")):
        if isinstance(node, ast.Name):
            found.add(node.id)
    return found


class InputNames:
    """How the types of what a caller passes are called.

    For an object ``X`` there is ``XDict``, a dict of the same fields. For any other schema that holds objects somewhere
    there is ``XLike``, which takes models and dicts alike. What holds no objects has no name but that of its model.
    """

    def __init__(self, document: Document) -> None:
        self._schemas = document.schemas
        taken = set(document.schemas)
        self.dicts: dict[str, str] = {}
        self.likes: dict[str, str] = {}
        for name in sorted(document.requests - _only_keywords(document)):
            if is_object(document.schemas[name]):
                self.dicts[name] = claim(f"{name}Dict", taken)
            elif not self.is_plain(name):
                self.likes[name] = claim(f"{name}Like", taken)

    def is_plain(self, name: str) -> bool:
        """Whether a schema is a scalar, or a union of scalars: what a caller passes is what the model says."""
        seen = {name}
        schemas = [self._schemas[name]]
        while schemas:
            schema = schemas.pop()
            if schema.get("type") in ("array", "object"):
                return False
            schemas += parts(schema)
            if (other := referenced(schema)) and other in self._schemas and other not in seen:
                seen.add(other)
                schemas.append(self._schemas[other])
        return True


def _only_keywords(document: Document) -> set[str]:
    """The schemas made for query and header parameters and for forms: nobody passes those as a dict."""
    made = {name for operation in document.operations for name in (operation.query, operation.headers) if name}
    made |= {operation.body for operation in document.operations if operation.multipart and operation.body}
    return made - {name for schema in document.schemas.values() for name in references(schema)}


class InputTypes:
    """Writes annotations for one module, and imports what they name."""

    def __init__(self, document: Document, names: InputNames, imports: Imports, module: str | None) -> None:
        self._document = document
        self._names = names
        self._imports = imports
        self._module = module  # of params/ in which the annotations stand; None where they stand outside

    def text(self, schema: Schema, place: str, *, undefined: frozenset[str] = frozenset()) -> str:
        """The annotation for a schema.

        Names that are ``undefined`` so far are quoted, for annotations that Python evaluates at once.
        """
        return self._text(schema, place, undefined)

    def reference(self, name: str) -> str:
        """The annotation for a schema that has a name: its model, and what is taken in its place."""
        if dict_name := self._names.dicts.get(name):
            return f"{self.model(name)} | {self._own(name, dict_name)}"
        if like := self._names.likes.get(name):
            return self._own(name, like)
        return self.model(name)

    def model(self, name: str) -> str:
        """The name of a schema's model."""
        return self._imports.name(f"mistral_async.models.{self._document.modules[name]}", name)

    def _own(self, schema: str, name: str) -> str:
        module = self._document.modules[schema]
        return name if module == self._module else self._imports.name(f"mistral_async.params.{module}", name)

    def _text(self, schema: Schema, place: str, undefined: frozenset[str]) -> str:
        if name := referenced(schema):
            if name not in self._document.schemas:
                raise SpecError(place, f"refers to {name}, which is not there")
            return self.reference(name)
        if "anyOf" in schema:
            members = [self._text(member, place, undefined) for member in schema["anyOf"]]
            return self._any() if self._any() in members else union(members)
        if "const" in schema:
            return self._literal([schema["const"]], place)
        if "enum" in schema:
            return self._literal(schema["enum"], place) + (" | str" if schema.get("type") == "string" else "")
        match schema.get("type"):
            case "array":
                items = self._quoted(schema.get("items", {}), place, undefined)
                return f"{self._imports.name('collections.abc', 'Sequence')}[{items}]"
            case "object" if is_object(schema):
                raise SpecError(place, "an object without a name")
            case "object":
                values = self._quoted(values_of(schema), place, undefined)
                return f"{self._imports.name('collections.abc', 'Mapping')}[str, {values}]"
            case None:
                return self._any()
            case kind if kind in SCALARS:
                return SCALARS[kind]
            case kind:
                raise SpecError(place, f"type {kind!r} is not supported")

    def _any(self) -> str:
        return self._imports.name("typing", "Any")

    def _literal(self, values: list[object], place: str) -> str:
        if not all(value is None or isinstance(value, str | int) for value in values):
            raise SpecError(place, "an enum may list strings, integers, booleans and null")
        return f"{self._imports.name('typing', 'Literal')}[{', '.join(map(repr, values))}]"

    def _quoted(self, schema: Schema, place: str, undefined: frozenset[str]) -> str:
        inner = self._text(schema, place, frozenset())
        return repr(inner) if names_in(inner) & undefined else inner


def union(members: list[str]) -> str:
    """The members joined, each once, ``None`` last."""
    once = dict.fromkeys(part for member in members for part in split_union(member))
    return " | ".join(sorted(once, key=lambda member: member == "None"))


def split_union(annotation: str) -> list[str]:
    """The members of a union's text."""
    found: list[str] = []
    node: ast.expr = ast.parse(annotation, mode="eval").body
    while isinstance(node, ast.BinOp):
        found.append(ast.get_source_segment(annotation, node.right) or ast.unparse(node.right))
        node = node.left
    found.append(ast.get_source_segment(annotation, node) or ast.unparse(node))
    return found[::-1]
