"""Apply an OpenAPI Overlay 1.0 document: change another document without touching its file.

Source: OpenAPI Overlay Specification 1.0.0, section 4.4.3 (Action Object).
"""

from __future__ import annotations

import copy
from typing import Any

import jsonpath_rfc9535 as jsonpath

from codegen.errors import SpecError
from codegen.shapes import is_list, is_mapping, listing, mapping


def apply(document: dict[str, Any], overlay: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The changed document, and the targets that are nowhere in it. Neither argument is changed."""
    if not str(overlay.get("overlay", "")).startswith("1."):
        raise SpecError("overlay", "is no Overlay 1 document: its `overlay` does not say 1.x")
    actions = listing(overlay.get("actions"), "overlay.actions")
    document = copy.deepcopy(document)
    unmatched: list[str] = []
    for index, action in enumerate(actions):
        place = f"overlay.actions.{index}"
        target = mapping(action, place).get("target")
        if not isinstance(target, str):
            raise SpecError(place, "has no `target`")
        locations = _find(target, document, place)
        if not locations:
            unmatched.append(target)
        if action.get("remove") is True:
            # From the back, so that removing an item moves none that is still to go.
            for location in sorted(locations, key=_order, reverse=True):
                _remove(document, location, place)
        elif "update" in action:
            for location in locations:
                document = _update(document, location, action["update"])
    return document, unmatched


def _find(target: str, document: dict[str, Any], place: str) -> list[tuple[int | str, ...]]:
    try:
        return [node.location for node in jsonpath.find(target, document)]
    except jsonpath.JSONPathError as exc:
        raise SpecError(f"{place}.target", f"{target!r} is no JSONPath: {exc}") from exc


def _order(location: tuple[int | str, ...]) -> tuple[tuple[bool, int, str], ...]:
    return tuple((isinstance(key, str), key, "") if isinstance(key, int) else (True, 0, key) for key in location)


def _at(document: Any, location: tuple[int | str, ...]) -> Any:
    for key in location:
        document = document[key]
    return document


def _remove(document: dict[str, Any], location: tuple[int | str, ...], place: str) -> None:
    if not location:
        raise SpecError(f"{place}.target", "would remove the whole document")
    del _at(document, location[:-1])[location[-1]]


def _update(document: dict[str, Any], location: tuple[int | str, ...], update: Any) -> dict[str, Any]:
    merged = _merged(_at(document, location), copy.deepcopy(update))
    if not location:
        return mapping(merged, "overlay")
    _at(document, location[:-1])[location[-1]] = merged
    return document


def _merged(old: Any, new: Any) -> Any:
    """Objects merge, arrays grow, anything else is replaced."""
    if is_mapping(old) and is_mapping(new):
        for key, value in new.items():
            old[key] = _merged(old[key], value) if key in old else value
        return old
    if is_list(old):
        return [*old, *new] if is_list(new) else [*old, new]
    return new
