"""The table of operations in the README."""

from __future__ import annotations

import re
from collections.abc import Mapping

from codegen.answers import OutputTypes, answer_of
from codegen.document import Document, OperationSpec
from codegen.imports import Imports

_START, _END = "<!-- operations -->", "<!-- /operations -->"
_HEAD = "| Python | HTTP | Answer | What it does | |\n|---|---|---|---|---|\n"
_LEGEND = (
    "*streams*: `async for` gives events · *pages*: `async for` gives items over all pages · "
    "*bytes*: `async for` gives chunks · *repeatable*: may be sent again after a failure\n"
)


def with_table(readme: str, document: Document, spellings: Mapping[str, str]) -> str:
    """The README with the table between its two marks; as it was, where it has none."""
    start, found, rest = readme.partition(_START)
    _, end, after = rest.partition(_END)
    if not found or not end:
        return readme
    return f"{start}{_START}\n{emit_table(document, spellings)}{_END}{after}"


def emit_table(document: Document, spellings: Mapping[str, str]) -> str:
    """The table, a row an operation, in the order of the document."""
    rows = (_row(document, operation, spellings[str(operation)]) for operation in document.operations)
    return f"{_HEAD}{''.join(rows)}\n{_LEGEND}"


def _row(document: Document, operation: OperationSpec, spelling: str) -> str:
    cells = [
        f"`{spelling}()`",
        f"`{operation}`",
        _answer(document, operation),
        _one_line(operation.summary),
        " · ".join(_marks(operation)),
    ]
    return f"| {' | '.join(cells)} |\n"


def _answer(document: Document, operation: OperationSpec) -> str:
    if operation.download:
        return "`bytes`"
    answer = answer_of(document, operation)
    types = OutputTypes(document, Imports())
    written = {"str": "str", "int": "int", "list": "list"}
    texts = [f"`{types.text(schema, written)}`".replace("|", "\\|") for schema in answer.arguments]
    return {"PagedCall": " of ", "StreamingCall": ", streamed "}.get(answer.call, "").join(texts)


def _marks(operation: OperationSpec) -> list[str]:
    marks = {
        "streams": operation.events,
        "pages": operation.pages,
        "bytes": operation.download,
        "repeatable": operation.repeatable,
        "deprecated": operation.deprecated,
    }
    return [mark for mark, holds in marks.items() if holds]


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")
