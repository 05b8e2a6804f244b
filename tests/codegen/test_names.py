"""Python names for what a document names."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.names import class_name, field_name, module_name, pascal, snake, unique


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("ChatCompletionRequest", "ChatCompletionRequest"),
        ("FTModelCard", "FTModelCard"),
        ("Body_upload_file", "BodyUploadFile"),
        ("plug-view", "PlugView"),
        ("Page[Thing]", "PageThing"),
        ("2Fast", "Schema2Fast"),
        ("Literal", "LiteralSchema"),
        ("…", "Schema"),
    ],
)
def test_a_schema_gets_a_class_name(wire: str, name: str) -> None:
    assert class_name(wire) == name


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("page_size", "page_size"),
        ("pageSize", "page_size"),
        ("HTTPStatus", "http_status"),
        ("Last-Event-ID", "last_event_id"),
        ("sort.field", "sort_field"),
        ("@type", "type"),
        ("_private", "private"),
        ("3d", "n3d"),
        ("class", "class_"),
        ("list", "list_"),
        ("self", "self_"),
        ("bytes", "bytes"),
        ("", "value"),
        ("…", "value"),
    ],
)
def test_a_field_gets_a_python_name(wire: str, name: str) -> None:
    assert field_name(wire) == name


@given(st.text())
def test_whatever_the_wire_name_the_python_name_is_one(wire: str) -> None:
    for name in (class_name(wire), field_name(wire), module_name(f"/v1/{wire}")):
        assert name.isidentifier()
        assert not keyword.iskeyword(name)


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("/v1/chat/completions", "chat"),
        ("/v1/fine-tuning/jobs", "fine_tuning"),
        ("/v2/prompts/{id}", "v2_prompts"),
        ("/v2", "v2"),
        ("/health", "health"),
        ("/v1/{id}", "root"),
        ("/v1/shared", "shared_"),
        ("/v1/import", "import_"),
        ("/v1/2fa", "n2fa"),
    ],
)
def test_a_path_belongs_to_the_module_of_its_first_segment(path: str, module: str) -> None:
    assert module_name(path) == module


def test_words_are_joined_in_both_styles() -> None:
    assert (pascal("list-files_by.id"), snake("list-files_by.id")) == ("ListFilesById", "list_files_by_id")


def test_a_taken_name_gets_a_number() -> None:
    assert unique("Name", {"Name", "Name2"}) == "Name3"
    assert unique("name", {"name"}) == "name_2"
    assert unique("free", {"name"}) == "free"
