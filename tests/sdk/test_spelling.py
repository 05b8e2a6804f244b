"""Every operation of the specification has exactly one method, and every method one operation."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytest

from mistral_async import Call, MistralClient
from mistral_async.resource import Resource
from mistral_async.resources import Resources
from mistral_async.resources.operations import OPERATIONS
from tests.openapi_check import operations
from tests.unreachable import UNREACHABLE

METHODS = {"__call__": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE"}


def spelled(node: Any, path: str = "/v1") -> Iterator[tuple[str, Call[Any]]]:
    """Every call that can be reached from here, with the URL that its spelling stands for."""
    kind: type[Any] = node.__class__
    if isinstance(node, Resource):
        for name, method in METHODS.items():
            if name in vars(kind):
                yield f"{method} {path}", getattr(node, name)()
    if hasattr(kind, "__getitem__"):
        item: Any = node
        yield from spelled(item["x"], f"{path}/{{}}")
    for name, _ in inspect.getmembers(kind, lambda attribute: isinstance(attribute, property | cached_property)):
        if isinstance(below := getattr(node, name), Resource | Resources):
            yield from spelled(below, f"{path}/{name}")


def test_the_way_through_the_resources_is_the_way_through_the_url() -> None:
    client = MistralClient(api_key="k", wire=UNREACHABLE)

    spellings = list(spelled(client))

    for url, call in spellings:
        call.close()
        found = re.fullmatch(r"<\w+ (.*)>", repr(call))
        assert found is not None
        assert url == re.sub(r"\{[^}]*\}", "{}", found[1])
    counts = Counter(url for url, _ in spellings)
    assert counts == Counter(f"{method} {re.sub(r'{[^}]*}', '{}', path)}" for method, path in operations())
    assert set(counts.values()) == {1}


def test_the_generated_operations_are_those_of_the_specification() -> None:
    assert sorted((each.method, each.path) for each in OPERATIONS) == sorted(operations())
    assert len(OPERATIONS) == 31


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_path_value_that_would_name_another_resource_is_refused(value: str) -> None:
    client = MistralClient(api_key="k", wire=UNREACHABLE)

    with pytest.raises(ValueError, match="would name another resource"):
        client.files[value]


def test_an_attribute_that_the_api_does_not_have_is_an_attribute_error() -> None:
    client = MistralClient(api_key="k", wire=UNREACHABLE)

    with pytest.raises(AttributeError):
        getattr(client.files, "nothing")  # noqa: B009  # checkers refuse the plain spelling, as they should
