"""The source of a resource's method: its signature, its docstring, and a body of one line."""

from __future__ import annotations

from collections.abc import Mapping

from codegen.answers import OutputTypes, answer_of
from codegen.document import Document, OperationSpec
from codegen.imports import Imports
from codegen.prose import docstring, sentence
from codegen.signatures import Signature
from codegen.types import InputNames, InputTypes, union


class MethodWriter:
    """Writes the methods of one module. What only checkers need is imported apart from what runs."""

    def __init__(
        self,
        document: Document,
        names: InputNames,
        signatures: Mapping[str, Signature],
        running: Imports,
        checked: Imports,
    ) -> None:
        self._document = document
        self._signatures = signatures
        self._running = running
        self._checked = checked
        self._inputs = InputTypes(document, names, checked, None)
        self._outputs = OutputTypes(document, checked)

    def method(self, operation: OperationSpec, constant: str, builtin: Mapping[str, str]) -> str:
        """The method of an operation. ``builtin`` says how builtins are written in its class."""
        signature = self._signatures[str(operation)]
        name = "__call__" if operation.method == "GET" else operation.method.lower()
        answer = answer_of(self._document, operation)
        call = self._running.name("mistral_async.calls", answer.call)
        types = ", ".join(self._outputs.text(schema, builtin) for schema in answer.arguments)
        result = f"{call}[{types}]" if types else call
        made = f"{call}(self._engine, {constant}, self._path"
        keywords = self._unpacked(signature, signature.keywords)
        if signature.body == "fields":
            return self._overloaded(signature, name, result, keywords, f"{made}, request, params)")
        if signature.body == "value":
            request = self._inputs.reference(operation.body or "")
            default = "" if operation.body_required else " = None"
            request = request if operation.body_required else union([request, "None"])
            head = f"def {name}(self, request: {request}{default}, /{keywords}) -> {result}:"
            return _source(head, _doc(operation), f"{made}, request{', params' if keywords else ''})")
        head = f"def {name}(self{keywords}) -> {result}:"
        return _source(head, _doc(operation), f"{made}{', None, params' if keywords else ''})")

    def _overloaded(self, signature: Signature, name: str, result: str, keywords: str, made: str) -> str:
        """A method that takes a body whole or by its fields."""
        request = self._inputs.model(signature.operation.body or "")
        beside = self._unpacked(signature, signature.parameters)
        overload, anything = self._running.name("typing", "overload"), self._running.name("typing", "Any")
        head = f"def {name}(self, request: {request} | None = None, /, **params: {anything}) -> {result}:"
        return (
            f"    @{overload}\n"
            f"    def {name}(self, request: {request}, /{beside}) -> {result}: ...\n"
            f"    @{overload}\n"
            f"    def {name}(self, /{keywords}) -> {result}: ...\n"
        ) + _source(head, _doc(signature.operation), made)

    def _unpacked(self, signature: Signature, keywords: str | None) -> str:
        """Keyword arguments, as they stand in a signature."""
        if keywords is None:
            return ""
        unpack = self._running.name("typing", "Unpack")
        return f", **params: {unpack}[{self._checked.name(f'mistral_async.params.{signature.module}', keywords)}]"


def _source(head: str, doc: str, made: str) -> str:
    return f"    {head}\n{doc}\n        return {made}"


def _doc(operation: OperationSpec) -> str:
    summary, description = sentence(operation.summary), operation.description.strip()
    return docstring(
        [
            summary,
            description if sentence(description) != summary else "",
            "Deprecated by the API." if operation.deprecated else "",
            f"``{operation}``",
        ],
        "        ",
    )
