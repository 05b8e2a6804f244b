"""The source of the resource classes, from the tree."""

from __future__ import annotations

from collections.abc import Mapping

from codegen.document import Document
from codegen.imports import Imports
from codegen.methods import MethodWriter
from codegen.operations import constant_name, constant_source
from codegen.packages import BANNER
from codegen.prose import docstring, sentence
from codegen.signatures import Signature
from codegen.tree import Child, Item, Node, Tree
from codegen.types import InputNames

# Builtins that the class bodies name: a property called like one stands before it, unless it is written in full.
_BUILTINS = ("property", "str", "int", "list")


def emit_resources(
    document: Document, tree: Tree, names: InputNames, signatures: Mapping[str, Signature]
) -> dict[str, str]:
    """The sources of the ``resources`` package, by path."""
    modules: dict[str, list[Node]] = {}
    for node in tree.root.walk():
        modules.setdefault(node.module, []).append(node)
    sources = {
        f"mistral_async/resources/{module}.py": _ModuleWriter(document, names, signatures, module, nodes).write()
        for module, nodes in modules.items()
    }
    with_operations = sorted(module for module, nodes in modules.items() if any(node.operations for node in nodes))
    sources["mistral_async/resources/operations.py"] = _operations_source(with_operations)
    return sources


def _operations_source(modules: list[str]) -> str:
    imports = "".join(f"from mistral_async.resources import {module}\n" for module in modules)
    parts = "".join(f"    *{module}.OPERATIONS,\n" for module in modules)
    return (
        f'{BANNER}\n"""Every operation of the API."""\n\nfrom __future__ import annotations\n\n'
        f"from mistral_async.operation import Operation\n{imports}\n"
        f"OPERATIONS: tuple[Operation, ...] = (\n{parts})\n"
    )


class _ModuleWriter:
    """Writes one module of the package."""

    def __init__(
        self,
        document: Document,
        names: InputNames,
        signatures: Mapping[str, Signature],
        module: str,
        nodes: list[Node],
    ) -> None:
        self._document = document
        self._module = module
        self._nodes = nodes
        classes = {"OPERATIONS", *(node.class_name for node in nodes)}
        self._running = Imports(classes)
        self._checked = self._running.for_checkers()
        self._methods = MethodWriter(document, names, signatures, self._running, self._checked)

    def write(self) -> str:
        classes = [self._class(node) for node in self._nodes]
        constants = self._constants()
        checked = ""
        if self._checked:
            checked = f"if {self._running.name('typing', 'TYPE_CHECKING')}:\n{self._checked.render('    ')}"
        head = f"{BANNER}\n{docstring(self._doc())}\n\nfrom __future__ import annotations\n"
        return "\n".join([head, self._running.render(), checked, *constants, *classes])

    def _doc(self) -> str:
        if self._module == "__init__":
            return "The resources, as attributes of the client."
        return f"Resources below ``{self._nodes[0].path}``."

    def _constants(self) -> list[str]:
        """The operations of the module, and a tuple of them all."""
        constants = {constant_name(node, operation): operation for node in self._nodes for operation in node.operations}
        if not constants:
            return []
        sources = [
            constant_source(name, self._document, operation, self._running) for name, operation in constants.items()
        ]
        names = "".join(f"    {name},\n" for name in constants)
        operation = self._running.name("mistral_async.operation", "Operation")
        return [*sources, f"OPERATIONS: tuple[{operation}, ...] = (\n{names})\n"]

    def _class(self, node: Node) -> str:
        if node.words:
            base = self._running.name("mistral_async.resource", "Resource")
            head = f"class {node.class_name}({base}):\n"
            members = [docstring(f"``{node.path}``", "    "), "    __slots__ = ()"]
        else:
            head = f"class {node.class_name}:\n"
            doc = "The resources of the API: an attribute for the first segment of each path."
            engine = self._checked.name("mistral_async.engine", "Engine")
            members = [docstring(doc, "    "), "    __slots__ = ()", f"    _engine: {engine}"]
        hidden = {child.attribute for child in node.children}
        builtin = {name: f"{self._running.module('builtins')}.{name}" if name in hidden else name for name in _BUILTINS}
        for operation in node.operations:
            members.append(self._methods.method(operation, constant_name(node, operation), builtin))
        if node.item:
            members.append(self._item(node.item, builtin))
        members += [self._child(node, child, builtin) for child in node.children]
        return head + "\n\n".join(members) + "\n"

    def _child(self, node: Node, child: Child, builtin: Mapping[str, str]) -> str:
        below = child.node
        class_name, imported, decorator = below.class_name, "", builtin["property"]
        if below.module != self._module:  # loaded when it is asked for
            module = f"mistral_async.resources.{below.module}"
            class_name = self._checked.name(module, below.class_name)
            imported = f"        from {module} import {below.class_name}\n\n"
        if not node.words:  # kept by the client: even what is loaded already takes its time to import
            decorator = self._running.name("functools", "cached_property")
        path = f'self._path + "/{child.segment}"' if node.words else f'"{below.path}"'
        return (
            f"    @{decorator}\n"
            f"    def {child.attribute}(self) -> {class_name}:\n"
            f"{docstring(f'``{below.path}``', '        ')}\n"
            f"{imported}"
            f"        return {below.class_name}(self._engine, {path})"
        )

    def _item(self, item: Item, builtin: Mapping[str, str]) -> str:
        accepted = f"{builtin['str']} | {builtin['int']}" if item.integer else builtin["str"]
        class_name, name = item.node.class_name, item.parameter
        return (
            f"    def __getitem__(self, {name}: {accepted}, /) -> {class_name}:\n"
            f"{docstring([f'``{item.node.path}``', sentence(item.description)], '        ')}\n"
            f"        return {class_name}(self._engine, self._item({name}))"
        )
