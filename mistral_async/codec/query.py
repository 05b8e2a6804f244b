"""Query parameters, as OpenAPI's ``style: form, explode: true`` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from mistral_async.codec.shapes import is_array, is_object


def encode_query(parameters: Mapping[str, Any]) -> str:
    """The query component, percent-encoded, without its ``?``.

    A list repeats its name, an object's keys become parameters of their own, None is left out.

    Source: OpenAPI 3.1, "Style Values"; RFC 3986 section 3.4.
    """
    return "&".join(f"{_escape(name)}={_escape(text)}" for name, text in _pairs(parameters))


def _pairs(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in parameters.items():
        if is_object(value):
            yield from _pairs(value)
        elif is_array(value):
            yield from ((name, to_text(item)) for item in value if item is not None)
        elif value is not None:
            yield name, to_text(value)


def to_text(value: Any) -> str:
    """A scalar as a parameter or form field writes it: booleans as JSON does."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _escape(text: str) -> str:
    return quote(text, safe="")
