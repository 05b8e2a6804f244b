"""Read what an operation takes and gives: its body, its answers, by media type."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from codegen.errors import SpecError
from codegen.names import pascal
from codegen.normalise.components import Names
from codegen.normalise.draft import Draft
from codegen.normalise.paths import RawOperation, follow
from codegen.shapes import is_list, is_mapping, mapping


@dataclass(kw_only=True)
class Body:
    schema: str  # class name
    required: bool
    multipart: bool


@dataclass(kw_only=True)
class Answers:
    """What comes with a status of success."""

    json: str | None = None  # class name
    events: str | None = None  # class name
    download: bool = False
    accept: str = "application/json"
    errors: list[str] = field(default_factory=list[str])  # class names of what comes with other statuses


class Media:
    """Names the schemas of bodies and answers."""

    def __init__(self, document: dict[str, Any], names: Names, draft: Draft) -> None:
        self._document = document
        self._names = names
        self._draft = draft

    def body(self, operation: RawOperation) -> Body | None:
        place = f"{operation.place}.requestBody"
        if "requestBody" not in operation.spec:
            return None
        raw = follow(self._document, operation.spec["requestBody"], place)
        content = _content(raw, place)
        media = next((kind for kind in content if _is_json(kind)), None)
        media = media or next((kind for kind in content if kind.startswith("multipart/form-data")), None)
        if media is None:
            raise SpecError(place, f"a body of {' or '.join(content) or 'no media type'} is not supported")
        for other in content:
            if other != media:
                self._draft.note("media type left out", f"{place}: `{other}`")
        here = f"{place}.content.{media}"
        schema, nullable = _without_null(mapping(content[media], here).get("schema", {}))
        return Body(
            schema=self.named(schema, f"{operation.name}Request", f"{here}.schema"),
            required=raw.get("required") is True and not nullable,
            multipart=not _is_json(media),
        )

    def answers(self, operation: RawOperation) -> Answers:
        place = f"{operation.place}.responses"
        found = Answers()
        json: list[tuple[Any, str, str]] = []
        others: list[str] = []
        empty = False
        for status, raw in mapping(operation.spec.get("responses", {}), place).items():
            here = f"{place}.{status}"
            content = _content(follow(self._document, raw, here), here)
            if not status.startswith("2"):
                found.errors += self._referenced(content, here)
                continue
            empty = empty or not content
            for media, value in content.items():
                inner = f"{here}.content.{media}"
                value = mapping(value, inner)
                if _is_json(media):
                    json.append((value.get("schema", {}), f"{inner}.schema", status))
                elif media.startswith("text/event-stream"):
                    key = "itemSchema" if "itemSchema" in value else "schema"
                    found.events = self.named(value.get(key, {}), f"{operation.name}Event", f"{inner}.{key}")
                else:
                    others.append(media)
        if json:
            for media in others:
                self._draft.note("media type left out", f"{place}: `{media}`")
            found.json = self._answer(json, empty, operation)
        elif others:
            found.download = True
            found.accept = ", ".join(dict.fromkeys(others))
        elif found.events:
            found.accept = "text/event-stream"
        return found

    def named(self, schema: Any, wanted: str, place: str) -> str:
        """The class name of a schema: the one it refers to, or a new one."""
        if is_mapping(schema) and "$ref" in schema and schema.keys() <= {"$ref", "description", "title"}:
            return self._names.of(schema["$ref"], place)
        return self._names.add_inline(wanted, schema, place)

    def _answer(self, schemas: list[tuple[Any, str, str]], empty: bool, operation: RawOperation) -> str:
        """One schema for all statuses; an answer without content is null."""
        place = f"{operation.place}.responses"
        whole = f"{operation.name}Response"
        different = [one for index, one in enumerate(schemas) if one[0] not in [other[0] for other in schemas[:index]]]
        if len(different) == 1 and not empty:
            return self.named(different[0][0], whole, different[0][1])
        if empty:
            self._draft.note("answer that may be empty", place)
        if len(different) > 1:
            self._draft.note("answers of several statuses read as a union", place)
        names = [self.named(schema, f"{whole}{pascal(status)}", where) for schema, where, status in different]
        union: list[Any] = [self._names.reference(name) for name in dict.fromkeys(names)]
        return self._names.add_inline(whole, {"anyOf": [*union, *([{"type": "null"}] if empty else [])]}, place)

    def _referenced(self, content: dict[str, Any], place: str) -> list[str]:
        names: list[str] = []
        for media, value in content.items():
            schema = value.get("schema") if is_mapping(value) else None
            if _is_json(media) and is_mapping(schema) and "$ref" in schema:
                names.append(self._names.of(schema["$ref"], f"{place}.content.{media}.schema"))
        return names


def _content(holder: dict[str, Any], place: str) -> dict[str, Any]:
    return mapping(holder.get("content", {}), f"{place}.content")


def _is_json(media: str) -> bool:
    kind = media.partition(";")[0].strip().lower()
    return kind in ("application/json", "*/*", "application/*") or kind.endswith("+json")


def _without_null(schema: Any) -> tuple[Any, bool]:
    """A body that may be null is one that may be left out."""
    for key in ("anyOf", "oneOf"):
        members = schema.get(key) if is_mapping(schema) else None
        if is_list(members):
            rest = [member for member in members if member != {"type": "null"}]
            if len(rest) == 1 and len(members) == 2:
                return rest[0], True
    return schema, False
