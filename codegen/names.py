"""Python names for what a document names: classes, fields, modules."""

from __future__ import annotations

import keyword
import re
from collections.abc import Container

_WORD = re.compile(r"[0-9A-Za-z]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

# A field of these names would hide the builtin from the annotations of its class; `self` is an argument already.
# fmt: off
_RESERVED_FIELDS = frozenset({
    "list", "dict", "str", "int", "float", "bool", "self", "msgspec",
    "answer_only_fields", "secret_fields", "vector_fields",  # class variables of models
})
# fmt: on

# Names that generated modules import.
# fmt: off
_RESERVED_CLASSES = frozenset({
    "Annotated", "Any", "AnyVector", "Call", "ClassVar", "DownloadCall", "Events", "False", "FileInput", "Literal",
    "Mapping", "Meta", "Model", "None", "NotRequired", "Operation", "PRESUMED", "PagedCall", "Pages", "Required",
    "Resource", "Resources", "Sequence", "StreamingCall", "Struct", "True", "TypeAlias", "TypedDict", "UNSET",
    "UnknownVariant", "Unpack", "UnsetType", "VectorModel",
})
# fmt: on


def class_name(text: str) -> str:
    """``text`` as a class name; kept as it is where it is one already."""
    if not re.fullmatch(r"[A-Z][0-9A-Za-z]*", text):
        text = pascal(text)
    if not text or text[0].isdigit():
        text = f"Schema{text}"
    return f"{text}Schema" if text in _RESERVED_CLASSES else text


def pascal(text: str) -> str:
    """``listFiles``, ``list_files`` and ``list-files`` become ``ListFiles``."""
    return "".join(word[0].upper() + word[1:] for word in _WORD.findall(text))


def snake(text: str) -> str:
    """``pageSize``, ``page-size`` and ``page.size`` become ``page_size``; a lower-case name stays as it is."""
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", text):
        text = "_".join(_HUMP.sub("_", word).lower() for word in _WORD.findall(text))
    return text


def field_name(text: str) -> str:
    """``text`` as the name of a field or a keyword argument."""
    name = snake(text).lstrip("_") or "value"
    if name[0].isdigit():
        name = f"n{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _RESERVED_FIELDS else name


def unique(name: str, taken: Container[str]) -> str:
    """``name``, or where that is taken ``name2``, ``name3``, ..."""
    number = 2
    candidate = name
    while candidate in taken:
        candidate = f"{name}{number}" if name[0].isupper() else f"{name}_{number}"
        number += 1
    return candidate


def claim(name: str, taken: set[str]) -> str:
    """``name``, or the next that is free; it is taken from now on."""
    name = unique(name, taken)
    taken.add(name)
    return name


def part_name(whole: str, part: str) -> str:
    """The name for what stands in a schema. ``part`` is told as ``schemas.mapped`` tells it."""
    ends = {"items": "Item", "additionalProperties": "Value"}
    return whole + (ends.get(part) or pascal(part.removeprefix("properties.")))


def module_name(path: str) -> str:
    """The module of an operation: the first segment after ``/v1``; another version's name leads (``v2_prompts``)."""
    segments = [snake(segment) for segment in path.split("/") if segment and not segment.startswith("{")]
    if segments[:1] == ["v1"]:
        segments = segments[1:]
    elif len(segments) > 1 and re.fullmatch(r"v[0-9]+", segments[0]):
        segments = ["_".join(segments[:2])]
    name = (segments[0] if segments else "") or "root"
    name = f"n{name}" if name[0].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) or name in {"shared", "operations"} else name
