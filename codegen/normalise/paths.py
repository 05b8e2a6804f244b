"""Read the operations of a document: paths without fragments, parameters joined, references followed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

from codegen.errors import SpecError
from codegen.names import pascal, unique
from codegen.normalise.draft import Draft
from codegen.normalise.pointer import pointer
from codegen.shapes import listing, mapping

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, kw_only=True)
class RawOperation:
    """One operation as the document writes it."""

    method: str  # lower case
    path: str  # without fragment
    fragment: str  # what follows "#" in the document's path
    place: str
    operation_id: str
    spec: dict[str, Any]
    parameters: tuple[tuple[dict[str, Any], str], ...]  # each with its place

    @property
    def name(self) -> str:
        """What the names of its inline schemas begin with."""
        return pascal(self.operation_id)


def read(document: dict[str, Any], draft: Draft) -> list[RawOperation]:
    """All operations, in the document's order."""
    found: list[RawOperation] = []
    ids: set[str] = set()
    for path, raw_item in mapping(document.get("paths"), "paths").items():
        place = f"paths.{path}"
        if path.startswith("x-"):
            continue
        if not path.startswith("/"):
            raise SpecError(place, "does not begin with a slash")
        item = follow(document, raw_item, place)
        shared = _parameters(document, item, place)
        for method in _METHODS:
            if method not in item:
                continue
            here = f"{place}.{method}"
            spec = mapping(item[method], here)
            bare_path, _, fragment = path.partition("#")
            operation_id = _operation_id(spec, method, path, here, ids, draft)
            parameters = {**shared, **_parameters(document, spec, here)}
            found.append(
                RawOperation(
                    method=method,
                    path=bare_path,
                    fragment=fragment,
                    place=here,
                    operation_id=operation_id,
                    spec=spec,
                    parameters=tuple(parameters.values()),
                )
            )
    return found


def follow(document: dict[str, Any], value: Any, place: str) -> dict[str, Any]:
    """The object that ``value`` is, or refers to."""
    seen: set[str] = set()
    found = mapping(value, place)
    while "$ref" in found:
        reference = str(found["$ref"])
        if reference in seen:
            raise SpecError(place, f"{reference!r} leads back to itself")
        seen.add(reference)
        target: Any = document
        for key in pointer(reference, place):
            if not isinstance(target, dict) or key not in target:
                raise SpecError(place, f"{reference!r} leads nowhere")
            target = cast("dict[str, Any]", target)[key]
        found = mapping(target, place)
    return found


def _parameters(
    document: dict[str, Any], holder: dict[str, Any], place: str
) -> dict[tuple[str, str], tuple[dict[str, Any], str]]:
    """Parameters by where they go and their name, since an operation's replaces its path's."""
    found: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}
    for index, raw in enumerate(listing(holder.get("parameters", []), f"{place}.parameters")):
        here = f"{place}.parameters.{index}"
        parameter = follow(document, raw, here)
        if not isinstance(parameter.get("name"), str) or not isinstance(parameter.get("in"), str):
            raise SpecError(here, "is a parameter without `name` or `in`")
        found[parameter["in"], parameter["name"]] = (parameter, here)
    return found


def _operation_id(spec: dict[str, Any], method: str, path: str, place: str, taken: set[str], draft: Draft) -> str:
    given = spec.get("operationId")
    name = given if isinstance(given, str) and pascal(given) else ""
    # FastAPI appends path and method to the name of the function.
    suffix = f"{re.sub(r'[^0-9A-Za-z]', '_', path)}_{method}"
    if name.endswith(suffix):
        name = name.removesuffix(suffix)
    if not name:
        name = method + "".join(
            f"By{pascal(segment)}" if segment.startswith("{") else pascal(segment)
            for segment in re.split(r"[/#]", path)
            if segment and segment != "v1"
        )
    if pascal(name) in taken:
        name = unique(pascal(name), taken)
    taken.add(pascal(name))
    if name != given:
        draft.note("operation named", f"{place} is `{name}`")
    return name
