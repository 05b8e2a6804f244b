"""Applying an overlay."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from codegen.errors import SpecError
from codegen.overlay import apply

DOCUMENT: dict[str, Any] = {
    "paths": {"/a": {"get": {"tags": ["x"], "summary": "old"}, "post": {"tags": ["y"]}}},
    "list": [1, 2, 3, {"keep": False}, {"keep": True}],
}


def overlay(*actions: dict[str, Any]) -> dict[str, Any]:
    return {"overlay": "1.0.0", "info": {}, "actions": list(actions)}


def test_objects_merge_arrays_grow_and_anything_else_is_replaced() -> None:
    update = {"get": {"tags": ["z"], "summary": "new", "x-more": {"a": 1}}}

    changed, unmatched = apply(DOCUMENT, overlay({"target": "$.paths['/a']", "update": update}))

    assert unmatched == []
    assert changed["paths"]["/a"] == {
        "get": {"tags": ["x", "z"], "summary": "new", "x-more": {"a": 1}},
        "post": {"tags": ["y"]},
    }


def test_an_array_as_target_takes_one_more_item() -> None:
    changed, _ = apply({"list": [1]}, overlay({"target": "$.list", "update": {"a": 2}}))

    assert changed == {"list": [1, {"a": 2}]}


def test_the_root_may_be_the_target() -> None:
    changed, _ = apply({"a": 1}, overlay({"target": "$", "update": {"b": 2}}))

    assert changed == {"a": 1, "b": 2}


def test_every_match_is_changed_and_changes_follow_one_another() -> None:
    changed, _ = apply(
        DOCUMENT,
        overlay(
            {"target": "$.paths.*.*", "update": {"deprecated": True}},
            {"target": "$.paths.*[?@.deprecated == true]", "update": {"x-seen": 1}},
        ),
    )

    assert [one["x-seen"] for one in changed["paths"]["/a"].values()] == [1, 1]


def test_what_is_removed_does_not_move_what_is_still_to_go() -> None:
    changed, _ = apply(
        DOCUMENT,
        overlay({"target": "$.list[0,2,3]", "remove": True}, {"target": "$.paths['/a'].post", "remove": True}),
    )

    assert changed["list"] == [2, {"keep": True}]
    assert list(changed["paths"]["/a"]) == ["get"]


def test_targets_that_match_nothing_are_told() -> None:
    _, unmatched = apply(DOCUMENT, overlay({"target": "$.gone", "update": {}}, {"target": "$.list[9]", "remove": True}))

    assert unmatched == ["$.gone", "$.list[9]"]


def test_neither_document_nor_overlay_is_changed() -> None:
    before = copy.deepcopy(DOCUMENT)
    action: dict[str, Any] = {"target": "$.paths.*.*", "update": {"shared": {}}}

    changed, _ = apply(DOCUMENT, overlay(action))
    changed["paths"]["/a"]["get"]["shared"]["x"] = 1

    assert before == DOCUMENT
    assert action["update"] == {"shared": {}}
    assert changed["paths"]["/a"]["post"]["shared"] == {}


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ({}, "overlay: "),
        ({"overlay": "1.0.0"}, "overlay.actions: "),
        (overlay({"update": {}}), "overlay.actions.0: "),
        (overlay({"target": "$["}), "overlay.actions.0.target: "),
        (overlay({"target": "$", "remove": True}), "overlay.actions.0.target: "),
    ],
)
def test_what_is_no_overlay_is_refused_with_its_place(written: dict[str, Any], place: str) -> None:
    with pytest.raises(SpecError) as caught:
        apply({}, written)

    assert str(caught.value).startswith(place)
