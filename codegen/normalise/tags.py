"""Tell the objects of a union apart by a tag, where the document gives one."""

from __future__ import annotations

import copy

from codegen.document import Schema
from codegen.names import pascal
from codegen.normalise.draft import Draft
from codegen.normalise.scalars import values
from codegen.schemas import COMPONENT, is_object, mapped, parts, referenced, remarks

# What documents use for a tag, where more than one field would do.
_USUAL = ("type", "role", "event_type", "kind", "object")


class Tags:
    """The tag of every schema that bears one. msgspec allows one tag to a Struct."""

    def __init__(self, draft: Draft, roots: list[str]) -> None:
        self._draft = draft
        self._tags: dict[str, tuple[str, str]] = {}  # schema -> field, tag
        self._copies: dict[tuple[str, str, str], str] = {}
        self._alone = self._used_alone(roots)
        self._reserve_declared()

    def apart(self, names: list[str], discriminators: list[Schema], place: str) -> tuple[str, dict[str, str]] | None:
        """The field that tells these schemas apart, and the schema of each tag; None where nothing does."""
        for field in sorted({str(one["propertyName"]) for one in discriminators}):
            if not self._may_be_text(names, field):
                self._draft.note("discriminator that is no text left out", f"{place}: `{field}`")
        choice = self._declared(names, discriminators) or (self._inferred(names) if len(names) > 1 else None)
        if choice is None:
            return None
        field, tags_of = choice
        if not discriminators or all(field != one["propertyName"] for one in discriminators):
            self._draft.note("discriminator added", f"{place}: `{field}`")
        members: dict[str, str] = {}
        for name, tags in tags_of.items():
            for tag in tags:
                members[tag] = (
                    name if len(tags) == 1 and self._bears(name, field, tag) else self._copy(name, field, tag)
                )
        return field, members

    def write(self) -> None:
        """Make the tag a constant of its schema, and every other constant an open enum."""
        for name, schema in self._draft.schemas.items():
            field, tag = self._tags.get(name, ("", ""))
            self._draft.schemas[name] = _opened(schema, f"properties.{field}" if field else "")
            if field:
                self._write_tag(self._draft.schemas[name], field, tag, name)

    def _write_tag(self, schema: Schema, field: str, tag: str, name: str) -> None:
        said = remarks(schema["properties"].get(field, {}))
        said.pop("default", None)
        if field not in schema["properties"]:
            self._draft.note("tag field added", f"{name}: `{field}`")
        elif field not in schema["required"]:
            self._draft.note("tag field made required", f"{name}: `{field}`")
        first = {field: {"type": "string", "const": tag, **said}}
        schema["properties"] = first | {key: value for key, value in schema["properties"].items() if key != field}
        schema["required"] = [field, *(key for key in schema["required"] if key != field)]

    def _declared(self, names: list[str], discriminators: list[Schema]) -> tuple[str, dict[str, list[str]]] | None:
        for field in dict.fromkeys(str(one["propertyName"]) for one in discriminators):
            mapping: dict[str, list[str]] = {}
            for one in discriminators:
                if one["propertyName"] == field:
                    for tag, target in one["mapping"].items():
                        mapping.setdefault(str(target).removeprefix(COMPONENT), []).append(tag)
            tags_of: dict[str, list[str]] = {}
            for name in names:
                own = self._listed(name, field)
                # Without a mapping the tag is the schema's name (OpenAPI 3.1.1 section 4.8.25).
                tags_of[name] = list(dict.fromkeys(mapping.get(name) or own or ([] if mapping else [name])))
            if _distinct(tags_of) and self._may_be_text(names, field):
                return field, tags_of
        return None

    def _may_be_text(self, names: list[str], field: str) -> bool:
        """Whether this field of these schemas can be a tag: only text is one to a Struct here."""
        fields = [self._draft.resolve(self._fields(name).get(field, {}), name) for name in names]
        forms = [[self._draft.resolve(form, field) for form in one.get("anyOf", [one])] for one in fields]
        return all(any(form.get("type", "string") == "string" for form in one) for one in forms)

    def _inferred(self, names: list[str]) -> tuple[str, dict[str, list[str]]] | None:
        shared = [field for field in self._fields(names[0]) if all(field in self._fields(name) for name in names)]
        choices = [(field, {name: self._listed(name, field) for name in names}) for field in shared]
        good = [(field, tags) for field, tags in choices if _distinct(tags) and all(len(t) == 1 for t in tags.values())]

        def unusual(choice: tuple[str, dict[str, list[str]]]) -> tuple[int, int, str]:
            field, _ = choice
            strangers = sum(self._tags.get(name, (field,))[0] != field for name in names)
            return strangers, _USUAL.index(field) if field in _USUAL else len(_USUAL), field

        return min(good, key=unusual, default=None)

    def _fields(self, name: str) -> dict[str, Schema]:
        fields: dict[str, Schema] = self._draft.schemas[name]["properties"]
        return fields

    def _listed(self, name: str, field: str) -> list[str]:
        schema = self._fields(name).get(field)
        listed = [] if schema is None else values(self._draft.resolve(schema, name))
        return listed if all(isinstance(value, str) for value in listed) else []

    def _bears(self, name: str, field: str, tag: str) -> bool:
        """Give the schema this tag, if it has no other and is not used where it may come without."""
        if name in self._tags:
            return self._tags[name] == (field, tag)
        if name in self._alone and self._listed(name, field) != [tag]:
            return False
        self._tags[name] = field, tag
        return True

    def _copy(self, name: str, field: str, tag: str) -> str:
        key = (name, field, tag)
        if key not in self._copies:
            self._copies[key] = self._draft.add(name + pascal(tag), copy.deepcopy(self._draft.schemas[name]))
            self._tags[self._copies[key]] = field, tag
            self._draft.note("schema copied to bear a tag", f"{self._copies[key]} is {name} with `{field}: {tag}`")
        return self._copies[key]

    def _used_alone(self, roots: list[str]) -> set[str]:
        alone = set(roots)

        def visit(schema: Schema) -> None:
            if target := referenced(schema):
                alone.add(target)
            structs = [
                member
                for member in schema.get("anyOf", ())
                if "$ref" in member and is_object(self._draft.resolve(member, ""))
            ]
            for part in parts(schema):
                if len(structs) < 2 or part not in structs:
                    visit(part)

        for schema in self._draft.schemas.values():
            visit(schema)
        return alone

    def _reserve_declared(self) -> None:
        """What a document declares takes precedence over what is inferred."""

        def visit(schema: Schema) -> None:
            if "discriminator" in schema:
                named = [name for member in schema["anyOf"] if (name := referenced(member))]
                structs = [name for name in named if is_object(self._draft.schemas[name])]
                choice = self._declared(structs, [schema["discriminator"]])
                for name, tags in choice[1].items() if choice else ():
                    if len(tags) == 1:
                        self._bears(name, choice[0] if choice else "", tags[0])
            for part in parts(schema):
                visit(part)

        for name in sorted(self._draft.schemas):
            visit(self._draft.schemas[name])


def _distinct(tags_of: dict[str, list[str]]) -> bool:
    tags = [tag for tags in tags_of.values() for tag in tags]
    return all(tags_of.values()) and len(tags) == len(set(tags))


def _opened(schema: Schema, tag: str) -> Schema:
    """``schema`` with ``const`` left only where it is the tag; ``tag`` names that part of it."""
    opened = mapped(schema, lambda part, where: part if where == tag else _opened(part, ""))
    if "const" in opened:
        opened["enum"] = [opened.pop("const")]
    return opened
