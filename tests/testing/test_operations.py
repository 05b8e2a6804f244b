"""Each operation, over a real socket, judged by the specification."""

from __future__ import annotations

from typing import Any

import pytest

from mistral_async.testing import LocalServer
from tests.openapi_check import operations
from tests.testing.api import Api

MESSAGES = [{"role": "user", "content": "Hello"}]
FILE = "11111111-1111-4111-8111-111111111111"
TUNED = "ft:mistral-small-latest:mine:12345678"
CLASSIFIER = "ft:classifier:ministral-3b-latest:mine:12345678"
TRAINING = b'{"messages":[]}\n'
BATCH = {
    "endpoint": "/v1/chat/completions",
    "model": "mistral-small-latest",
    "requests": [{"body": {"messages": MESSAGES}}],
}
TUNING: dict[str, Any] = {"model": "mistral-small-latest", "training_files": [{"file_id": FILE}], "hyperparameters": {}}

CASES: dict[str, tuple[str, Any]] = {
    "GET /v1/models": ("/v1/models", None),
    "GET /v1/models/{model_id}": (f"/v1/models/{TUNED}", None),
    "DELETE /v1/models/{model_id}": (f"/v1/models/{TUNED}", None),
    "GET /v1/files": ("/v1/files", None),
    "GET /v1/files/{file_id}": (f"/v1/files/{FILE}", None),
    "DELETE /v1/files/{file_id}": (f"/v1/files/{FILE}", None),
    "GET /v1/files/{file_id}/content": (f"/v1/files/{FILE}/content", None),
    "GET /v1/files/{file_id}/url": (f"/v1/files/{FILE}/url", None),
    "PATCH /v1/fine_tuning/models/{model_id}": (f"/v1/fine_tuning/models/{CLASSIFIER}", {"name": "Intents"}),
    "POST /v1/fine_tuning/models/{model_id}/archive": (f"/v1/fine_tuning/models/{TUNED}/archive", None),
    "DELETE /v1/fine_tuning/models/{model_id}/archive": (f"/v1/fine_tuning/models/{TUNED}/archive", None),
    "GET /v1/batch/jobs": ("/v1/batch/jobs", None),
    "POST /v1/batch/jobs": ("/v1/batch/jobs", BATCH),
    "GET /v1/batch/jobs/{job_id}": ("/v1/batch/jobs/{batch}", None),
    "DELETE /v1/batch/jobs/{job_id}": ("/v1/batch/jobs/{batch}", None),
    "POST /v1/batch/jobs/{job_id}/cancel": ("/v1/batch/jobs/{batch}/cancel", None),
    "POST /v1/chat/completions": ("/v1/chat/completions", {"model": "mistral-large-latest", "messages": MESSAGES}),
    "POST /v1/fim/completions": ("/v1/fim/completions", {"model": "codestral-latest", "prompt": "def f(x):\n    "}),
    "POST /v1/agents/completions": ("/v1/agents/completions", {"agent_id": "ag:1:20250101:a:b", "messages": MESSAGES}),
    "POST /v1/embeddings": ("/v1/embeddings", {"model": "mistral-embed", "input": ["one", "two"]}),
    "POST /v1/moderations": ("/v1/moderations", {"model": "mistral-moderation-latest", "input": "Hello"}),
    "POST /v1/chat/moderations": ("/v1/chat/moderations", {"model": "mistral-moderation-latest", "input": MESSAGES}),
    "POST /v1/ocr": (
        "/v1/ocr",
        {
            "model": "mistral-ocr-latest",
            "document": {"type": "document_url", "document_url": "https://a.example/b.pdf"},
        },
    ),
    "POST /v1/classifications": ("/v1/classifications", {"model": CLASSIFIER, "input": ["Hello"]}),
    "POST /v1/chat/classifications": (
        "/v1/chat/classifications",
        {"model": CLASSIFIER, "input": [{"messages": MESSAGES}]},
    ),
    "GET /v1/fine_tuning/jobs": ("/v1/fine_tuning/jobs", None),
    "POST /v1/fine_tuning/jobs": ("/v1/fine_tuning/jobs", TUNING),
    "GET /v1/fine_tuning/jobs/{job_id}": ("/v1/fine_tuning/jobs/{tuning}", None),
    "POST /v1/fine_tuning/jobs/{job_id}/cancel": ("/v1/fine_tuning/jobs/{tuning}/cancel", None),
    "POST /v1/fine_tuning/jobs/{job_id}/start": ("/v1/fine_tuning/jobs/{waiting}/start", None),
}


def prepare(server: LocalServer) -> None:
    """A file and two models of known ids."""
    server.add_file("training.jsonl", TRAINING, id=FILE)
    server.add_model(TUNED)
    server.add_model(CLASSIFIER, classifier_targets={"intent": ["greet", "leave"]})


@pytest.mark.parametrize("operation", CASES)
async def test_an_operation_answers_as_the_specification_says(
    operation: str, timed: LocalServer, timed_api: Api
) -> None:
    prepare(timed)
    method, _ = operation.split()
    path, body = CASES[operation]
    ids: dict[str, str] = {}
    if "{batch}" in path:
        ids["batch"] = (await timed_api.post("/v1/batch/jobs", BATCH)).json()["id"]
    if "{tuning}" in path:
        ids["tuning"] = (await timed_api.post("/v1/fine_tuning/jobs", TUNING)).json()["id"]
    if "{waiting}" in path:
        job = await timed_api.post("/v1/fine_tuning/jobs", {**TUNING, "auto_start": False})
        ids["waiting"] = job.json()["id"]
        await timed.run_jobs()

    answer = await timed_api(method, path.format(**ids), **({} if body is None else {"json": body}))

    assert (answer.status, timed.requests[-1].operation) == (200, operation)


async def test_an_upload_answers_as_the_specification_says(api: Api) -> None:
    answer = await api.upload(b"{}\n", purpose="batch", visibility="user")

    assert (answer.status, answer.json()["num_lines"], answer.json()["visibility"]) == (200, 1, "user")


def test_every_operation_of_the_specification_is_called_here() -> None:
    assert {f"{method} {path}" for method, path in operations()} == {*CASES, "POST /v1/files"}


@pytest.mark.parametrize("operation", [name for name in CASES if "{" in name])
@pytest.mark.parametrize("id", ["..%2Fmodels", "a%2Fb", "a%252Fb", "x%3Fy%23z", "%20", "caf%C3%A9"])
async def test_an_id_is_one_segment_of_the_path_however_odd(
    operation: str, id: str, server: LocalServer, api: Api
) -> None:
    method, template = operation.split()
    _, body = CASES[operation]
    path = "/".join(id if segment.startswith("{") else segment for segment in template.split("/"))

    answer = await api(method, path, **({} if body is None else {"json": body}))

    assert answer.status == 404
    assert set(answer.json()) == {"object", "message", "type", "param", "code"}
    assert (server.requests[-1].operation, server.requests[-1].path) == (operation, path)


@pytest.mark.parametrize(
    ("id", "encoded"),
    [("../models", "..%2Fmodels"), ("a/b", "a%2Fb"), ("a%2Fb", "a%252Fb"), ("x?y#z", "x%3Fy%23z"), ("é", "%C3%A9")],
)
async def test_an_odd_id_is_decoded_once(id: str, encoded: str, server: LocalServer, api: Api) -> None:
    server.add_file("odd.txt", b"odd", id=id)

    answer = await api.get(f"/v1/files/{encoded}")

    assert answer.json()["id"] == id
