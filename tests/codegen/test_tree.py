"""The tree of resources: where every operation stands, and what stands in the way."""

from __future__ import annotations

import pytest

from codegen.document import PathParameter
from codegen.errors import SpecError
from codegen.segments import joined
from codegen.spelling import spellings
from codegen.tree import OWN, OWN_OF_ROOT, Node, build_tree
from mistral_async.client import MistralClient
from mistral_async.http import Request, Response
from mistral_async.resources import Resources
from tests.codegen.making import document, operation


def spelt(*lines: str) -> list[str]:
    return list(spellings(build_tree(document(*map(operation, lines)))).values())


def nodes(*lines: str) -> dict[str, Node]:
    return {node.path: node for node in build_tree(document(*map(operation, lines))).root.walk()}


@pytest.mark.parametrize(
    ("line", "python"),
    [
        ("GET /v1/models", "client.models"),
        ("GET /v1/models/{model_id}", "client.models[model_id]"),
        ("DELETE /v1/models/{model_id}", "client.models[model_id].delete"),
        ("POST /v1/chat/completions", "client.chat.completions.post"),
        ("GET /v1/files/{file_id}/content", "client.files[file_id].content"),
        ("GET /v1/admin/api-keys", "client.admin.api_keys"),
        ("PUT /v1/things/class", "client.things.class_.put"),
        ("GET /v1/things/3d", "client.things._3d"),
        ("GET /v2/prompts/{prompt_id}/versions/{version}", "client.v2.prompts[prompt_id].versions[version]"),
        ("GET /status/health", "client.status.health"),
    ],
)
def test_the_path_is_the_python(line: str, python: str) -> None:
    assert spelt(line) == [python]


def test_an_attribute_and_an_item_of_the_same_name_are_two_places() -> None:
    assert spelt("GET /v1/agents/pages", "GET /v1/agents/{id}") == ["client.agents.pages", "client.agents[id]"]


def test_a_literal_segment_called_item_and_an_item_have_two_classes_and_two_constants() -> None:
    found = nodes("GET /v1/things/item", "GET /v1/things/{id}")

    literal, item = found["/v1/things/item"], found["/v1/things/{id}"]
    assert literal.class_name != item.class_name
    assert literal.constant != item.constant


def test_path_parameters_of_one_place_are_one_item_under_a_joined_name() -> None:
    tree = build_tree(
        document(
            operation("GET /v1/connectors/{connector_id_or_name}"),
            operation("DELETE /v1/connectors/{connector_id}/share"),
        )
    )

    assert list(spellings(tree).values()) == [
        "client.connectors[connector_id_or_name]",
        "client.connectors[connector_id_or_name].share.delete",
    ]
    assert tree.notes == {
        "one path parameter under several names": [
            "/v1/connectors/{connector_id_or_name}: connector_id_or_name, connector_id"
        ]
    }


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["id"], "id"),
        (["id", "name"], "id_or_name"),
        (["connector_id", "connector_id_or_name"], "connector_id_or_name"),
        (["connector_id_or_name", "connector_id"], "connector_id_or_name"),
        (["workflow_identifier", "workflow_name"], "workflow_identifier_or_name"),
        (["id_or_name", "id"], "id_or_name"),
        (["user", "user_id"], "user_or_id"),
        (["a_id", "b_id"], "a_id_or_b_id"),
    ],
)
def test_names_of_one_place_are_joined_without_repeating_words(names: list[str], name: str) -> None:
    assert joined(names) == name


def test_an_item_takes_integers_where_one_of_its_operations_does() -> None:
    undescribed = operation("GET /v1/prompts/{version}/text", path_parameters=())
    integer = (PathParameter(name="version", description="Which one.", integer=True),)
    tree = build_tree(document(undescribed, operation("GET /v1/prompts/{version}", path_parameters=integer)))

    item = tree.root.children[0].node.item
    assert item
    assert (item.integer, item.description) == (True, "Which one.")


def test_a_segment_called_like_a_method_beside_it_gets_an_underscore_and_a_note() -> None:
    tree = build_tree(document(operation("DELETE /v1/things/{id}"), operation("POST /v1/things/{id}/delete")))

    assert list(spellings(tree).values()) == ["client.things[id].delete", "client.things[id].delete_.post"]
    assert tree.notes == {"segment under another name": ["/v1/things/{id}/delete: delete_"]}


def test_a_segment_called_like_a_method_that_is_not_beside_it_keeps_its_name() -> None:
    assert spelt("GET /v1/things/{id}", "POST /v1/things/{id}/delete")[1] == "client.things[id].delete.post"


class NoWire:
    async def send(self, request: Request, /) -> Response:
        raise AssertionError(f"{request} is sent")

    async def aclose(self) -> None:
        pass


def test_the_names_that_resources_and_the_client_have_of_their_own_are_known() -> None:
    client = MistralClient(api_key="key", wire=NoWire())

    assert own_names(client) - {*dir(Resources)} == OWN_OF_ROOT
    assert own_names(client.models) - {*vars(type(client.models))} == OWN


def own_names(value: object) -> set[str]:
    return {name for name in dir(value) if not name.startswith("__")}


@pytest.mark.parametrize("segment", ["aclose", "_engine", "_settings", "overload"])
def test_a_segment_never_takes_the_name_of_what_the_client_has_itself(segment: str) -> None:
    assert spelt(f"GET /v1/{segment}") == [f"client.{segment}_"]


def test_segments_that_would_have_the_same_python_name_are_refused_with_their_place() -> None:
    with pytest.raises(SpecError) as caught:
        spelt("GET /v1/things/api-keys", "GET /v1/things/api_keys")

    assert str(caught.value).startswith("/v1/things/api_keys: ")
    assert "'api-keys'" in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        (["GET /v1/things", "GET /v1/things"], "GET /v1/things"),
        (["TRACE /v1/things"], "TRACE /v1/things"),
        (["GET v1/things"], "GET v1/things"),
        (["GET /v1/things/"], "GET /v1/things/"),
        (["GET /v1//things"], "GET /v1//things"),
        (["GET /v1"], "GET /v1"),
        (["GET /v1/{id}"], "GET /v1/{id}"),
        (["GET /v1/things/{id}.json"], "GET /v1/things/{id}.json"),
        (['GET /v1/things/"'], 'GET /v1/things/"'),
        (["GET /v1/things/__init__"], "/v1/things/__init__"),
        (["GET /v1/v2", "GET /v2/things"], "GET /v2/things"),
    ],
)
def test_what_has_no_place_in_the_tree_is_refused_and_named(lines: list[str], place: str) -> None:
    with pytest.raises(SpecError) as caught:
        spelt(*lines)

    assert caught.value.place == place


def test_resources_of_another_version_stand_in_modules_of_their_own() -> None:
    found = nodes("GET /v2/prompts", "GET /v1/prompts")

    modules = {path: node.module for path, node in found.items()}
    assert modules == {"": "__init__", "/v2": "v2", "/v2/prompts": "v2_prompts", "/v1/prompts": "prompts"}


def test_methods_stand_in_one_order_whatever_the_documents() -> None:
    found = nodes("DELETE /v1/things", "POST /v1/things", "GET /v1/things")

    assert [each.method for each in found["/v1/things"].operations] == ["GET", "POST", "DELETE"]
