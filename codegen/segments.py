"""Python names for the segments of a URL: attributes, items, classes, constants."""

from __future__ import annotations

import re
from keyword import iskeyword


def identifier(segment: str) -> str:
    """The Python name of a segment."""
    name = re.sub(r"\W", "_", segment)
    name = f"_{name}" if name[:1].isdigit() else name
    return f"{name}_" if iskeyword(name) else name


def joined(names: list[str]) -> str:
    """One name for a path parameter that has several: ``user_id`` and ``user_name`` give ``user_id_or_name``."""
    alternatives = [alternative for name in names for alternative in name.split("_or_")]
    first = alternatives[0].split("_")
    found = [alternatives[0]]
    for alternative in alternatives[1:]:
        words = alternative.split("_")
        shared = 0
        while shared < min(len(words) - 1, len(first)) and words[shared] == first[shared]:
            shared += 1
        rest = "_".join(words[shared:])
        if alternative not in found and rest not in found:
            found.append(rest)
    return "_or_".join(found)


def resource_name(words: tuple[str, ...]) -> str:
    """``ModelsItem`` for ``("models", "[]")``."""
    parts = ("Item" if word == "[]" else word for word in words)
    name = "".join(part[:1].upper() + part[1:] for word in parts for part in word.split("_"))
    name = f"{name}_" if iskeyword(name) else name  # such as None
    return f"_{name}" if name[:1].isdigit() else name or "Resources"


def constant_prefix(words: tuple[str, ...]) -> str:
    """``_MODELS_ITEM`` for ``("models", "[]")``."""
    return "".join("_ITEM" if word == "[]" else f"_{word.strip('_').upper()}" for word in words)
