"""Break cycles of references that no Struct interrupts: a type alias cannot mention itself."""

from __future__ import annotations

from codegen.document import Schema
from codegen.normalise.draft import Draft, is_object, ref_name, remarks


def break_cycles(draft: Draft) -> None:
    """Replace the reference that closes a cycle of aliases by anything."""
    done: set[str] = set()
    for name in sorted(draft.schemas):
        _visit(name, (), done, draft)


def _visit(name: str, path: tuple[str, ...], done: set[str], draft: Draft) -> None:
    if name not in done and not is_object(draft.schemas[name]):
        draft.schemas[name] = _without(draft.schemas[name], (*path, name), done, draft)
    done.add(name)


def _without(schema: Schema, path: tuple[str, ...], done: set[str], draft: Draft) -> Schema:
    if "$ref" in schema:
        target = ref_name(schema)
        if target in path:
            draft.note("recursion of an alias read as anything", f"components.schemas.{path[-1]}")
            return remarks(schema)
        _visit(target, path, done, draft)
        return schema
    broken = dict(schema)
    if "anyOf" in schema:
        broken["anyOf"] = [_without(member, path, done, draft) for member in schema["anyOf"]]
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            broken[key] = _without(schema[key], path, done, draft) or (key == "additionalProperties" or {})
    return broken
