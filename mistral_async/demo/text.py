"""What a message says in words."""

from __future__ import annotations

from collections.abc import Sequence

from mistral_async import UnsetType
from mistral_async.models import ContentChunk, TextChunk


def text_of(content: str | Sequence[ContentChunk] | UnsetType | None) -> str:
    """The text of a message, whose content is text, or chunks of which some are text, or not there."""
    if isinstance(content, str):
        return content
    return "".join(chunk.text for chunk in content or () if isinstance(chunk, TextChunk))
