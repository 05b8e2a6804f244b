"""From the arguments of a call to query, headers and body."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from msgspec import UNSET

from mistral_async.codec.multipart import MultipartBody
from mistral_async.codec.requests import Encoded, RequestEncoder
from mistral_async.errors import RequestValidationError
from mistral_async.model import UnknownVariant
from mistral_async.models.chat import ChatCompletionRequest
from mistral_async.models.files import UploadFileRequest
from mistral_async.models.shared import AssistantMessage, TextChunk, UserMessage
from mistral_async.operation import Events, Operation
from tests.reading import parts_of, sent

CHAT = Operation(
    method="POST",
    path="/v1/chat/completions",
    body="chat.ChatCompletionRequest",
    body_required=True,
    events=Events(type="shared.CompletionEvent", flag="stream"),
)
LIST = Operation(method="GET", path="/v1/batch/jobs", query="batch.ListBatchJobsQuery")
GET = Operation(method="GET", path="/v1/things/{thing_id}")
UPLOAD = Operation(
    method="POST",
    path="/v1/files",
    body="files.UploadFileRequest",
    multipart=True,
    files=("file", "cover"),
    required_files=("file",),
)
# A shape that no operation of the core has: a body that may be left out, parameters in query and header besides.
ODD = Operation(
    method="PATCH",
    path="/v1/odd",
    body="files.UploadFileRequest",
    query="files.GetFileUrlQuery",
    headers="files.ListFilesQuery",
)
INSTRUCT = Operation(method="POST", path="/v1/instruct", body="chat.ChatClassificationRequestInputs")
MESSAGES: list[Any] = [{"role": "user", "content": "hi"}]


def encode(operation: Operation, request: object = None, /, **options: Any) -> Encoded:
    names = ("stream", "extra_body", "validate")
    params = {name: value for name, value in options.items() if name not in names}
    return RequestEncoder(operation).encode(
        request, params, **{name: options[name] for name in names if name in options}
    )


def body_of(encoded: Encoded) -> Any:
    assert isinstance(encoded.body, bytes)
    return json.loads(encoded.body)


def refusal(operation: Operation, request: object = None, /, **options: Any) -> RequestValidationError:
    with pytest.raises(RequestValidationError) as caught:
        encode(operation, request, **options)
    assert str(caught.value).startswith(f"{operation.method} {operation.path}")
    return caught.value


def test_fields_become_a_body_and_what_is_unset_is_not_sent() -> None:
    encoded = encode(CHAT, model="m", messages=[UserMessage(content="hi")], temperature=None, top_p=UNSET)

    assert body_of(encoded) == {"model": "m", "messages": MESSAGES, "temperature": None}
    assert (encoded.query, encoded.headers) == ("", {})


@pytest.mark.parametrize(
    "request_body",
    [
        ChatCompletionRequest(model="m", messages=[UserMessage(content="hi")]),
        {"model": "m", "messages": MESSAGES},
        {"model": "m", "messages": [UserMessage(content="hi")]},
        {"model": "m", "messages": (UserMessage(content="hi"),)},
    ],
)
def test_a_whole_request_and_a_plain_dict_are_the_same(request_body: object) -> None:
    assert body_of(encode(CHAT, request_body)) == {"model": "m", "messages": MESSAGES}


def test_a_whole_request_and_fields_besides_are_refused() -> None:
    with pytest.raises(TypeError, match=r"a whole request or its fields \(temperature\), not both"):
        encode(CHAT, ChatCompletionRequest(model="m", messages=[]), temperature=1)


@pytest.mark.parametrize("given", [UNSET, True, False])
def test_how_a_call_is_used_decides_whether_it_streams(given: Any) -> None:
    whole = ChatCompletionRequest(model="m", messages=[], stream=given)
    fields: dict[str, Any] = {"model": "m", "messages": [], "stream": given}
    plain = {name: value for name, value in fields.items() if value is not UNSET}

    for streamed, expected in ((True, {"stream": True}), (False, {})):
        for encoded in (
            encode(CHAT, whole, stream=streamed),
            encode(CHAT, plain, stream=streamed),
            RequestEncoder(CHAT).encode(None, fields, stream=streamed),
        ):
            assert body_of(encoded) == {"model": "m", "messages": [], **expected}
    assert whole.stream is fields["stream"] is given  # the caller's own are not changed


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"model": "m"}, None, "missing required field `messages`"),
        ({"model": "m", "messages": [], "temprature": 1}, None, "'temprature'; did you mean 'temperature'?"),
        ({"model": "m", "messages": [], "temperature": 2}, "temperature", "temperature: Expected `float` <= 1.5"),
        ({"model": "m", "messages": [{"role": "usr"}]}, "messages[0].role", "Invalid value 'usr'"),
        ({"model": "m", "messages": [UserMessage(content=5)]}, "messages[0].content", "got `int`"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        ({"model": "m", "messages": [object()]}, None, "cannot be sent as JSON: Encoding objects of type object"),
        ({"model": "m", "messages": [{"role": "user", "content": UNSET}]}, None, "cannot be sent as JSON"),
        ({"model": "\ud800", "messages": []}, None, "surrogates not allowed"),
        ({"model": "m", "messages": [], "metadata": {1.5: {2: set}}}, None, "cannot be sent as JSON"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(fields: dict[str, Any], field: str | None, message: str) -> None:
    error = refusal(CHAT, **fields)

    assert error.field == field
    assert message in str(error)


def test_a_body_that_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)

    assert "cannot be sent as JSON" in str(refusal(CHAT, model="m", messages=loop))
    assert "cannot be sent as JSON" in str(refusal(CHAT, {"model": "m", "messages": loop}, validate=False))


def test_without_validation_anything_is_sent() -> None:
    assert body_of(encode(CHAT, modle="m", validate=False)) == {"modle": "m"}
    assert encode(GET, x=1, validate=False).query == "x=1"
    assert encode(LIST, page="x", validate=False).query == "page=x"


def test_extra_fields_are_sent_unchecked_and_win_but_for_the_flag() -> None:
    extra = {"brand_new": {"a": 1}, "model": 5, "stream": True}

    encoded = encode(CHAT, ChatCompletionRequest(model="m", messages=[UserMessage(content="hi")]), extra_body=extra)

    assert body_of(encoded) == {"model": 5, "messages": MESSAGES, "brand_new": {"a": 1}}
    assert body_of(encode(CHAT, model="m", messages=[], stream=True, extra_body=extra))["stream"] is True


def test_extra_fields_make_a_body_where_an_operation_has_none() -> None:
    assert body_of(encode(GET, extra_body={"a": 1})) == {"a": 1}
    assert body_of(encode(ODD, extra_body={"a": 1})) == {"a": 1}
    assert "cannot be sent as JSON" in str(refusal(CHAT, model="m", messages=[], extra_body={"a": object()}))


def test_a_body_that_is_not_needed_and_not_given_is_not_sent() -> None:
    assert encode(ODD).body is None
    assert encode(GET).body is None
    assert encode(CHAT, {"model": "m", "messages": []}).body is not None
    assert "missing required field" in str(refusal(CHAT))


def test_a_variant_from_a_newer_answer_goes_back_unchanged() -> None:
    variant = UnknownVariant(type="hologram", data=[1])
    message: Any = AssistantMessage(content=[TextChunk(text="x"), variant])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]

    sent_message = body_of(encode(CHAT, model="m", messages=[message]))["messages"][0]

    assert sent_message["content"] == [{"type": "text", "text": "x"}, variant]
    # The rest is checked all the same.
    assert refusal(CHAT, model="m", messages=[message], temperature=9).field == "temperature"
    assert refusal(CHAT, model=variant, messages=[message, {"role": "user"}]).field is not None


def test_a_body_that_is_no_object_is_sent_as_it_is() -> None:
    assert body_of(encode(INSTRUCT, [{"messages": MESSAGES}])) == [{"messages": MESSAGES}]
    assert refusal(INSTRUCT, [{"messages": [{"role": "user"}]}]).field == "[0].messages[0]"


def test_query_parameters_are_written_as_the_api_reads_them() -> None:
    moment = datetime.datetime(2026, 11, 1, 12, 30, tzinfo=datetime.UTC)

    encoded = encode(LIST, page=0, status=["QUEUED", "RUNNING"], created_after=moment, metadata={"a": "b"}, model=None)

    assert encoded == Encoded(
        "page=0&status=QUEUED&status=RUNNING&created_after=2026-11-01T12%3A30%3A00Z&a=b", {}, None
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
