"""The operations as far as they can be known before their schemas are normalised."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from codegen.document import PathParameter
from codegen.normalise.components import Names
from codegen.normalise.draft import Draft
from codegen.normalise.media import Answers, Body, Media
from codegen.normalise.parameters import parameters_object, path_parameters
from codegen.normalise.paths import RawOperation
from codegen.schemas import referenced
from codegen.shapes import is_mapping

# RFC 9110 section 9.2.2.
_IDEMPOTENT = ("get", "head", "options", "trace", "put", "delete")


@dataclass(kw_only=True)
class Sketch:
    """An operation whose schemas have names but no final form yet."""

    raw: RawOperation
    path_parameters: tuple[PathParameter, ...]
    query: str | None
    headers: str | None
    body: Body | None
    answers: Answers
    flag: str | None = None
    end: str | None = None
    repeatable: bool
    pages: dict[str, Any] | None
    files: tuple[str, ...] = ()
    required_files: tuple[str, ...] = ()
    file_descriptions: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def sent(self) -> list[str]:
        """Names of the schemas of what is sent."""
        body = self.body.schema if self.body else None
        return [name for name in (self.query, self.headers, body) if name]

    @property
    def received(self) -> list[str]:
        return [name for name in (self.answers.json, self.answers.events, *self.answers.errors) if name]

    def follow_aliases(self, draft: Draft) -> None:
        """Let the body be the object itself, where its schema is another name for one."""
        while self.body is not None and (name := referenced(draft.schemas[self.body.schema])):
            self.body.schema = name


def sketch(raw: RawOperation, media: Media, names: Names, draft: Draft) -> Sketch:
    spec = raw.spec
    answers = media.answers(raw)
    drawn = Sketch(
        raw=raw,
        path_parameters=path_parameters(raw, names, draft),
        query=parameters_object(raw, "query", f"{raw.name}Query", names, draft),
        headers=parameters_object(raw, "header", f"{raw.name}Headers", names, draft),
        body=media.body(raw),
        answers=answers,
        repeatable=bool(spec.get("x-mistral-repeatable", raw.method in _IDEMPOTENT)),
        pages=spec.get("x-mistral-pages"),
    )
    if spec.get("x-mistral-download") is True:
        answers.download, answers.json = True, None
    events = spec.get("x-mistral-events")
    if is_mapping(events):
        drawn.flag, drawn.end = events.get("flag"), events.get("end")
        if "event" in events:
            answers.events = names.of(events["event"], f"{raw.place}.x-mistral-events.event")
    return drawn
