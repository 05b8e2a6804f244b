"""What a scene gets, and what a scene is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from rich.console import Console

from mistral_async import MistralClient

AT_ONCE = 64  # chat completions under way at the same time, where nobody says otherwise


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Everything a scene works with."""

    client: MistralClient
    console: Console
    prompts: Traversable  # JSONL: one {"custom_id": ..., "body": ...} a line
    at_once: int = AT_ONCE  # chat completions under way at the same time
    live: bool = False  # against the real API, where every token costs


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One thing the SDK does."""

    name: str  # for --only
    title: str
    code: str  # the call that makes the scene, as one would write it
    play: Callable[[Stage], Awaitable[None]]
    not_live: str | None = None  # why it is left out of --live


class SceneFailed(Exception):
    """The scene ran to its end, and not everything in it went well."""


CHAT_MODEL = "mistral-small-latest"
EMBEDDING_MODEL = "mistral-embed"
MODERATION_MODEL = "mistral-moderation-latest"
OCR_MODEL = "mistral-ocr-latest"
