"""Break cycles of references that no Struct interrupts: a type alias cannot mention itself."""

from __future__ import annotations

from codegen.document import Schema
from codegen.normalise.draft import Draft
from codegen.schemas import is_object, mapped, referenced, remarks


def break_cycles(draft: Draft) -> None:
    """Replace the reference that closes a cycle of aliases by anything."""
    done: set[str] = set()
    for name in sorted(draft.schemas):
        _visit(name, (), done, draft)


def _visit(name: str, path: tuple[str, ...], done: set[str], draft: Draft) -> None:
    if name not in done:
        draft.schemas[name] = _without(draft.schemas[name], (*path, name), done, draft)
    done.add(name)


def _without(schema: Schema, path: tuple[str, ...], done: set[str], draft: Draft) -> Schema:
    if is_object(schema):
        return schema
    if target := referenced(schema):
        if target in path:
            draft.note("recursion of an alias read as anything", f"components.schemas.{path[-1]}")
            return remarks(schema)
        _visit(target, path, done, draft)
        return schema
    return mapped(schema, lambda part, _: _without(part, path, done, draft))
