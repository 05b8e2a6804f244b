"""What each operation is called with: which body it takes, and the names of the TypedDicts of its keywords."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from typing import Literal, TypeAlias

from codegen.document import Document, OperationSpec, Schema
from codegen.errors import SpecError
from codegen.names import claim, pascal
from codegen.schemas import is_object, sent_fields

BodyForm: TypeAlias = Literal["none", "fields", "value", "form"]
"""No body; an object, given by its fields or whole; anything else, given whole; a form, given by its fields."""


@dataclass(frozen=True, kw_only=True)
class Keyword:
    """One keyword argument of an operation."""

    name: str  # Python name
    schema: Schema | None  # None: a file
    place: str  # of the schema, for messages
    required: bool
    parameter: bool  # in the query or the header fields, not in the body
    description: str


@dataclass(frozen=True, kw_only=True)
class Signature:
    operation: OperationSpec
    module: str  # of params/, where the TypedDicts stand
    body: BodyForm
    keywords: str | None  # TypedDict of all keyword arguments
    parameters: str | None  # TypedDict of those that may stand beside a whole body


def signatures(document: Document, modules: Mapping[str, str]) -> dict[str, Signature]:
    """The signature of every operation, by method and path. ``modules`` gives the module of each path.

    Operations that take the same keywords share a TypedDict. It is named by their body, unless operations with other
    keywords would give it the same name: then each has its own, named by the operation.
    """
    taken = set(document.schemas)
    groups: dict[tuple[str, object], list[OperationSpec]] = {}
    for operation in document.operations:
        groups.setdefault((_name(document, operation), _identity(operation)), []).append(operation)
    contested = {name for name, count in Counter(name for name, _ in groups).items() if name and count > 1}
    found: dict[str, Signature] = {}
    for (name, _), operations in groups.items():
        shared = claim(name, taken) if name and name not in contested else None
        homes = {modules[operation.path] for operation in operations}
        for operation in operations:
            form = body_form(document, operation)
            keywords = shared or (claim(f"{pascal(operation.operation_id)}Params", taken) if name else None)
            beside = form == "fields" and bool(operation.query or operation.headers)
            found[str(operation)] = Signature(
                operation=operation,
                # Keywords that several modules share are those of one body, whose module all of them may import.
                module=document.modules[operation.body]
                if shared and len(homes) > 1 and operation.body
                else modules[operation.path],
                body=form,
                keywords=keywords,
                parameters=claim(f"{pascal(operation.operation_id)}QueryParams", taken) if beside else None,
            )
    return found


def body_form(document: Document, operation: OperationSpec) -> BodyForm:
    if operation.multipart:
        return "form"
    if operation.body is None:
        return "none"
    return "fields" if is_object(document.schemas[operation.body]) else "value"


def keywords_of(document: Document, operation: OperationSpec) -> list[Keyword]:
    """The keyword arguments of an operation: first the body's, then files, query and header parameters."""
    found = [*_keywords_of(document, operation)]
    names = Counter(argument.name for argument in found)
    if twice := [name for name, count in names.items() if count > 1]:
        raise SpecError(str(operation), f"two parameters would both be called {twice[0]}")
    return found


def _keywords_of(document: Document, operation: OperationSpec) -> Iterator[Keyword]:
    if operation.body and body_form(document, operation) in ("fields", "form"):
        for found in _fields(document, operation.body, parameter=False, required=operation.body_required):
            if operation.events is None or found.name != _flag(document, operation):
                yield found
    for wire in operation.files:
        if not wire.isidentifier() or iskeyword(wire):
            raise SpecError(str(operation), f"the file field {wire!r} is no name in Python")
        yield Keyword(
            name=wire,
            schema=None,
            place=str(operation),
            required=wire in operation.required_files,
            parameter=False,
            description=operation.file_descriptions.get(wire, ""),
        )
    for schema in (operation.query, operation.headers):
        if schema:
            yield from _fields(document, schema, parameter=True, required=True)


def _flag(document: Document, operation: OperationSpec) -> str | None:
    flag = operation.events and operation.events.flag
    return document.field_names[operation.body].get(flag, flag) if flag and operation.body else None


def _fields(document: Document, name: str, *, parameter: bool, required: bool) -> Iterator[Keyword]:
    schema = document.schemas[name]
    for wire, field in sent_fields(schema).items():
        yield Keyword(
            name=document.field_names[name][wire],
            schema=field,
            place=f"{name}.{wire}",
            required=required and wire in schema.get("required", ()),
            parameter=parameter,
            description=field.get("description", ""),
        )


def _name(document: Document, operation: OperationSpec) -> str:
    """The name that an operation's TypedDict should have; empty where the operation has no keywords."""
    if operation.body and body_form(document, operation) != "value":
        return re.sub(r"(?<=.)(Request|In)$", "", operation.body) + "Params"
    if operation.query or operation.headers or operation.files:
        return f"{pascal(operation.operation_id)}Params"
    return ""


def _identity(operation: OperationSpec) -> object:
    """What the keywords depend on."""
    return (
        operation.body,
        operation.body_required,
        operation.multipart,
        operation.query,
        operation.headers,
        operation.files,
        operation.required_files,
        operation.events and operation.events.flag,
    )
