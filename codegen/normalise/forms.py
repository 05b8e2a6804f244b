"""Bring a schema as written, in OpenAPI 3.0 or 3.1, into the few forms that the later passes know."""

from __future__ import annotations

from typing import Any

from codegen.document import Schema
from codegen.errors import SpecError
from codegen.normalise.components import Names
from codegen.normalise.draft import Draft
from codegen.normalise.keywords import KEYWORDS_OF, KNOWN, MISSPELT, NARROWING
from codegen.normalise.limits import limits
from codegen.schemas import ANY_OBJECT, COMPONENT, LIMITS, is_annotation, reference
from codegen.shapes import is_mapping, listing, mapping

_NULL: Schema = {"type": "null"}


class Forms:
    """Reads schemas of one document."""

    def __init__(self, names: Names, draft: Draft) -> None:
        self._names = names
        self._draft = draft
        self.formats: dict[str, int] = {}

    def read(self, raw: Any, place: str) -> Schema:
        """``raw`` in the forms of ``codegen.document.Schema``, and ``allOf`` besides."""
        if raw is True:
            return {}
        schema = mapping(raw, place)
        self._refuse_unknown(schema, place)
        said = {key: value for key, value in schema.items() if is_annotation(key) and not _foreign(key)}
        if "description" in said:
            said["description"] = str(said["description"]).strip()
        for key in sorted(NARROWING & schema.keys()):
            self._draft.note("condition left to the server", f"{place}: `{key}`")
        parts = self._parts(schema, place)
        if schema.get("nullable") is True and parts:
            inner = parts[0] if len(parts) == 1 else {"allOf": parts}
            parts = [{"anyOf": [*inner.get("anyOf", [inner]), _NULL]} | _only(inner, "discriminator")]
        if not parts:
            return said
        if len(parts) > 1:
            return {"allOf": parts, **said}
        return {**parts[0], **said}

    def _refuse_unknown(self, schema: Schema, place: str) -> None:
        for key in schema:
            if key not in KNOWN and not is_annotation(key):
                raise SpecError(place, f"the schema keyword `{key}` is not supported")

    def _parts(self, schema: Schema, place: str) -> list[Schema]:
        """What a value must be, each part in addition to the others."""
        parts: list[Schema] = []
        if "$ref" in schema:
            parts.append(reference(self._names.of(schema["$ref"], place)))
        if "allOf" in schema:
            parts += [
                self.read(part, f"{place}.allOf.{index}")
                for index, part in enumerate(listing(schema["allOf"], f"{place}.allOf"))
            ]
        for key in ("anyOf", "oneOf"):
            if key in schema:
                parts.append(self._union(schema, key, place))
        if "const" in schema or "enum" in schema:
            parts.append(self._enum(schema, place))
        elif (own := self._typed(schema, place)) is not None and not (parts and own == ANY_OBJECT):
            parts.append(own)
        return parts

    def _union(self, schema: Schema, key: str, place: str) -> Schema:
        raw = listing(schema[key], f"{place}.{key}")
        if all(_only_required(member) for member in raw):
            self._draft.note("condition left to the server", f"{place}: `{key}` of required fields")
            return {}
        union: Schema = {"anyOf": [self.read(member, f"{place}.{key}.{index}") for index, member in enumerate(raw)]}
        if "discriminator" in schema:
            union["discriminator"] = self._discriminator(schema["discriminator"], f"{place}.discriminator")
        return union

    def _discriminator(self, raw: Any, place: str) -> Schema:
        raw = mapping(raw, place)
        if not isinstance(raw.get("propertyName"), str):
            raise SpecError(place, "has no `propertyName`")
        tags: dict[str, str] = {}
        for tag, target in mapping(raw.get("mapping", {}), f"{place}.mapping").items():
            refers_to = target if isinstance(target, str) and "#" in target else f"{COMPONENT}{target}"
            tags[tag] = self._names.of(refers_to, f"{place}.mapping.{tag}")
        return {"propertyName": raw["propertyName"], "mapping": tags}

    def _enum(self, schema: Schema, place: str) -> Schema:
        if "const" in schema and isinstance(schema["const"], str):
            return {"type": "string", "const": schema["const"]}
        values = [schema["const"]] if "const" in schema else listing(schema["enum"], f"{place}.enum")
        if not values:
            raise SpecError(f"{place}.enum", "lists no value")
        members: list[Schema] = []
        texts = list(dict.fromkeys(value for value in values if isinstance(value, str)))
        numbers = list(dict.fromkeys(value for value in values if type(value) is int))
        if texts:
            members.append({"type": "string", "enum": texts})
        if any(isinstance(value, bool) for value in values):
            self._draft.note("enum of booleans read as boolean", place)
            members.append({"type": "boolean"})
        if any(isinstance(value, float) for value in values):
            self._draft.note("enum of numbers read as number", place)
            members.append({"type": "number"})
        elif numbers:
            fit = all(abs(number) < 2**63 for number in numbers)  # to msgspec
            members.append({"type": "integer", "enum": numbers} if fit else {"type": "integer"})
        if None in values:
            members.append(_NULL)
        if any(isinstance(value, (dict, list)) for value in values):
            self._draft.note("enum of objects or arrays read as anything", place)
            return {}
        return members[0] if len(members) == 1 else {"anyOf": members}

    def _typed(self, schema: Schema, place: str) -> Schema | None:
        types = schema.get("type")
        if types is None:
            types = [kind for kind, keys in KEYWORDS_OF.items() if any(key in schema for key in keys)]
            # Limits on lengths or numbers alone are no statement about the type.
            types = [kind for kind in types if kind in ("object", "array")][:1]
            if not types:
                for key in sorted(schema.keys() & set(LIMITS)):
                    self._draft.note("limit left to the server", f"{place}: `{key}`")
                return None
        members = [
            self._one(kind, schema, place) for kind in ([types] if isinstance(types, str) else listing(types, place))
        ]
        if not members:
            raise SpecError(f"{place}.type", "lists no type")
        return members[0] if len(members) == 1 else {"anyOf": members}

    def _one(self, kind: Any, schema: Schema, place: str) -> Schema:
        if isinstance(kind, str) and kind in MISSPELT:
            self._draft.note("type under another name", f"{place}: `{kind}`")
            kind = MISSPELT[kind]
        if not isinstance(kind, str) or kind not in KEYWORDS_OF:
            raise SpecError(place, f"the type {kind!r} is not supported")
        read: Schema = {"type": kind, **limits(kind, schema, place, self._draft)}
        if kind == "object":
            read |= self._object(schema, place)
        elif kind == "array":
            read["items"] = self._items(schema, place)
        elif kind == "string" and _is_binary(schema):
            read["format"] = "binary"
        elif "format" in schema and kind == "string":
            self.formats[str(schema["format"])] = self.formats.get(str(schema["format"]), 0) + 1
        return read

    def _object(self, schema: Schema, place: str) -> Schema:
        extra = schema.get("additionalProperties", True)
        properties = mapping(schema.get("properties", {}), f"{place}.properties")
        required = list(dict.fromkeys(map(str, listing(schema.get("required", []), f"{place}.required"))))
        if not properties and extra is not False:
            values = self.read(extra, f"{place}.additionalProperties")
            # A part of `allOf` may require the fields of others: that is looked at when all are known.
            return {"additionalProperties": values or True, **({"required": required} if required else {})}
        read: Schema = {
            "properties": {
                name: self.read(value, f"{place}.properties.{name}")
                for name, value in properties.items()
                if value is not False
            }
        }
        read["required"] = required
        if extra is False:
            read["additionalProperties"] = False
        elif "additionalProperties" in schema:
            self._draft.note("fields beyond the named ones are not read", place)
        return read

    def _items(self, schema: Schema, place: str) -> Schema:
        items = schema.get("items", True)
        rest: Schema = {} if items is False else self.read(items, f"{place}.items")
        if "prefixItems" not in schema:
            return rest
        self._draft.note("items by position read as a union", place)
        first = [
            self.read(item, f"{place}.prefixItems.{index}")
            for index, item in enumerate(listing(schema["prefixItems"], f"{place}.prefixItems"))
        ]
        return {"anyOf": [*first, *([rest] if rest else [])]}


def _foreign(key: str) -> bool:
    return key.startswith("x-") and not key.startswith("x-mistral-")


def _is_binary(schema: Schema) -> bool:
    # OpenAPI 3.0 says it with the format, 3.1 with the media type of the content.
    return schema.get("format") == "binary" or (
        schema.get("contentMediaType") == "application/octet-stream" and "contentEncoding" not in schema
    )


def _only_required(member: Any) -> bool:
    return is_mapping(member) and member.keys() == {"required"}


def _only(schema: Schema, key: str) -> Schema:
    return {key: schema[key]} if key in schema else {}
