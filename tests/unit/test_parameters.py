"""From the arguments of a call to query, headers and form."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from msgspec import UNSET, structs

from mistral_async.codec.multipart import MultipartBody
from mistral_async.codec.requests import Encoded
from mistral_async.models.files import UploadFileRequest
from mistral_async.operation import Events, Operation
from tests.encoding import GET, LIST, ODD, UPLOAD, body_of, encode, refusal
from tests.reading import parts_of, sent


def test_query_parameters_are_written_as_the_api_reads_them() -> None:
    moment = datetime.datetime(2026, 11, 1, 12, 30, tzinfo=datetime.UTC)

    encoded = encode(LIST, page=0, status=["QUEUED", "RUNNING"], created_after=moment, metadata={"a": "b"}, model=None)

    assert encoded == Encoded(
        "page=0&status=QUEUED&status=RUNNING&created_after=2026-11-01T12%3A30%3A00Z&a=b", {}, None, None
    )


@pytest.mark.parametrize(
    ("operation", "params", "message"),
    [
        (LIST, {"pge": 1}, "there is no field 'pge'; did you mean 'page'?"),
        (LIST, {"page": "one"}, "page: Expected `int`, got `str`"),
        (LIST, {"status": "QUEUED"}, "status: Expected `array | null`, got `str`"),
        (LIST, {"page": object()}, "object"),
        (LIST, {"model": "\ud800"}, "surrogates"),
        (GET, {"page": 1}, "there is no field 'page'"),
        (ODD, {"expiry": "x"}, "expiry: Expected `int`, got `str`"),
        (ODD, {"search": "a\r\nHost: evil"}, "'search'"),
        (ODD, {"search": 5}, "search: Expected `str | null`, got `int`"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(operation: Operation, params: dict[str, Any], message: str) -> None:
    assert message in str(refusal(operation, **params))


def test_header_parameters_become_headers_as_text() -> None:
    encoded = encode(ODD, page=2, include_total=True, search="x", visibility="user", expiry=3)

    assert encoded.headers == {"page": "2", "include_total": "true", "search": "x"}
    assert encoded.query == "expiry=3"
    assert body_of(encoded) == {"visibility": "user"}


def test_what_no_file_system_has_is_an_error_of_the_system() -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        encode(UPLOAD, file="/nowhere/at/all")


async def test_a_form_holds_its_fields_and_files() -> None:
    encoded = encode(UPLOAD, file=("a.txt", b"content", "text/plain"), purpose="batch", expiry=24, visibility=UNSET)

    assert isinstance(encoded.body, MultipartBody)
    parts = await parts_of(await sent(encoded.body), encoded.body.content_type)
    assert parts == [
        ("purpose", None, None, b"batch"),
        ("expiry", None, None, b"24"),
        ("file", "a.txt", "text/plain", b"content"),
    ]


async def test_a_form_field_that_is_null_is_left_out_and_one_that_is_a_list_repeated() -> None:
    encoded = encode(UPLOAD, file=b"", cover=None, expiry=None, tags=["a", 1, True, None], map={"a": 1}, validate=False)

    assert isinstance(encoded.body, MultipartBody)
    parts = await parts_of(await sent(encoded.body), encoded.body.content_type)
    assert [(part.name, part.content) for part in parts] == [
        ("tags", b"a"),
        ("tags", b"1"),
        ("tags", b"true"),
        ("map", b'{"a":1}'),
        ("file", b""),
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "missing required file 'file'"),
        ({"file": None}, "missing required file 'file'"),
        ({"file": UNSET}, "missing required file 'file'"),
        ({"file": b"", "purpos": "x"}, "there is no field 'purpos'; did you mean 'purpose'?"),
        ({"file": b"", "expiry": "soon"}, "expiry: Expected `int | null`, got `str`"),
        ({"file": b"", "purpose": object()}, "object"),
        ({"file": b"", "purpose": "\ud800"}, "surrogates"),
        ({"file": ("a", b"", "te\r\nxt")}, "media type"),
    ],
)
def test_a_wrong_form_is_refused_by_name(fields: dict[str, Any], message: str) -> None:
    assert message in str(refusal(UPLOAD, **fields))


def test_what_is_no_file_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="file: a file is a path"):
        encode(UPLOAD, file=5)


def test_a_form_is_sent_without_its_model_too() -> None:
    encoded = encode(UPLOAD, file=b"x", purpose=UploadFileRequest(purpose="ocr").purpose, extra="y", validate=False)

    assert isinstance(encoded.body, MultipartBody)


def test_a_list_in_a_header_is_joined_by_commas() -> None:
    encoded = encode(ODD, sample_type=["instruct", "pretrain"], search=None)

    assert encoded.headers == {"sample_type": "instruct,pretrain"}


async def test_a_form_takes_fields_that_the_specification_does_not_know() -> None:
    encoded = encode(UPLOAD, file=b"x", purpose="batch", extra_body={"brand_new": 1, "purpose": "ocr"})

    assert isinstance(encoded.body, MultipartBody)
    parts = await parts_of(await sent(encoded.body), encoded.content_type or "")
    assert {part.name: part.content for part in parts} == {"purpose": b"ocr", "brand_new": b"1", "file": b"x"}


@pytest.mark.parametrize("stream", [True, False])
async def test_a_form_asks_for_a_stream_as_json_does(stream: bool) -> None:
    streaming = structs.replace(UPLOAD, events=Events(type="shared.CompletionEvent", flag="visibility"))

    encoded = encode(streaming, file=b"x", visibility="user", stream=stream, validate=False)

    assert isinstance(encoded.body, MultipartBody)
    parts = await parts_of(await sent(encoded.body), encoded.content_type or "")
    assert [part.content for part in parts if part.name == "visibility"] == ([b"true"] if stream else [])
