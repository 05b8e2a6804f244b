"""Operations to encode the calls of, and how a test does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mistral_async.codec.requests import Encoded, RequestEncoder
from mistral_async.errors import RequestValidationError
from mistral_async.operation import Events, Operation

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
