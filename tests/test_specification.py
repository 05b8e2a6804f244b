"""The specification is whole, valid, and described throughout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonpath_rfc9535 import find
from openapi_spec_validator import validate

from codegen import load, overlay
from mistral_async.codec.shapes import is_array, is_object
from tests.openapi_check import DOCUMENT, OVERLAY, document, operations


def actions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(OVERLAY.read_text("utf-8"))["actions"]
    return found


def undescribed() -> Iterator[str]:
    """Every operation, parameter, schema and field without words of its own."""
    for method, path in operations():
        operation = document()["paths"][path][method.lower()]
        if not operation.get("description") or not operation.get("summary"):
            yield f"{method} {path}"
        for parameter in operation.get("parameters", []):
            if not parameter.get("description"):
                yield f"{method} {path} {parameter['name']}"
    for name, schema in document()["components"]["schemas"].items():
        if not schema.get("description"):
            yield name
        yield from fields_undescribed(schema, name)


def fields_undescribed(schema: Any, place: str) -> Iterator[str]:
    if is_array(schema):
        for member in schema:
            yield from fields_undescribed(member, place)
    elif is_object(schema):
        for name, field in schema.get("properties", {}).items():
            if not field.get("description"):
                yield f"{place}.{name}"
        for inner in schema.values():
            yield from fields_undescribed(inner, place)


def test_it_is_a_valid_openapi_document_with_and_without_the_overlay() -> None:
    together, unmatched = overlay.apply(load.load(DOCUMENT), load.read(OVERLAY))

    validate(document())
    validate(together)
    assert unmatched == []


def test_it_holds_the_core_of_the_api() -> None:
    assert len(list(operations())) == 31
    assert len(document()["components"]["schemas"]) == 158


def test_everything_in_it_is_described() -> None:
    assert list(undescribed()) == []


@pytest.mark.parametrize("action", actions(), ids=lambda action: action["target"])
def test_an_action_of_the_overlay_has_one_target_and_a_reason(action: dict[str, Any]) -> None:
    assert len(find(action["target"], document())) == 1
    assert len(action["description"]) > 20


def test_the_overlay_says_of_every_operation_whether_it_may_be_sent_twice() -> None:
    together, _ = overlay.apply(load.load(DOCUMENT), load.read(OVERLAY))

    for method, path in operations():
        assert isinstance(together["paths"][path][method.lower()]["x-mistral-repeatable"], bool)
