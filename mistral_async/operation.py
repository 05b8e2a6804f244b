"""What the generator knows of an operation, as data. The engine interprets it."""

from __future__ import annotations

from typing import Literal

import msgspec


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """How an operation streams server-sent events."""

    type: str  # the event's model, "module.Name" below mistral_async.models
    flag: str | None = None  # body field that asks for the stream; None where the operation always streams
    end: str | None = None  # data of the event that ends the stream; None where the stream just ends


class Pages(msgspec.Struct, frozen=True, kw_only=True):
    """How a list is asked for page by page."""

    items: str  # answer field that holds the items
    by: Literal["page", "offset", "cursor"]
    parameter: str  # query parameter (Python name) that asks for a page: its number, its offset, or a cursor
    first: int = 0  # number or offset of the first page
    total: str | None = None  # answer field that counts all items
    next: str | None = None  # answer field that holds the next cursor; dots lead into nested objects


class Operation(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """One operation of the API.

    Models are named as text, ``"module.Name"`` below ``mistral_async.models``: none is loaded before its first use.
    """

    method: str
    path: str  # the template, such as "/v1/models/{model_id}"
    query: str | None = None  # model of the query parameters; its field names are the keyword arguments
    headers: str | None = None  # model of the header parameters, likewise
    body: str | None = None  # model of the body; a multipart body's model holds its fields, files left out
    files: tuple[str, ...] = ()  # multipart fields (wire names) that hold a file
    required_files: tuple[str, ...] = ()
    multipart: bool = False  # the body is a form; else it is JSON
    body_required: bool = False
    answer: str | None = None  # model of the JSON answer; None where there is none
    events: Events | None = None
    pages: Pages | None = None
    download: bool = False  # the answer is bytes
    accept: str = "application/json"  # media types of the answer
    repeatable: bool = False  # may be sent twice

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
