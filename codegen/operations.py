"""The constant that tells the engine about an operation."""

from __future__ import annotations

from collections.abc import Mapping

from codegen.document import Document, OperationSpec
from codegen.imports import Imports
from codegen.tree import Node


def constant_name(node: Node, operation: OperationSpec) -> str:
    """``_MODELS_ITEM_GET`` for ``GET /v1/models/{model_id}``."""
    return f"{node.constant}_{operation.method}"


def constant_source(name: str, document: Document, operation: OperationSpec, imports: Imports) -> str:
    """The definition of the constant. What is as usual is left out."""
    arguments = {
        "method": operation.method,
        "path": operation.path,
        "query": _model(document, operation.query),
        "headers": _model(document, operation.headers),
        "body": _model(document, operation.body),
        "multipart": operation.multipart,
        "files": operation.files,
        "required_files": operation.required_files,
        "body_required": operation.body_required,
        "answer": _model(document, operation.answer),
    }
    lines = [f"    {argument}={value!r},\n" for argument, value in arguments.items() if value]
    if operation.events:
        lines.append(f"    events={_events(document, operation, imports)},\n")
    if operation.pages:
        lines.append(f"    pages={_pages(operation, imports)},\n")
    if operation.download:
        lines.append("    download=True,\n")
    if operation.accept != "application/json":
        lines.append(f"    accept={operation.accept!r},\n")
    if operation.repeatable:
        lines.append("    repeatable=True,\n")
    return f"{name} = {_runtime('Operation', imports)}(\n{''.join(lines)})\n"


def _events(document: Document, operation: OperationSpec, imports: Imports) -> str:
    events = operation.events
    assert events
    arguments = {"type": _model(document, events.schema), "flag": events.flag, "end": events.end}
    return _call(_runtime("Events", imports), arguments)


def _pages(operation: OperationSpec, imports: Imports) -> str:
    pages = operation.pages
    assert pages
    arguments: dict[str, str | int | None] = {
        "items": pages.items,
        "by": pages.by,
        "parameter": pages.parameter,
        "first": pages.first,
        "total": pages.total,
        "next": pages.next,
    }
    return _call(
        _runtime("Pages", imports), {name: value for name, value in arguments.items() if value not in (None, 0)}
    )


def _call(name: str, arguments: Mapping[str, str | int | None]) -> str:
    given = ", ".join(f"{argument}={value!r}" for argument, value in arguments.items() if value is not None)
    return f"{name}({given})"


def _model(document: Document, name: str | None) -> str | None:
    return f"{document.modules[name]}.{name}" if name else None


def _runtime(name: str, imports: Imports) -> str:
    return imports.name("mistral_async.operation", name)
