"""Which operation a request means: the raw path against the templates of the specification."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from mistral_async.operation import Operation
from mistral_async.testing.refusals import method_not_allowed, no_such_path


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict[str, "_Node"])
    item: _Node | None = None
    operations: dict[str, Operation] = field(default_factory=dict[str, Operation])


class Router:
    """A tree of path segments. A literal segment goes before a parameter."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            node = self._root
            for segment in operation.path.split("/")[1:]:
                if segment.startswith("{"):
                    node.item = node = node.item or _Node()
                else:
                    node = node.literals.setdefault(segment, _Node())
            node.operations[operation.method] = operation

    def find(self, method: str, raw_path: str) -> tuple[Operation, tuple[str, ...]]:
        """The operation, and its path parameters decoded.

        ``raw_path`` is the path as it was sent, still percent-encoded: it is cut at its slashes first and each
        segment is decoded once afterwards, so an encoded slash stays inside its segment. Raises a 404 or a 405.
        """
        found = _walk(self._root, raw_path.split("/")[1:], 0, ())
        if found is None:
            raise no_such_path()
        operations, parameters = found
        if operation := operations.get(method):
            return operation, parameters
        raise method_not_allowed(sorted(operations))


def _walk(
    node: _Node, segments: list[str], index: int, parameters: tuple[str, ...]
) -> tuple[dict[str, Operation], tuple[str, ...]] | None:
    if index == len(segments):
        return (node.operations, parameters) if node.operations else None
    segment = segments[index]
    if (literal := node.literals.get(segment)) and (found := _walk(literal, segments, index + 1, parameters)):
        return found
    if node.item is not None and segment:
        return _walk(node.item, segments, index + 1, (*parameters, unquote(segment)))
    return None
