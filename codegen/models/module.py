"""Write one module of models: a class for every object, then the aliases, each after what it is made of.

Annotations are text only where they name what comes later: msgspec compiles and evaluates what is text for each model
that is used, in each process.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codegen.document import Document, Schema
from codegen.errors import SpecError
from codegen.imports import Imports
from codegen.models.generator import Annotations
from codegen.models.neutral import fields
from codegen.names import module_name
from codegen.packages import BANNER
from codegen.prose import docstring
from codegen.schemas import is_object
from codegen.shapes import is_list, is_mapping

_INDENT = " " * 4
_VECTOR = "x-mistral-vector"
# Marks of the overlay, and the class variables of a model that name the fields so marked.
_MARKED = {
    "x-mistral-secret": "secret_fields",
    "x-mistral-answer-only": "answer_only_fields",
    _VECTOR: "vector_fields",
}
_FROM = {
    **dict.fromkeys(("Annotated", "Any", "ClassVar", "Literal", "TypeAlias"), "typing"),
    **dict.fromkeys(("Meta", "UNSET", "UnsetType"), "msgspec"),
    **dict.fromkeys(("Model", "PRESUMED"), "mistral_async.model"),
    **dict.fromkeys(("AnyVector", "VectorModel"), "mistral_async.vector"),
}


def render(module: str, names: list[str], document: Document, annotations: Annotations) -> str:
    writer = _Writer(module, document, annotations)
    classes = [name for name in names if is_object(document.schemas[name])]
    aliases = _in_order([name for name in names if name not in classes], annotations)
    body = [writer.struct(name) for name in classes] + [writer.alias(name) for name in aliases]
    head = [
        BANNER,
        docstring(_about(module, document)),
        "",
        writer.imports.render(),
    ]
    return "\n".join(head) + "\n\n" + "\n\n".join(body)


class _Writer:
    def __init__(self, module: str, document: Document, annotations: Annotations) -> None:
        self.imports = Imports()
        self._module = module
        self._document = document
        self._annotations = annotations
        self._written: set[str] = set()  # classes of this module

    def alias(self, name: str) -> str:
        schema = self._document.schemas[name]
        text = f"{name}: {self._text('TypeAlias')} = {self._text(self._annotations[name][0])}\n"
        return text + _prose(schema, "")

    def struct(self, name: str) -> str:
        schema = self._document.schemas[name]
        tags = {wire: value["const"] for wire, value in schema["properties"].items() if "const" in value}
        options = ["kw_only=True"]
        for wire, tag in tags.items():
            options += [f"tag_field={wire!r}", f"tag={tag!r}"]
        parts = [_prose(schema, _INDENT), *self._class_variables(name, schema, tags)]
        for (wire, value), annotation in zip(fields(schema).items(), self._annotations[name], strict=True):
            parts.append(self._field(name, wire, value, annotation) + _prose(value, _INDENT))
        body = "".join(parts) or f"{_INDENT}pass\n"
        self._written.add(name)
        base = "VectorModel" if any(_VECTOR in value for value in fields(schema).values()) else "Model"
        return f"class {name}({self._text(base)}, {', '.join(options)}):\n{body}"

    def _class_variables(self, name: str, schema: Schema, tags: dict[str, str]) -> Iterator[str]:
        python = self._document.field_names[name]
        for wire, tag in tags.items():
            line = f"{python[wire]}: {self._text(f'ClassVar[Literal[{tag!r}]]')} = {tag!r}\n"
            yield _INDENT + line + _prose(schema["properties"][wire], _INDENT)
        for mark, variable in _MARKED.items():
            if marked := sorted(python[wire] for wire, value in fields(schema).items() if value.get(mark) is True):
                held = ", ".join(map(repr, marked))
                yield f"{_INDENT}{variable}: {self._text('ClassVar[frozenset[str]]')} = frozenset({{{held}}})\n"

    def _field(self, name: str, wire: str, value: Schema, annotation: str) -> str:
        python = self._document.field_names[name][wire]
        options = {} if python == wire else {"name": repr(wire)}
        if _VECTOR in value:
            annotation = _vector(value, f"{name}.{wire}")
        if value.get("x-mistral-presumed") is True:
            options["default"] = self._text("PRESUMED")
        elif "default" in value:
            default = value["default"]
            if default and (is_list(default) or is_mapping(default)):
                options["default_factory"] = f"lambda: {default!r}"
            else:
                options["default"] = repr(default)
        elif wire not in self._document.schemas[name]["required"]:
            nullable = annotation.endswith(" | None")
            annotation = f"{annotation.removesuffix(' | None')} | UnsetType{' | None' if nullable else ''}"
            options["default"] = self._text("UNSET")
        line = f"{_INDENT}{python}: {self._quoted(self._text(annotation))}"
        if options.keys() == {"default"}:
            return f"{line} = {options['default']}\n"
        if options:
            written = ", ".join(f"{key}={option}" for key, option in options.items())
            return f"{line} = {self.imports.module('msgspec')}.field({written})\n"
        return f"{line}\n"

    def _quoted(self, annotation: str) -> str:
        """As text, where it names something that this module has later."""
        later = {
            name
            for name in _names(annotation)
            if name not in _FROM and name not in self._written and self._document.modules.get(name) == self._module
        }
        return f'"{annotation}"' if later else annotation

    def _text(self, annotation: str) -> str:
        """``annotation``, with all that it is made of imported."""
        for name in _names(annotation):
            if name in _FROM:
                self.imports.name(_FROM[name], name)
            elif (module := self._document.modules.get(name, self._module)) != self._module:
                self.imports.name(f"mistral_async.models.{module}", name)
        return annotation


def _vector(schema: Schema, place: str) -> str:
    """The annotation of a field that is marked as one: an array of numbers, or text, which msgspec tells apart."""
    kinds = [(member.get("type"), member.get("items", {}).get("type")) for member in schema.get("anyOf", ())]
    if sorted(kinds, key=str) != [("array", "number"), ("string", None)]:
        raise SpecError(f"{place}.{_VECTOR}", "is neither an array of numbers nor a string")
    return "AnyVector"


def _prose(schema: Schema, indent: str) -> str:
    """What a schema says of itself, as a string literal below its name."""
    said = str(schema.get("description", ""))
    if schema.get("deprecated") is True and "deprecated" not in said.lower():
        said = f"{said}\n\nDeprecated."
    return f"{docstring(said, indent)}\n" if said.strip() else ""


def _names(annotation: str) -> list[str]:
    return [node.id for node in ast.walk(ast.parse(annotation, mode="eval")) if isinstance(node, ast.Name)]


def _in_order(aliases: list[str], annotations: Annotations) -> list[str]:
    """Aliases by name, but each after those that it is made of: it is evaluated when the module is loaded."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name in ordered:
            return
        for other in sorted(_names(annotations[name][0])):
            if other in aliases:
                visit(other)
        ordered.append(name)

    for name in aliases:
        visit(name)
    return ordered


def _about(module: str, document: Document) -> str:
    """The docstring of a module: what the paths of its part of the API begin with."""
    if module == "shared":
        return "Models that several parts of the API use."
    path = next(operation.path for operation in document.operations if module_name(operation.path) == module)
    begins = re.sub(r"^((?:/v[0-9]+)?/[^/]+).*", r"\1", path)
    return f"Models of ``{begins}``."
