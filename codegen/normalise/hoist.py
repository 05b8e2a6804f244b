"""Give every object that stands inside another schema a name, since a Struct has one."""

from __future__ import annotations

from codegen.document import Schema
from codegen.names import part_name, pascal
from codegen.normalise.draft import Draft
from codegen.schemas import bare, is_object, mapped, reference, remarks


def hoist(draft: Draft) -> None:
    for name in list(draft.schemas):
        draft.schemas[name] = _inside(draft.schemas[name], name, draft)


def _inside(schema: Schema, name: str, draft: Draft) -> Schema:
    """``schema``, which bears a name already, with a name for every object inside."""
    several = sum(is_object(member) for member in schema.get("anyOf", ())) > 1

    def named(part: Schema, where: str) -> Schema:
        wanted = name + _variant(part, several) if where.startswith("anyOf.") else part_name(name, where)
        return _named(part, wanted, draft)

    return mapped(schema, named)


def _named(schema: Schema, wanted: str, draft: Draft) -> Schema:
    if not is_object(schema):
        return _inside(schema, wanted, draft)
    said = {key: value for key, value in remarks(schema).items() if key != "description"}
    described = {key: value for key, value in schema.items() if key not in said}
    name = draft.add(wanted, {})
    draft.schemas[name] = _inside(described, name, draft)
    draft.note("inline object named", name)
    return {**reference(name), **remarks(schema)}


def _variant(member: Schema, several: bool) -> str:
    """What tells an unnamed member of a union from the others: its tag, if it has one."""
    for value in bare(member).get("properties", {}).values():
        if isinstance(value.get("const"), str):
            return pascal(value["const"])
    return "Variant" if several else ""
