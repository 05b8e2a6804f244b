"""What an operation answers, before it is written to a socket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mistral_async.testing.state.content import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Json:
    """A JSON document, already decided but not yet encoded."""

    content: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    tokens: int = 0  # what the rate limit is charged


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """Bytes as a test scripted them."""

    content: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Server-sent events, each one complete with the empty line that ends it."""

    events: Sequence[bytes]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """The bytes of a stored file."""

    content: Content
    media_type: str = "application/octet-stream"
    status: int = 200
    tokens: int = 0


Reply: TypeAlias = Json | Scripted | Events | Download
