"""The operations as a tree of URL segments: which resource has which children, items and methods. Data, no source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from codegen.document import Document, OperationSpec, PathParameter
from codegen.errors import SpecError
from codegen.names import claim, field_name, module_name
from codegen.segments import constant_prefix, identifier, joined, resource_name

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_LITERAL = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%-]+")  # RFC 3986 section 3.3: pchar
_PARAMETER = re.compile(r"\{([^{}]+)\}")
# What a resource is made of: the attributes of mistral_async.resource.Resource, and of MistralClient for the root.
OWN = frozenset({"_engine", "_path", "_item"})
OWN_OF_ROOT = frozenset({"aclose", "circuits", "_circuits", "_engine", "_gate", "_hooks", "_settings"})
# What class bodies name, besides models, resources and builtins: a property of such a name would stand before it.
_NAMED = frozenset(
    {"Any", "Unpack", "cached_property", "overload", "Call", "DownloadCall", "PagedCall", "StreamingCall"}
)


@dataclass(frozen=True, kw_only=True)
class Child:
    """A literal segment below a resource."""

    attribute: str
    segment: str
    node: Node


@dataclass(frozen=True, kw_only=True)
class Item:
    """A path parameter below a resource."""

    parameter: str  # Python name
    description: str
    integer: bool
    node: Node


@dataclass(frozen=True, kw_only=True)
class Node:
    """One resource."""

    path: str  # such as "/v1/models/{model_id}"
    words: tuple[str, ...]  # Python spelling from the root on, "[]" for an item: ("models", "[]")
    class_name: str
    constant: str  # how the names of its operations' constants begin: "_MODELS_ITEM"
    module: str  # of resources/; the root's is "__init__"
    children: tuple[Child, ...]
    item: Item | None
    operations: tuple[OperationSpec, ...]  # in the order of VERBS

    def walk(self) -> Iterator[Node]:
        """This resource and all below it."""
        yield self
        for child in self.children:
            yield from child.node.walk()
        if self.item:
            yield from self.item.node.walk()


@dataclass(frozen=True, kw_only=True)
class Tree:
    root: Node
    notes: dict[str, list[str]]  # rule -> places, for the report


class _Draft:
    """A resource that is still being put together."""

    def __init__(self, segments: tuple[str, ...] = ()) -> None:
        self.segments = segments
        self.children: dict[str, _Draft] = {}
        self.item: _Draft | None = None
        self.parameters: list[PathParameter] = []  # of an item: as each operation through it describes it
        self.operations: dict[str, OperationSpec] = {}


def build_tree(document: Document) -> Tree:
    """The tree of all operations. Raises ``SpecError`` where two places of the API would be one in Python."""
    draft = _Draft()
    for operation in document.operations:
        _insert(draft, operation)
    notes: dict[str, list[str]] = {}
    return Tree(root=_Freezer(notes).freeze(draft, (), ""), notes=notes)


def _insert(root: _Draft, operation: OperationSpec) -> None:
    place = str(operation)
    segments = operation.path.split("/")[1:]
    if not operation.path.startswith("/") or "" in segments:
        raise SpecError(place, "a path starts with a slash and has no empty segment")
    if operation.method not in VERBS:
        raise SpecError(place, f"the method {operation.method} is not supported")
    versioned = segments[0] == "v1"
    literal = segments[1:2] if versioned else segments[:1]
    if not literal or _PARAMETER.fullmatch(literal[0]):
        raise SpecError(place, "a path needs a literal segment after its version")
    node = root
    for count, segment in enumerate(segments, 1):
        if count == 1 and versioned:
            continue
        if parameter := _PARAMETER.fullmatch(segment):
            node.item = node.item or _Draft(tuple(segments[:count]))
            node = node.item
            node.parameters.append(_described(operation, parameter[1]))
        elif not _LITERAL.fullmatch(segment):
            raise SpecError(place, f"the segment {segment!r} is neither literal nor one parameter")
        else:
            node = node.children.setdefault(segment, _Draft(tuple(segments[:count])))
            if node.segments[0] != segments[0]:
                raise SpecError(place, f"in Python it would be the same as /{'/'.join(node.segments)}")
    if operation.method in node.operations:
        raise SpecError(place, "the same operation a second time")
    node.operations[operation.method] = operation


def _described(operation: OperationSpec, name: str) -> PathParameter:
    for parameter in operation.path_parameters:
        if parameter.name == name:
            return parameter
    return PathParameter(name=name, description="")


class _Freezer:
    """Gives every resource its names, each once in its module."""

    def __init__(self, notes: dict[str, list[str]]) -> None:
        self._notes = notes
        self._taken: dict[str, set[str]] = {}  # names, by module

    def freeze(self, draft: _Draft, words: tuple[str, ...], path: str) -> Node:
        module = module_name("/" + "/".join(draft.segments)) if draft.segments else "__init__"
        operations = tuple(draft.operations[verb] for verb in VERBS if verb in draft.operations)
        children: dict[str, Child] = {}
        for segment in draft.children:
            below = draft.children[segment]
            place = f"{path}/{segment}" if path else "/" + "/".join(below.segments)
            attribute = self._attribute(draft, segment, place)
            if attribute in children:
                beside = children[attribute].segment
                raise SpecError(place, f"in Python it has the same name, {attribute}, as {beside!r} beside it")
            node = self.freeze(below, (*words, attribute), place)
            children[attribute] = Child(attribute=attribute, segment=segment, node=node)
        taken = self._taken.setdefault(module, set())
        return Node(
            path=path,
            words=words,
            class_name=claim(resource_name(words), taken),
            constant=claim(constant_prefix(words), taken),
            module=module,
            children=tuple(children[attribute] for attribute in sorted(children)),
            item=self._item(draft.item, words, path) if draft.item else None,
            operations=operations,
        )

    def _item(self, draft: _Draft, words: tuple[str, ...], path: str) -> Item:
        names = list(dict.fromkeys(parameter.name for parameter in draft.parameters))
        name = joined(names)
        place = f"{path}/{{{name}}}"
        if len(names) > 1:
            self._note("one path parameter under several names", f"{place}: {', '.join(names)}")
        return Item(
            parameter=field_name(name),
            description=next((each.description for each in draft.parameters if each.description), ""),
            integer=any(each.integer for each in draft.parameters),
            node=self.freeze(draft, (*words, "[]"), place),
        )

    def _attribute(self, draft: _Draft, segment: str, place: str) -> str:
        name = identifier(segment)
        methods = {verb.lower() for verb in draft.operations if verb != "GET"}
        own = OWN if draft.segments else OWN_OF_ROOT
        if name.startswith("__"):
            raise SpecError(place, "a segment that starts with two underscores is not supported")
        if name in methods | own | _NAMED:
            name += "_"
        if name not in (segment, segment.replace("-", "_")):
            self._note("segment under another name", f"{place}: {name}")
        return name

    def _note(self, rule: str, place: str) -> None:
        self._notes.setdefault(rule, []).append(place)
