"""Give every object that stands inside another schema a name, since a Struct has one."""

from __future__ import annotations

from codegen.document import Schema
from codegen.names import pascal
from codegen.normalise.draft import Draft, bare, is_object, ref, remarks


def hoist(draft: Draft) -> None:
    for name in list(draft.schemas):
        draft.schemas[name] = _inside(draft.schemas[name], name, draft)


def _inside(schema: Schema, name: str, draft: Draft) -> Schema:
    """``schema``, which bears a name already, with a name for every object inside."""
    named = dict(schema)
    if "properties" in schema:
        named["properties"] = {
            wire: _named(value, name + pascal(wire), draft) for wire, value in schema["properties"].items()
        }
    if "anyOf" in schema:
        several = sum(is_object(member) for member in schema["anyOf"]) > 1
        named["anyOf"] = [_named(member, name + _variant(member, several), draft) for member in schema["anyOf"]]
    if "items" in schema:
        named["items"] = _named(schema["items"], f"{name}Item", draft)
    if isinstance(schema.get("additionalProperties"), dict):
        named["additionalProperties"] = _named(schema["additionalProperties"], f"{name}Value", draft)
    return named


def _named(schema: Schema, wanted: str, draft: Draft) -> Schema:
    if not is_object(schema):
        return _inside(schema, wanted, draft)
    said = {key: value for key, value in remarks(schema).items() if key != "description"}
    described = {key: value for key, value in schema.items() if key not in said}
    name = draft.add(wanted, {})
    draft.schemas[name] = _inside(described, name, draft)
    draft.note("inline object named", name)
    return {**ref(name), **remarks(schema)}


def _variant(member: Schema, several: bool) -> str:
    """What tells an unnamed member of a union from the others: its tag, if it has one."""
    for value in bare(member).get("properties", {}).values():
        if isinstance(value.get("const"), str):
            return pascal(value["const"])
    return "Variant" if several else ""
