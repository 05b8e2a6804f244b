"""Which schemas are sent, which come back, and in which module each of them lives."""

from __future__ import annotations

from collections.abc import Iterable

from codegen.names import module_name
from codegen.normalise.draft import Draft
from codegen.normalise.sketch import Sketch
from codegen.schemas import references

SHARED = "shared"


def reachable(roots: Iterable[str], draft: Draft) -> set[str]:
    found: set[str] = set()
    open_names = list(roots)
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            open_names += references(draft.schemas[name])
    return found


def prune(sketches: list[Sketch], draft: Draft) -> tuple[frozenset[str], frozenset[str]]:
    """Drop what no operation reaches. Returns what requests reach, and what answers reach."""
    requests = frozenset(reachable((name for one in sketches for name in one.sent), draft))
    answers = frozenset(reachable((name for one in sketches for name in one.received), draft))
    for name in sorted(draft.schemas.keys() - requests - answers):
        draft.note("schema that no operation reaches", name)
        del draft.schemas[name]
    return requests, answers


def modules(sketches: list[Sketch], draft: Draft) -> dict[str, str]:
    """Module of every schema: the one whose operations reach it, or ``shared`` where several do."""
    users: dict[str, set[str]] = {name: set() for name in draft.schemas}
    for sketch in sketches:
        module = module_name(sketch.raw.path)
        for name in reachable([*sketch.sent, *sketch.received], draft):
            users[name].add(module)
    return {name: next(iter(found)) if len(found) == 1 else SHARED for name, found in sorted(users.items())}
