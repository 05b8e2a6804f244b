"""How an operation is written in Python, for docstrings and tables."""

from __future__ import annotations

from codegen.document import OperationSpec
from codegen.tree import Node, Tree


def spellings(tree: Tree) -> dict[str, str]:
    """The Python of every operation, such as ``client.models[model_id].delete``, by method and path."""
    found: dict[str, str] = {}

    def visit(node: Node, written: str) -> None:
        for operation in node.operations:
            found[str(operation)] = written + _method(operation)
        for child in node.children:
            visit(child.node, f"{written}.{child.attribute}")
        if node.item:
            visit(node.item.node, f"{written}[{node.item.parameter}]")

    visit(tree.root, "client")
    return found


def _method(operation: OperationSpec) -> str:
    return "" if operation.method == "GET" else f".{operation.method.lower()}"
