"""What msgspec says of a failure, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

ANY_KEY = "..."
"""A step of a path into the value of a map: msgspec does not say under which key."""

# "Expected `int`, got `str` - at `$.messages[0].content`"; of a map's key, "- at `key` in `$.labels`".
# Source: msgspec, "Constraints"; the words for keys were observed. The last place counts: an unknown field may have
# any name, one that reads like a place too.
_SAID = re.compile(r"(?P<what>.*) - at (?P<key>`key` in )?`\$(?P<place>.*?)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(?:(\d+)|\.\.\.)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What is wrong with a value, and where."""

    what: str  # in msgspec's words
    place: str  # as a reader writes it, such as "messages[0].content"; "" for the whole of it
    path: tuple[str | int, ...]  # the same, as the names of fields, indices, and ANY_KEY
    of_key: bool  # whether it is a key of the map at that place that is wrong
    unknown: str | None  # the field that the object at that place shall not have
    missing: str | None  # the field that it lacks


def failure(exc: msgspec.ValidationError) -> Failure:
    """What is wrong, and where."""
    said = str(exc)
    match = _SAID.fullmatch(said)
    what, place = (match["what"], match["place"]) if match else (said, "")
    unknown, missing = _UNKNOWN.fullmatch(what), _MISSING.fullmatch(what)
    return Failure(
        what=what,
        place=place.lstrip("."),
        path=tuple(name or (int(index) if index else ANY_KEY) for name, index in _STEP.findall(place)),
        of_key=match is not None and match["key"] is not None,
        unknown=unknown[1] if unknown else None,
        missing=missing[1] if missing else None,
    )
