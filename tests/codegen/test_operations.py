"""The operations of the hard document, as the emitters see them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from codegen.__main__ import emit
from codegen.document import Document, EventsSpec, OperationSpec, PagesSpec, PathParameter
from codegen.normalise import normalise
from tests.codegen.written import answering, asking, core, hard, ref, written


@pytest.fixture(scope="module")
def document() -> Document:
    return hard()


def find(document: Document, line: str) -> OperationSpec:
    (found,) = [one for one in document.operations if f"{one.method} {one.path}" == line]
    return found


def test_a_stream_is_folded_into_the_twin_that_differs_after_the_hash(document: Document) -> None:
    talk = find(document, "POST /v1/talks")

    assert (talk.body, talk.answer) == ("StartTalkRequest", "Talk")
    assert talk.events == EventsSpec(schema="StartTalkStreamEvent", flag="stream", end=None)


def test_fields_that_only_the_stream_knows_are_accepted_too(document: Document) -> None:
    assert list(document.schemas["StartTalkRequest"]["properties"]) == ["mood", "stream", "topic", "pace"]


def test_a_fragment_without_a_twin_is_no_part_of_the_path(document: Document) -> None:
    plug = find(document, "GET /v1/plugs/{id_or_name}")

    assert plug.path_parameters == (PathParameter(name="id_or_name", description=""),)
    assert plug.answer == "PlugView2"


def test_a_path_s_parameters_hold_for_its_operations_unless_replaced(document: Document) -> None:
    delete = find(document, "DELETE /v1/plugs/{id}")

    assert delete.path_parameters == (PathParameter(name="id", description="Its id."),)
    assert delete.query == "DeletePlugQuery"
    assert document.schemas["DeletePlugQuery"]["properties"] == {
        "verbose": {"type": "boolean", "description": "The operation's."}
    }


def test_a_delete_may_have_a_body(document: Document) -> None:
    delete = find(document, "DELETE /v1/plugs/{id}")

    assert (delete.body, delete.body_required) == ("DeletePlugRequest", False)


def test_an_answer_that_may_be_empty_may_be_null(document: Document) -> None:
    answer = find(document, "DELETE /v1/plugs/{id}").answer

    assert answer == "DeletePlugResponse"
    assert document.schemas[answer]["anyOf"] == [{"$ref": "#/components/schemas/PlugView2"}, {"type": "null"}]


def test_answers_of_several_statuses_become_one(document: Document) -> None:
    assert find(document, "PATCH /v1/plugs/{id}").answer == "PatchPlugsByIdResponse"
    assert list(document.schemas["PatchPlugsByIdResponse"]["properties"]) == ["name", "ticket"]


def test_an_operation_without_id_is_named_by_its_path(document: Document) -> None:
    patch = find(document, "PATCH /v1/plugs/{id}")

    assert (patch.operation_id, patch.summary) == ("patchPlugsById", "Patch plugs by id")


def test_an_id_that_repeats_path_and_method_is_shortened(document: Document) -> None:
    search = find(document, "POST /v1/search")

    assert (search.operation_id, search.deprecated) == ("search", True)


def test_an_answer_of_another_media_type_is_a_download(document: Document) -> None:
    sample = find(document, "GET /v1/sound-bank/{number}/raw-sample")

    assert (sample.download, sample.accept, sample.answer) == (True, "audio/wav", None)
    assert sample.path_parameters == (PathParameter(name="number", description="", integer=True),)


def test_parameters_get_python_names_that_clash_with_nothing(document: Document) -> None:
    search = find(document, "POST /v1/search")

    assert search.query is not None
    assert search.headers is not None
    assert document.field_names[search.query] == {
        "filter": "filter",
        "from": "from_",
        "class": "class_",
        "sort.field": "sort_field_2",
        "sort_field": "sort_field",
        "list": "list_",
        "limit": "limit",
        "query": "query_query",
    }
    assert document.field_names[search.headers] == {"Query": "query_header", "X-Trace": "x_trace"}


def test_a_parameter_described_by_content_is_written_as_text(document: Document) -> None:
    assert document.schemas["SearchQuery"]["properties"]["filter"] == {
        "type": "string",
        "description": "What to keep. Written as JSON text.",
    }


def test_a_body_that_may_be_null_may_be_left_out(document: Document) -> None:
    search = find(document, "POST /v1/search")

    assert (search.body, search.body_required) == ("SearchBody", False)


def test_files_stand_apart_from_the_fields_of_a_form(document: Document) -> None:
    upload = find(document, "POST /v1/uploads")

    assert upload.multipart
    assert (upload.files, upload.required_files) == (("file", "cover"), ("file",))
    assert upload.file_descriptions == {"file": "A file.", "cover": "A picture."}
    assert upload.body == "UploadRequest"
    assert document.schemas["UploadRequest"]["properties"].keys() == {"purpose"}
    assert upload.answer is None
    assert not upload.download


def test_bodies_and_answers_that_are_no_objects_get_names(document: Document) -> None:
    put, get = find(document, "PUT /v1/lists"), find(document, "GET /v1/lists")

    assert (put.body, put.answer, get.answer) == ("PutListRequest", "PutListResponse", "GetListResponse")
    assert document.schemas["PutListResponse"] == {}


def test_events_may_be_the_only_answer(document: Document) -> None:
    ticks = find(document, "GET /v1/ticks")

    assert ticks.events == EventsSpec(schema="Tick", flag=None, end="[DONE]")
    assert (ticks.answer, ticks.accept) == (None, "text/event-stream")


def test_what_may_be_sent_twice_follows_the_method_where_no_overlay_says_so(document: Document) -> None:
    repeatable = {one.method: one.repeatable for one in document.operations}

    assert repeatable == {"POST": False, "GET": True, "DELETE": True, "PATCH": False, "PUT": True}


def test_schemas_live_with_their_operations_or_are_shared(document: Document) -> None:
    modules = document.modules

    assert (modules["Talk"], modules["Zoo"], modules["Pet"]) == ("talks", "v2_things", "shared")
    assert modules.keys() == document.schemas.keys()


def test_schemas_know_whether_they_are_sent_or_come_back(document: Document) -> None:
    assert "SortField" in document.requests & document.answers
    assert "SearchBodyLimits" in document.requests - document.answers
    assert "Zoo" in document.answers - document.requests


def test_schemas_of_errors_are_kept_and_others_that_nothing_reaches_are_not(document: Document) -> None:
    assert "Problem" in document.schemas
    assert "Unused" not in document.schemas
    assert "Unused" in document.rewrites["schema that no operation reaches"]


def test_pages_are_given_in_python_names() -> None:
    spec = answering(
        {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": {"type": "string"}},
                "pageInfo": {
                    "anyOf": [{"type": "object", "properties": {"nextCursor": {"type": "string"}}}, {"type": "null"}]
                },
            },
        }
    )
    get = spec["paths"]["/v1/it"]["get"]
    get["parameters"] = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("from", "limit")]
    get["x-mistral-pages"] = {
        "items": "items",
        "by": "cursor",
        "parameter": "from",
        "next": "pageInfo.nextCursor",
    }

    assert normalise(spec).operations[0].pages == PagesSpec(
        items="items", by="cursor", parameter="from_", next="page_info.next_cursor"
    )


def test_pages_in_camel_case_go_through_the_emitters_in_python_names() -> None:
    spec = answering(
        {
            "properties": {
                "dataItems": {"type": "array", "items": {"type": "string"}},
                "next_token": {"type": "integer"},
                "nextToken": {"type": "string"},
                "class": ref("Meta"),
            }
        },
        Meta={"properties": {"totalCount": {"type": "integer"}}},
    )
    get = spec["paths"]["/v1/it"]["get"]
    get["parameters"] = [{"name": "pageToken", "in": "query", "schema": {"type": "string"}}]
    get["x-mistral-pages"] = {
        "items": "dataItems",
        "by": "cursor",
        "parameter": "pageToken",
        "total": "class.totalCount",
        "next": "nextToken",
    }

    sources = emit(normalise(spec), None)

    assert (
        "Pages(items='data_items', by='cursor', parameter='page_token', total='class_.total_count', "
        "next='next_token_2')"
    ) in sources["mistral_async/resources/it.py"]
    assert "PagedCall[GetItResponse, str]" in sources["mistral_async/resources/it.py"]


@pytest.mark.parametrize("tags", [None, "things", 3, {}, [{}], [None]])
def test_tags_of_whatever_kind_are_not_looked_at(tags: object) -> None:
    spec = answering({"type": "string"})
    spec["paths"]["/v1/it"]["get"]["tags"] = tags

    assert emit(normalise(spec), None) == emit(normalise(answering({"type": "string"})), None)


@pytest.mark.parametrize("name", ["a/b", "a b", "a~1b", "a%2Fb", "ä"])
def test_a_reference_may_be_escaped_and_percent_encoded(name: str) -> None:
    key = quote(name.replace("~", "~0").replace("/", "~1"), safe="")
    spec = asking(ref(key), **{name: {"type": "string"}})
    post = spec["paths"]["/v1/it"]["post"]
    spec["components"]["requestBodies"] = {name: post["requestBody"]}
    spec["components"]["responses"] = {
        name: {"description": "", "content": {"application/json": {"schema": {"type": "integer"}}}}
    }
    spec["components"]["parameters"] = {name: {"name": "q", "in": "query", "schema": {"type": "string"}}}
    post["requestBody"] = {"$ref": f"#/components/requestBodies/{key}"}
    post["responses"] = {"200": {"$ref": f"#/components/responses/{key}"}}
    post["parameters"] = [{"$ref": f"#/components/parameters/{key}"}]

    document = normalise(spec)

    operation = document.operations[0]
    assert (operation.query, operation.answer, operation.body_required) == ("PostItQuery", "PostItResponse", True)
    assert operation.body is not None
    assert document.schemas[operation.body] == {"type": "string"}
    assert document.schemas["PostItResponse"] == {"type": "integer"}


def test_a_download_may_be_declared_where_the_document_says_json() -> None:
    spec = answering({"type": "string"})
    spec["paths"]["/v1/it"]["get"]["x-mistral-download"] = True

    operation = normalise(spec).operations[0]

    assert (operation.download, operation.answer) == (True, None)


def test_json_is_preferred_where_there_is_more_and_what_is_left_out_is_told() -> None:
    media = {"text/csv": {}, "application/problem+json": {"schema": {"type": "string"}}}
    both = {
        "operationId": "both",
        "responses": {"2XX": {"description": "", "content": media}, "default": {"description": ""}},
    }

    document = normalise(written({"/v1/both": {"get": both}, "x-note": {}}, {}))

    assert document.operations[0].answer == "BothResponse"
    assert document.rewrites["media type left out"] == ["paths./v1/both.get.responses: `text/csv`"]


def test_a_form_that_is_also_sent_as_json_keeps_its_files_there() -> None:
    form = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}, "x": {"type": "string"}}}
    paths = {
        f"/v1/{name}": {
            "post": {"operationId": name, "requestBody": {"content": {media: {"schema": ref("Form")}}}, "responses": {}}
        }
        for name, media in (("a", "multipart/form-data"), ("b", "application/json"))
    }

    document = normalise(written(paths, {"Form": form}))

    assert [one.body for one in document.operations] == ["ARequest", "Form"]
    assert list(document.schemas["Form"]["properties"]) == ["file", "x"]
    assert list(document.schemas["ARequest"]["properties"]) == ["x"]


def test_a_stream_may_be_asked_for_by_media_type_alone() -> None:
    events: dict[str, Any] = {"itemSchema": {"properties": {"data": {}}}}
    content: dict[str, Any] = {"application/json": {}, "text/event-stream": events}
    get = {"operationId": "watch", "responses": {"200": {"description": "", "content": content}}}

    watch = normalise(written({"/v1/watch": {"get": get}}, {})).operations[0]

    assert watch.events == EventsSpec(schema="WatchEvent", flag=None, end="[DONE]")
    assert (watch.answer, watch.accept) == ("WatchResponse", "application/json")


def test_a_body_s_schema_may_be_another_name_for_an_object() -> None:
    document = normalise(asking(ref("Alias"), Alias={"allOf": [ref("Body")]}, Body={"properties": {"a": {}}}))

    assert document.operations[0].body == "Body"
    assert "Alias" not in document.schemas


def test_a_path_parameter_s_type_may_stand_elsewhere() -> None:
    spec = answering({}, Number={"anyOf": [ref("Number"), {"type": ["integer", "null"]}]})
    spec["paths"] = {"/v1/{n}/{m}": spec["paths"]["/v1/it"]}
    spec["paths"]["/v1/{n}/{m}"]["parameters"] = [{"name": "n", "in": "path", "schema": ref("Number")}]

    document = normalise(spec)

    assert [one.integer for one in document.operations[0].path_parameters] == [True, False]
    assert document.rewrites["path parameter that is not described"] == ["paths./v1/{n}/{m}.get: `m`"]


def test_extensions_of_others_are_left_behind() -> None:
    document = normalise(asking({"properties": {"a": {"x-speakeasy-name": "b", "x-mistral-secret": True}}}))

    assert document.schemas["PostItRequest"]["properties"]["a"] == {"x-mistral-secret": True}


def test_two_operations_with_one_id_are_told_apart() -> None:
    paths: dict[str, Any] = {f"/v1/{name}": {"get": {"operationId": "same", "responses": {}}} for name in ("a", "b")}

    assert [one.operation_id for one in normalise(written(paths, {})).operations] == ["same", "Same2"]


def test_the_project_s_own_document_has_every_operation_of_its_overlay() -> None:
    document = core()

    chat = find(document, "POST /v1/chat/completions")
    files = find(document, "GET /v1/files")
    assert len(document.operations) == 31
    assert chat.events == EventsSpec(schema="CompletionEvent", flag="stream", end="[DONE]")
    assert chat.repeatable
    assert files.pages == PagesSpec(items="data", by="page", parameter="page", first=0, total="total")
    assert find(document, "GET /v1/files/{file_id}/content").download
    assert find(document, "POST /v1/files").files == ("file",)
