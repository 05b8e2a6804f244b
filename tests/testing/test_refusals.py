"""What the server refuses, and how it says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeAlias

import pytest

from mistral_async.testing import LocalServer
from mistral_async.testing.reading import LARGEST_BODY
from tests.openapi_check import Violation, check_request
from tests.testing.api import Api
from tests.testing.test_operations import CASES, prepare

RICH: dict[str, dict[str, Any]] = {
    "POST /v1/chat/completions": {
        "temperature": 0.5,
        "top_p": 0.5,
        "max_tokens": 5,
        "stop": ["x"],
        "n": 1,
        "random_seed": 1,
        "presence_penalty": 1,
        "frequency_penalty": -1,
        "safe_prompt": True,
        "reasoning_effort": "low",
        "prompt_mode": "reasoning",
        "service_tier": "auto",
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}, "strict": True}},
        "prediction": {"type": "content", "content": "x"},
        "guardrails": [{"block_on_error": True, "moderation_llm_v1": {"action": "block"}}],
        "tools": [
            {"type": "function", "function": {"name": "f", "parameters": {}, "description": "d", "strict": True}},
            {"type": "web_search", "tool_configuration": {"exclude": ["x"]}},
            {"type": "document_library", "library_ids": ["x"]},
            {"type": "connector", "connector_id": "c", "authorization": {"type": "api-key", "value": "v"}},
        ],
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "x"}]},
            {"role": "assistant", "content": "x", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "content": "x", "tool_call_id": "i", "name": "f"},
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": "u", "detail": "low"}},
                    {"type": "document_url", "document_url": "u"},
                    {"type": "reference", "reference_ids": [1, "a"]},
                    {"type": "file", "file_id": "f"},
                    {"type": "thinking", "thinking": [{"type": "tool_reference", "tool": "any", "title": "t"}]},
                    {"type": "input_audio", "input_audio": "x"},
                ],
            },
        ],
    },
    "POST /v1/agents/completions": {"n": 1, "stop": "x", "tool_choice": "auto", "metadata": {"a": 1}},
    "POST /v1/fim/completions": {"suffix": "x", "top_p": 1, "min_tokens": 0, "stop": None},
    "POST /v1/embeddings": {"output_dimension": 8, "output_dtype": "int8", "encoding_format": "float"},
    "POST /v1/ocr": {"pages": [0], "table_format": "html", "confidence_scores_granularity": "word", "image_limit": 1},
    "POST /v1/batch/jobs": {"metadata": {"a": "b"}, "timeout_hours": 1},
    "POST /v1/fine_tuning/jobs": {
        "suffix": "mine",
        "job_type": "completion",
        "invalid_sample_skip_percentage": 0.5,
        "integrations": [{"type": "wandb", "project": "p", "api_key": "k" * 40}],
        "repositories": [{"type": "github", "name": "n", "owner": "o", "token": "t", "weight": 1}],
        "classifier_targets": [{"name": "n", "labels": ["a"], "weight": 1, "loss_function": "single_class"}],
    },
}

Json: TypeAlias = "bool | float | str | list[Json] | dict[str, Json] | None"

WRONG: list[Json] = [None, True, -3, 0.25, 1e9, "wrong", ["wrong"], {"wrong": 1}]


def mutations(value: Json) -> Iterator[Json]:
    """The same value with one thing in it wrong: replaced, left out, or one too many."""
    yield from (wrong for wrong in WRONG if wrong != value)
    if isinstance(value, dict):
        yield {**value, "unheard_of": 1}
        for name, held in value.items():
            yield {key: kept for key, kept in value.items() if key != name}
            yield from ({**value, name: mutated} for mutated in mutations(held))
    elif isinstance(value, list):
        for index, held in enumerate(value):
            yield from ([*value[:index], mutated, *value[index + 1 :]] for mutated in mutations(held))


@pytest.mark.parametrize("operation", [name for name, (_, body) in CASES.items() if body is not None])
async def test_what_the_specification_refuses_is_refused_with_422(
    operation: str, server: LocalServer, api: Api
) -> None:
    prepare(server)
    method, _ = operation.split()
    path, body = CASES[operation]
    rich = RICH.get(operation, {})
    allowed = json.dumps({**body, **rich}).encode()
    check_request(method, server.url + path, {"content-type": "application/json"}, allowed)
    # One rich field at a time: judging a body with all of them, a thousand times, takes its time.
    one_field = ({**body, name: wrong} for name, value in rich.items() for wrong in mutations(value))
    refused = 0

    for mutated in (*mutations(body), *one_field):
        data = json.dumps(mutated).encode()
        headers = {"content-type": "application/json"}
        try:
            check_request(method, server.url + path, headers, data)
        except Violation:
            answer = await api(method, path, data=data, headers=headers)
            assert answer.status == 422, (mutated, answer.body)
            for problem in answer.json()["detail"]:
                assert problem["loc"][0] == "body"
                assert problem["msg"]
                assert problem["type"]
            refused += 1

    assert refused > 10


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        (operation, f"{path}?{query}")
        for operation, path, query in [
            ("GET /v1/files", "/v1/files", "page=x"),
            ("GET /v1/files", "/v1/files", "page=-1"),
            ("GET /v1/files", "/v1/files", "page_size=0"),
            ("GET /v1/files", "/v1/files", "include_total=maybe"),
            ("GET /v1/files", "/v1/files", "purpose=fun"),
            ("GET /v1/files", "/v1/files", "source=upload&source=moon"),
            ("GET /v1/batch/jobs", "/v1/batch/jobs", "status=RUNNING&status=WALKING"),
            ("GET /v1/batch/jobs", "/v1/batch/jobs", "order_by=size"),
            ("GET /v1/batch/jobs", "/v1/batch/jobs", "created_after=yesterday"),
            ("GET /v1/fine_tuning/jobs", "/v1/fine_tuning/jobs", "status=WALKING"),
            ("GET /v1/fine_tuning/jobs", "/v1/fine_tuning/jobs", "created_before=2026-13-01"),
        ]
    ],
)
async def test_a_query_that_the_specification_refuses_is_refused(operation: str, path: str, api: Api) -> None:
    answer = await api.get(path)

    assert (answer.status, answer.json()["detail"][0]["loc"][0]) == (422, "query")
    assert operation.endswith(path.partition("?")[0])


@pytest.mark.parametrize(
    ("body", "kind", "loc"),
    [
        ({"model": "m"}, "missing", ["body", "messages"]),
        ({"model": "m", "messages": [], "temprature": 1}, "extra_forbidden", ["body", "temprature"]),
        ({"model": 3, "messages": []}, "str_type", ["body", "model"]),
        ({"model": "m", "messages": [{"role": "wizard"}]}, "enum", ["body", "messages", 0, "role"]),
        ({"model": "m", "messages": [{"role": 3}]}, "str_type", ["body", "messages", 0, "role"]),
        ({"model": "m", "messages": [], "temperature": 9}, "out_of_range", ["body", "temperature"]),
        ({"model": "m", "messages": [], "tool_choice": "maybe"}, "enum", ["body", "tool_choice"]),
    ],
)
async def test_a_422_names_the_place(body: Any, kind: str, loc: list[Any], api: Api) -> None:
    answer = await api.post("/v1/chat/completions", body)

    (problem,) = answer.json()["detail"]
    assert (answer.status, problem["type"], problem["loc"]) == (422, kind, loc)


@pytest.mark.parametrize("data", [b"{", b"\xff", b'{"model":"\xff"}', b"nonsense"])
async def test_a_body_that_is_no_json_is_refused(data: bytes, api: Api) -> None:
    answer = await api("POST", "/v1/chat/completions", data=data, headers={"content-type": "application/json"})

    assert (answer.status, answer.json()["detail"][0]["type"]) == (422, "json_invalid")


async def test_a_number_beyond_all_numbers_is_refused(api: Api) -> None:
    body = b'{"model":"m","messages":[],"temperature":1e999}'

    answer = await api("POST", "/v1/chat/completions", data=body, headers={"content-type": "application/json"})

    (problem,) = answer.json()["detail"]
    assert (answer.status, problem["type"], problem["loc"]) == (422, "value_error", ["body", "temperature"])


async def test_a_body_that_is_too_large_goes_by_and_is_refused(server: LocalServer, api: Api) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(LARGEST_BODY // 2**20 + 1):
            yield b" " * 2**20

    answer = await api("POST", "/v1/embeddings", data=body(), headers={"content-type": "application/json"})

    assert (answer.status, answer.json()["type"]) == (413, "request_too_large")
    assert (server.requests[-1].size, server.requests[-1].body) == (LARGEST_BODY + 2**20, b"")


async def test_a_missing_body_is_refused(api: Api) -> None:
    answer = await api.post("/v1/embeddings")

    assert (answer.status, answer.json()["detail"][0]["loc"]) == (422, ["body"])


async def test_a_body_of_another_media_type_is_refused(api: Api) -> None:
    answer = await api("POST", "/v1/embeddings", data=b"{}", headers={"content-type": "text/plain"})

    assert (answer.status, answer.json()["detail"][0]["type"]) == (422, "media_type")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "local-key"}])
async def test_a_wrong_key_gets_401(header: dict[str, str], server: LocalServer) -> None:
    async with Api(server, key="wrong") as stranger:
        answer = await stranger.get("/v1/models", headers=header)

    assert (answer.status, answer.json()) == (401, {"detail": "Unauthorized"})


async def test_a_wrong_key_gets_401_for_an_upload_too(server: LocalServer) -> None:
    async with Api(server, key="wrong") as stranger:
        answer = await stranger.upload(b"x" * 300_000)

    assert (answer.status, server.requests[-1].size > 300_000) == (401, True)


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/nothing", "/v1/models/", "/v1/models/a/b", "/v2/models", "/v1//models"]
)
async def test_an_unknown_path_gets_404(path: str, api: Api) -> None:
    answer = await api.get(path)

    assert (answer.status, answer.json()) == (404, {"detail": "Not Found"})


async def test_a_method_that_a_path_does_not_have_gets_405(api: Api) -> None:
    answer = await api("PUT", "/v1/files")

    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"model": "gpt", "messages": []}),
        ("/v1/chat/completions", {"model": "mistral-embed", "messages": []}),
        ("/v1/fim/completions", {"model": "mistral-small-latest", "prompt": "x"}),
        ("/v1/embeddings", {"model": "mistral-small-latest", "input": "x"}),
        ("/v1/moderations", {"model": "mistral-small-latest", "input": "x"}),
        ("/v1/ocr", {"model": "gpt", "document": {"type": "image_url", "image_url": "u"}}),
        ("/v1/batch/jobs", {"model": "gpt", "endpoint": "/v1/ocr", "requests": []}),
    ],
)
async def test_an_unknown_model_gets_400_with_code_1500(path: str, body: Any, api: Api) -> None:
    answer = await api.post(path, body)

    assert (answer.status, answer.json()["code"]) == (400, "1500")


async def test_every_model_is_taken_where_that_was_asked_for() -> None:
    async with LocalServer(any_model=True) as server, Api(server) as api:
        chat = await api.ask(model="gpt")
        embedding = await api.post("/v1/embeddings", {"model": "mine", "input": "x"})
        judged = await api.post("/v1/classifications", {"model": "mine", "input": "x"})

    assert (chat.status, embedding.status, judged.status) == (200, 200, 200)


async def test_an_agent_exists_if_its_id_looks_like_one_or_was_added(server: LocalServer, api: Api) -> None:
    server.add_agent("mine", model="ministral-8b-latest")
    messages = [{"role": "user", "content": "Hi"}]

    known = await api.post("/v1/agents/completions", {"agent_id": "mine", "messages": messages})
    unknown = await api.post("/v1/agents/completions", {"agent_id": "other", "messages": messages})

    assert (known.json()["model"], unknown.status) == ("ministral-8b-latest", 404)


@pytest.mark.parametrize("kind", [RuntimeError, ConnectionError])
async def test_a_handler_that_fails_gives_500_and_a_log_record(
    kind: type[Exception], server: LocalServer, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> None:
        raise kind("a script is broken")

    server.answer_next(broken)

    answer = await api.get("/v1/models")

    assert (answer.status, answer.json()["type"]) == (500, "internal_server_error")
    assert "a script is broken" in caplog.text


async def test_a_body_that_is_nested_too_deeply_is_refused(api: Api) -> None:
    deep = b'{"model":"mistral-small-latest","messages":[],"metadata":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"

    answer = await api("POST", "/v1/chat/completions", data=deep, headers={"content-type": "application/json"})

    assert (answer.status, answer.json()["detail"][0]["type"]) == (422, "json_invalid")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "minItems": 10**9},
        {"type": "array", "minItems": 900, "items": {"type": "array", "minItems": 900}},
        {"type": "string", "minLength": 10**9},
        {"type": "string", "minLength": "x"},
        {"properties": 3},
        {"allOf": 5},
    ],
)
async def test_a_schema_that_cannot_be_used_is_refused(schema: Any, api: Api) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"properties": {"a": schema}}}}

    answer = await api.ask(response_format=form)

    assert (answer.status, answer.json()["param"]) == (400, "schema")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/v1/moderations",
            {"model": "mistral-moderation-latest", "input": ["a" * 300_000, "-" * 300_000, "." * 300_000]},
        ),
        ("/v1/embeddings", {"model": "mistral-embed", "input": [""] * 20_000}),
        (
            "/v1/chat/completions",
            {"model": "mistral-small-latest", "messages": [], "min_tokens": 10**9, "n": 10**9, "top_logprobs": 10**9},
        ),
        (
            "/v1/chat/completions",
            {"model": "mistral-small-latest", "messages": [{"role": "user", "content": " " * 300_000}]},
        ),
        (
            "/v1/ocr",
            {
                "model": "mistral-ocr-latest",
                "document": {"type": "document_url", "document_url": "data:," + "| " * 150_000 + "%0A" * 30_000},
            },
        ),
    ],
)
async def test_a_request_that_asks_for_too_much_does_not_stop_the_server(path: str, body: Any, api: Api) -> None:
    async with asyncio.timeout(20):
        answer = await api.post(path, body)

    assert answer.status in (200, 400)
