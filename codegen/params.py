"""The TypedDicts of what a caller passes: keyword arguments, and plain dicts in place of models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from keyword import iskeyword

from codegen.document import DATE_TIME, Document, Schema
from codegen.errors import SpecError
from codegen.imports import Imports
from codegen.packages import BANNER, package_init
from codegen.prose import docstring
from codegen.schemas import referenced, sent_fields
from codegen.signatures import Keyword, Signature, keywords_of
from codegen.types import InputNames, InputTypes, names_in, union


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One key of a TypedDict."""

    key: str
    annotation: str
    required: bool
    description: str


@dataclass(frozen=True, kw_only=True)
class DictType:
    """One TypedDict."""

    name: str
    doc: str
    entries: tuple[Entry, ...]


def emit_params(
    document: Document, names: InputNames, signatures: Mapping[str, Signature], spellings: Mapping[str, str]
) -> dict[str, str]:
    """The sources of the ``params`` package, by path. ``spellings`` is how each operation is called, for docstrings."""
    modules = {document.modules[name] for name in (*names.dicts, *names.likes)}
    modules |= {signature.module for signature in signatures.values() if signature.keywords}
    sources: dict[str, str] = {}
    exports: dict[str, list[str]] = {}
    for module in sorted(modules):
        writer = _ModuleWriter(document, names, module)
        sources[f"mistral_async/params/{module}.py"] = writer.write(signatures, spellings)
        exports[module] = writer.exports
    sources["mistral_async/params/__init__.py"] = package_init(
        "mistral_async.params",
        "What a caller passes, as TypedDicts; each module is loaded when it is first asked for.",
        exports,
    )
    return sources


class _ModuleWriter:
    """Writes one module of the package."""

    def __init__(self, document: Document, names: InputNames, module: str) -> None:
        self._document = document
        self._names = names
        self._module = module
        self._dicts = [name for name in names.dicts if document.modules[name] == module]
        self._likes = [name for name in names.likes if document.modules[name] == module]
        self.exports = [names.dicts[name] for name in self._dicts] + [names.likes[name] for name in self._likes]
        self._imports = Imports(self.exports)
        self._types = InputTypes(document, names, self._imports, module)

    def write(self, signatures: Mapping[str, Signature], spellings: Mapping[str, str]) -> str:
        definitions: list[str] = []
        for signature in self._own(signatures):
            definitions += map(self._definition, self._keyword_dicts(signature, signatures, spellings))
        definitions += [self._definition(self._model_dict(name)) for name in self._dicts]
        definitions += self._like_definitions()
        body = "\n\n".join(definitions)
        doc = docstring(
            f"What a caller passes to ``{self._module}``."
            if self._module != "shared"
            else "What callers of several resources pass."
        )
        return f"{BANNER}\n{doc}\n\nfrom __future__ import annotations\n\n{self._imports.render()}\n\n{body}"

    def _own(self, signatures: Mapping[str, Signature]) -> list[Signature]:
        """The signatures whose TypedDicts stand here, each TypedDict once."""
        once: dict[str, Signature] = {}
        for signature in signatures.values():
            if signature.module == self._module and signature.keywords:
                once.setdefault(signature.keywords, signature)
        return list(once.values())

    def _keyword_dicts(
        self, signature: Signature, signatures: Mapping[str, Signature], spellings: Mapping[str, str]
    ) -> list[DictType]:
        """The TypedDict of all keywords; after it, where it is asked for, that of the parameters alone."""
        assert signature.keywords
        calls = [
            f"``{spellings[place]}``" for place, other in signatures.items() if other.keywords == signature.keywords
        ]
        doc = f"Keyword arguments of {' and '.join(calls)}."
        arguments = keywords_of(self._document, signature.operation)
        found = [self._dict_of(signature.keywords, doc, arguments)]
        if signature.parameters:
            beside = [argument for argument in arguments if argument.parameter]
            found.append(self._dict_of(signature.parameters, f"Parameters of {calls[0]} beside a whole body.", beside))
        self.exports += [made.name for made in found]
        return found

    def _dict_of(self, name: str, doc: str, arguments: list[Keyword]) -> DictType:
        return DictType(name=name, doc=doc, entries=tuple(map(self._keyword_entry, arguments)))

    def _keyword_entry(self, argument: Keyword) -> Entry:
        if argument.schema is None:
            annotation = self._imports.name("mistral_async.codec.file_input", "FileInput")
        else:
            annotation = self._types.text(argument.schema, argument.place)
            if argument.schema.get(DATE_TIME) is True:
                annotation = union([annotation, self._imports.name("datetime", "datetime")])
        if not argument.required:
            annotation = union([annotation, self._imports.name("msgspec", "UnsetType")])
        return Entry(
            key=argument.name, annotation=annotation, required=argument.required, description=argument.description
        )

    def _model_dict(self, name: str) -> DictType:
        schema = self._document.schemas[name]
        fields = sent_fields(schema)
        required = {*schema.get("required", ()), *(wire for wire, field in fields.items() if "const" in field)}
        entries = tuple(
            Entry(
                key=wire,
                annotation=self._types.text(field, f"{name}.{wire}"),
                required=wire in required,
                description=field.get("description", ""),
            )
            for wire, field in fields.items()
        )
        return DictType(name=self._names.dicts[name], doc=schema.get("description", ""), entries=entries)

    def _definition(self, dict_type: DictType) -> str:
        annotations = {
            entry.key: f"{self._imports.name('typing', 'Required')}[{entry.annotation}]"
            if entry.required
            else entry.annotation
            for entry in dict_type.entries
        }
        base = self._imports.name("typing", "TypedDict")
        used = {name for annotation in annotations.values() for name in names_in(annotation)}
        if any(not _can_be_field(key) or key in used for key in annotations):
            return self._functional(dict_type, annotations)
        lines = [
            f"class {dict_type.name}({base}, total=False):",
            docstring(dict_type.doc, "    ") if dict_type.doc else "",
        ]
        for entry in dict_type.entries:
            lines.append(f"    {entry.key}: {annotations[entry.key]}")
            if entry.description:
                lines.append(docstring(entry.description, "    "))
        if not dict_type.entries and not dict_type.doc:
            lines.append("    pass")
        return "\n".join(lines) + "\n"

    def _functional(self, dict_type: DictType, annotations: Mapping[str, str]) -> str:
        """The other form of a TypedDict, for keys that cannot be names in a class body."""
        lines = [f'{dict_type.name} = {self._imports.name("typing", "TypedDict")}("{dict_type.name}", {{']
        lines += [f"    {entry.key!r}: {annotations[entry.key]!r}," for entry in dict_type.entries]
        return (
            "\n".join([*lines, "}, total=False)"]) + "\n" + (docstring(dict_type.doc) + "\n" if dict_type.doc else "")
        )

    def _like_definitions(self) -> list[str]:
        """The aliases, each after those that it needs at once; those that it needs in a list or map may come later."""
        schemas = self._document.schemas
        direct = {name: [other for other in _members(schemas[name]) if other in self._likes] for name in self._likes}
        try:
            order = list(TopologicalSorter(direct).static_order())
        except CycleError as exc:
            raise SpecError(str(exc.args[1][0]), "a union that is a member of itself") from exc
        definitions: list[str] = []
        undefined = {self._names.likes[name] for name in order}
        for name in order:
            text = self._types.text(schemas[name], name, undefined=frozenset(undefined))
            alias = f"{self._names.likes[name]}: {self._imports.name('typing', 'TypeAlias')} = {text}\n"
            description = schemas[name].get("description", "")
            definitions.append(alias + (docstring(description) + "\n" if description else ""))
            undefined.discard(self._names.likes[name])
        return definitions


def _members(schema: Schema) -> list[str]:
    """The schemas that a union names directly."""
    members = schema.get("anyOf", [schema])
    return [name for member in members if (name := referenced(member))]


def _can_be_field(key: str) -> bool:
    return key.isidentifier() and not iskeyword(key) and not key.startswith("__")
