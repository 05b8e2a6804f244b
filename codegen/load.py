"""Read an OpenAPI document, or an overlay, from a YAML or JSON file."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from codegen.errors import SpecError
from codegen.shapes import is_list, is_mapping

# Tag, what its scalars look like, what they begin with; what is none of these is text.
_SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
)


class _Loader(yaml.SafeLoader):
    """PyYAML reads YAML 1.1, where ``1e-08`` is no number and ``2026-01-01`` no text. OpenAPI asks for 1.2.

    Source: YAML 1.2.2 section 10.3.2 (the core schema's scalars).
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen and key.tag != "tag:yaml.org,2002:merge":
                raise ConstructorError(None, None, f"the key {key.value!r} twice", key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)

    def construct_integer(self, node: yaml.ScalarNode) -> int:
        text = str(self.construct_scalar(node))
        # YAML 1.1 would take 0123 for octal and 1:30 for a time.
        return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """By the first character of a scalar, as PyYAML wants them."""
    # "<<" is no part of 1.2, but documents use it.
    found = {"<": [("tag:yaml.org,2002:merge", re.compile("^<<$"))]}
    for name, pattern, first in _SCALARS:
        for character in first:
            resolver = (f"tag:yaml.org,2002:{name}", re.compile(f"^(?:{pattern})$"))
            found.setdefault(character.strip("\0"), []).append(resolver)
    return found


_Loader.yaml_implicit_resolvers = _resolvers()
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_integer)


def read(path: Path | str) -> dict[str, Any]:
    """The mapping that a YAML or JSON file holds, all its keys as text."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise SpecError(path.name, f"cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise SpecError(path.name, "is not UTF-8 text") from exc
    try:
        parsed = json.loads(text) if path.suffix == ".json" else yaml.load(text, _Loader)  # noqa: S506  # a SafeLoader
        value = _with_text_keys(parsed)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise SpecError(path.name, f"is neither YAML nor JSON: {exc}") from exc
    if not is_mapping(value):
        raise SpecError(path.name, "is no OpenAPI document: there is no mapping at its root")
    return value


def load(path: Path | str) -> dict[str, Any]:
    """An OpenAPI 3 document."""
    document = read(path)
    place = Path(path).name
    if "swagger" in document:
        raise SpecError(place, "is a Swagger 2 document; only OpenAPI 3 is supported")
    if not str(document.get("openapi", "")).startswith("3."):
        raise SpecError(place, "is no OpenAPI 3 document: its `openapi` does not say 3.x")
    if not isinstance(document.get("paths"), dict):
        raise SpecError(place, "has no `paths`")
    return document


def _with_text_keys(value: Any) -> Any:
    """A status such as 200 is a number to YAML, and a key to OpenAPI."""
    if is_mapping(value):
        return {_key(key): _with_text_keys(item) for key, item in value.items()}
    if is_list(value):
        return [_with_text_keys(item) for item in value]
    return value


def _key(key: Any) -> str:
    return key if isinstance(key, str) else json.dumps(key)
