"""Rewrite unions so that msgspec can decode them: at most one string, one array, and objects with tags."""

from __future__ import annotations

from codegen.document import Schema
from codegen.names import part_name
from codegen.normalise.draft import Draft
from codegen.normalise.merging import Merging
from codegen.normalise.scalars import merge_numbers, merge_strings
from codegen.normalise.tags import Tags
from codegen.schemas import ANY_OBJECT, COMPONENT, bare, is_object, mapped, reference, referenced, remarks


def settle(draft: Draft, roots: list[str]) -> None:
    """``roots``: schemas that operations name."""
    tags = Tags(draft, roots)
    Unions(draft, tags).settle_all()
    tags.write()


class Unions:
    def __init__(self, draft: Draft, tags: Tags) -> None:
        self._draft = draft
        self._tags = tags
        self._merging = Merging(draft)
        self._settled: set[str] = set()

    def settle_all(self) -> None:
        for name in sorted(self._draft.schemas):
            self._settle_named(name)
        # Merging makes new schemas, whose fields may be unions again.
        while added := sorted((self._draft.schemas.keys() - self._settled) | self._merging.changed):
            self._merging.changed.clear()
            self._settled -= set(added)
            for name in added:
                self._settle_named(name)

    def _settle_named(self, name: str) -> None:
        if name in self._settled:
            return
        self._settled.add(name)
        self._draft.schemas[name] = self._settle(self._draft.schemas[name], name, name)

    def _settle(self, schema: Schema, wanted: str, component: str | None = None) -> Schema:
        """``wanted``: the name for a schema that has to be made. ``component``: set where ``schema`` is a whole one."""
        if "anyOf" in schema:
            return {**self._union(schema, wanted, component), **remarks(schema)}
        return mapped(schema, lambda part, where: self._settle(part, part_name(wanted, where)))

    def _leaves(self, union: Schema, discriminators: list[Schema]) -> list[Schema]:
        """The members of a union, of unions inside it and of unions it refers to."""
        if "discriminator" in union:
            discriminators.append(union["discriminator"])
        leaves: list[Schema] = []
        for member in union["anyOf"]:
            while (name := referenced(member)) and not is_object(self._draft.schemas[name]):
                self._settle_named(name)
                target = self._draft.schemas[name]
                if "$ref" not in target and "anyOf" not in target:
                    break
                member = target
            found = self._leaves(member, discriminators) if "anyOf" in member else [bare(member)]
            leaves += [leaf for leaf in found if leaf not in leaves]
        return leaves

    def _union(self, union: Schema, wanted: str, component: str | None) -> Schema:
        discriminators: list[Schema] = []
        leaves = self._leaves(union, discriminators)
        groups: dict[str, list[Schema]] = {}
        for leaf in leaves:
            groups.setdefault(self._kind(leaf), []).append(leaf)
        if "any" in groups:
            self._draft.note("union with anything read as anything", wanted)
            return {}
        rewritten: list[Schema] = []
        discriminator: Schema = {}
        for kind, members in groups.items():
            if kind == "string":
                rewritten.append(merge_strings(members, self._draft, wanted))
            elif kind in ("integer", "number"):
                rewritten.append(merge_numbers(members, self._draft, wanted, beside_number="number" in groups))
            elif kind == "array":
                rewritten.append(self._array(members, wanted))
            elif kind == "object":
                alone = component if len(groups) == 1 else None
                objects, discriminator = self._objects(members, discriminators, wanted, alone)
                rewritten += objects
            else:
                rewritten.append(members[0])
        if len(rewritten) == 1:
            return rewritten[0]
        if rewritten == leaves:
            rewritten = self._as_written(union)
        return {"anyOf": rewritten, **({"discriminator": discriminator} if discriminator else {})}

    def _as_written(self, union: Schema) -> list[Schema]:
        """Members with their references kept, for readers; nested unions without a name are opened."""
        members: list[Schema] = []
        for member in union["anyOf"]:
            for opened in self._as_written(member) if "anyOf" in member else [bare(member)]:
                if opened not in members:
                    members.append(opened)
        return members

    def _kind(self, leaf: Schema) -> str:
        resolved = self._draft.resolve(leaf, "")
        return str(resolved["type"]) if "type" in resolved else "any"

    def _array(self, arrays: list[Schema], wanted: str) -> Schema:
        resolved = [self._draft.resolve(array, wanted) for array in arrays]
        if len(arrays) == 1:
            return arrays[0] if "$ref" in arrays[0] else self._settle(arrays[0], wanted)
        self._draft.note("arrays merged", wanted)
        items = [bare(array["items"]) for array in resolved]
        merged = self._settle({"anyOf": items}, f"{wanted}Item")
        same = {key: value for key, value in resolved[0].items() if all(other.get(key) == value for other in resolved)}
        return {**same, "type": "array", "items": merged}

    def _objects(
        self, members: list[Schema], discriminators: list[Schema], wanted: str, component: str | None
    ) -> tuple[list[Schema], Schema]:
        structs = [member for member in members if is_object(self._draft.resolve(member, wanted))]
        maps = [member for member in members if member not in structs]
        if structs and maps:
            self._draft.note("objects of known and of unknown fields merged into a map", wanted)
            return [ANY_OBJECT], {}
        if len(maps) == 1:
            return [maps[0] if "$ref" in maps[0] else self._settle(maps[0], wanted)], {}
        if maps:
            self._draft.note("maps merged", wanted)
            values = [self._draft.resolve(one, wanted)["additionalProperties"] for one in maps]
            if True in values:
                return [ANY_OBJECT], {}
            merged = self._settle({"anyOf": values}, f"{wanted}Value")
            return [{"type": "object", "additionalProperties": merged or True}], {}
        names = [name for struct in structs if (name := referenced(struct))]
        tagged = self._tags.apart(names, discriminators, wanted)
        if tagged is not None:
            return [reference(name) for name in tagged[1].values()], _discriminator(*tagged)
        if len(names) == 1:
            return structs, {}
        return [self._merging.merge(names, wanted, component)], {}


def _discriminator(field: str, tags: dict[str, str]) -> Schema:
    if len(tags) == 1:
        return {}
    return {"propertyName": field, "mapping": {tag: f"{COMPONENT}{name}" for tag, name in tags.items()}}
