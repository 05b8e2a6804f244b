"""Flatten ``allOf``: one object with the fields of all, since a subclass may not change the type of a field."""

from __future__ import annotations

import copy

from codegen.document import Schema
from codegen.errors import SpecError
from codegen.normalise.draft import Draft
from codegen.schemas import ANY_OBJECT, bare, is_object, mapped, referenced, remarks


def flatten(draft: Draft) -> None:
    """Rewrite every schema so that no ``allOf`` is left."""
    for name in list(draft.schemas):
        draft.schemas[name] = _Flattening(draft, (name,)).flat(draft.schemas[name], f"components.schemas.{name}")
    for name, schema in draft.schemas.items():
        draft.schemas[name] = _with_known_fields(schema, f"components.schemas.{name}", draft)


class _Flattening:
    """Flattens what stands in one schema. ``path``: the schemas that were followed to get there."""

    def __init__(self, draft: Draft, path: tuple[str, ...]) -> None:
        self._draft = draft
        self._path = path

    def flat(self, schema: Schema, place: str) -> Schema:
        if "allOf" in schema:
            return self._all(schema, place)
        return mapped(schema, lambda part, where: self.flat(part, f"{place}.{where}"))

    def _all(self, schema: Schema, place: str) -> Schema:
        said = remarks(schema)
        for part in schema["allOf"]:
            if not bare(part):  # `allOf: [{$ref: ...}, {description: ...}]`
                said = {**part, **said}
        parts = [part for part in schema["allOf"] if bare(part)]
        narrowing = [part for part in parts if not _is_any_object(part)]
        required = [name for part in parts if _is_any_object(part) for name in part.get("required", ())]
        if not parts:
            return said
        if len(narrowing) < 2:
            only = narrowing[0] if narrowing else parts[0]
            if not self._requires_more(only, required, place):
                return {**self.flat(only, place), **said}
        whole = self._expanded(narrowing[0], place)
        for part in narrowing[1:]:
            whole = self._both(whole, self._expanded(part, place), place)
        if required:
            whole = {**whole, "required": [*dict.fromkeys([*whole.get("required", ()), *required])]}
        if is_object(whole):
            self._draft.note("`allOf` flattened", place)
        return {**whole, **said}

    def _requires_more(self, part: Schema, required: list[str], place: str) -> bool:
        """Whether requiring these too makes another object of the only part."""
        if not required:
            return False
        whole: Schema = {} if referenced(part) in self._path else self._expanded(part, place)
        if not is_object(whole):
            self._draft.note("condition left to the server", f"{place}: `required`")
            return False
        return not {*required} <= {*whole["required"]}

    def _expanded(self, part: Schema, place: str) -> Schema:
        """A part with its reference followed, since its content is about to be joined."""
        name = referenced(part)
        if name is None:
            return self.flat(part, place)
        if name in self._path:
            raise SpecError(place, f"`allOf` of {name!r} leads back to itself")
        inner = _Flattening(self._draft, (*self._path, name))
        target = inner._expanded(self._draft.schemas[name], f"components.schemas.{name}")
        return {**copy.deepcopy(target), **remarks(part)}

    def _both(self, left: Schema, right: Schema, place: str) -> Schema:
        """What a value must be to be both."""
        said = {**remarks(left), **remarks(right)}
        if is_object(left) and is_object(right):
            return {**_both_objects(left, right), **said}
        for one, other in ((left, right), (right, left)):
            if not bare(one) or bare(one).items() <= bare(other).items():
                return {**bare(other), **said}
            if is_object(one) and other.get("type") == "object":
                required = [*dict.fromkeys([*one["required"], *other.get("required", ())])]
                return {**bare(one), "required": required, **said}
            if one.get("type") == other.get("type") and one.get("type") in ("string", "integer", "number", "array"):
                return {**bare(one), **bare(other), **said}
            if "anyOf" in one and (left_over := self._narrowed(one["anyOf"], other, place)):
                return {**(left_over[0] if len(left_over) == 1 else {**bare(one), "anyOf": left_over}), **said}
        raise SpecError(place, f"`allOf` of {_kind(left)} and {_kind(right)} is not supported")

    def _narrowed(self, members: list[Schema], other: Schema, place: str) -> list[Schema]:
        """Each member of a union and what stands beside the union, without the members that this rules out."""
        left_over: list[Schema] = []
        for member in members:
            expanded = self._expanded(member, place)
            try:
                narrower = self._both(expanded, other, place)
            except SpecError:
                continue
            left_over.append(member if "$ref" in member and bare(narrower) == bare(expanded) else narrower)
        return left_over


def _both_objects(left: Schema, right: Schema) -> Schema:
    properties: dict[str, Schema] = dict(left["properties"])
    for name, value in right["properties"].items():
        # A second part may only document the field anew.
        shape = bare(value) or bare(properties.get(name, {}))
        properties[name] = {**shape, **remarks(properties.get(name, {})), **remarks(value)}
    both: Schema = {
        "type": "object",
        "properties": properties,
        "required": list(dict.fromkeys([*left["required"], *right["required"]])),
    }
    if left.get("additionalProperties") is False and right.get("additionalProperties") is False:
        both["additionalProperties"] = False
    return both


def _is_any_object(part: Schema) -> bool:
    """Whether a part says no more of an object than, at most, which fields it must have."""
    return {key: value for key, value in bare(part).items() if key != "required"} == ANY_OBJECT


def _with_known_fields(schema: Schema, place: str, draft: Draft) -> Schema:
    """Require only what is there. Not to be told before, since one part may require the fields of another."""
    known = mapped(schema, lambda part, where: _with_known_fields(part, f"{place}.{where}", draft))
    if is_object(schema):
        for name in schema["required"]:
            if name not in schema["properties"]:
                draft.note("required field that does not exist", f"{place}: `{name}`")
        known["required"] = [name for name in schema["required"] if name in schema["properties"]]
    elif known.pop("required", None):
        draft.note("condition left to the server", f"{place}: `required`")
    return known


def _kind(schema: Schema) -> str:
    return "a union" if "anyOf" in schema else f"{schema.get('type', 'anything')!r}"
