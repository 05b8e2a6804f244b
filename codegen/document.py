"""The normalised document: what every emitter reads, and nothing else does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema in the few forms that normalising leaves:

- ``{"$ref": "#/components/schemas/Name"}``
- an object: ``type: object`` with ``properties``, ``required`` and, where closed, ``additionalProperties: false``
- a map: ``type: object`` with ``additionalProperties`` (a schema, or true) and no properties
- ``type: array`` with ``items``; ``string`` (binary: with ``format: binary``), ``integer``,
  ``number``, ``boolean``, ``null``
- an enum: ``type: string`` (or integer) with ``enum``: every enum of strings is open, whatever it lists
- a tag: ``type: string`` with ``const``
- ``anyOf``: members of the forms above, never nested; with ``discriminator`` (propertyName and mapping) where tags tell
  them apart
- ``{}``: anything

Besides: ``description``, ``default``, limits (``minimum`` ... ``maxItems``), ``deprecated``, and ``x-mistral-*``.
"""

DATE_TIME = "x-mistral-date-time"
"""Marks a parameter that the document gives the format ``date-time``: it may be passed as a ``datetime``."""


@dataclass(frozen=True, kw_only=True)
class PathParameter:
    name: str  # wire name, such as "model_id"
    description: str
    integer: bool = False  # the schema takes an integer: the item accepts int as well as str


@dataclass(frozen=True, kw_only=True)
class EventsSpec:
    schema: str  # name of the event's schema
    flag: str | None
    end: str | None


@dataclass(frozen=True, kw_only=True)
class PagesSpec:
    """Fields of the answer are given in Python names, dots lead into nested objects."""

    items: str  # Python name
    by: str  # "page", "offset" or "cursor"
    parameter: str  # Python name
    first: int = 0
    total: str | None = None  # Python name
    next: str | None = None  # Python name


@dataclass(frozen=True, kw_only=True)
class OperationSpec:
    """One operation, its twins (paths that differ after a ``#``) folded into it. Schemas are given by name."""

    method: str  # upper case
    path: str  # without fragment
    operation_id: str
    summary: str
    description: str
    deprecated: bool
    path_parameters: tuple[PathParameter, ...]
    query: str | None  # schema of the query parameters (an object made by normalising)
    headers: str | None
    body: str | None  # any schema; multipart: an object of the fields that are no files
    body_required: bool
    files: tuple[str, ...]  # multipart fields (wire names) that hold a file; empty: the body is JSON
    required_files: tuple[str, ...]
    file_descriptions: dict[str, str]
    multipart: bool
    answer: str | None
    events: EventsSpec | None
    pages: PagesSpec | None
    download: bool
    accept: str
    repeatable: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, kw_only=True)
class Document:
    """A whole normalised document."""

    title: str
    version: str
    schemas: dict[str, Schema]  # by name; names are valid class names; sorted
    modules: dict[str, str]  # schema name -> module below models/ and params/ ("chat", "files", ..., "shared")
    requests: frozenset[str]  # names reachable from a request
    answers: frozenset[str]  # names reachable from an answer
    operations: tuple[OperationSpec, ...]  # in the document's order
    field_names: dict[str, dict[str, str]]  # schema name -> wire name -> Python name, of every object schema
    rewrites: dict[str, list[str]] = field(default_factory=dict[str, list[str]])  # rule -> places, for the report
