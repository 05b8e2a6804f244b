"""The connector's 28 operations: each called as its documentation's sample calls it, and that sample's answer.

Several answers leave out fields that the specification requires, and one holds text among numbers: they stand here as
they were published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mistral_async import Call, MistralClient


@dataclass(frozen=True)
class Sample:
    operation: str
    path: str  # as it must reach the server, still encoded
    call: Callable[[MistralClient], Call[Any]]
    answer: Any  # JSON, or bytes
    body: Any = None  # the JSON that must reach the server
    strays: bool = False  # the request, too, is not what the specification allows


def usage(prompt: int, completion: int) -> dict[str, int]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def completion(identifier: str, kind: str, model: str, text: str, used: dict[str, int]) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": identifier, "object": kind, "created": 1710000000, "model": model, "choices": [choice], "usage": used}


CAPITAL = [{"role": "user", "content": "What is the capital of France?"}]
REPORT = [{"role": "user", "content": "Summarize the latest sales report."}]
WEATHER = [{"role": "user", "content": "Tell me about the weather today."}]
TEXTS = ["Ballerina is a programming language for integration.", "Mistral AI provides LLMs."]
FIBONACCI = "def fibonacci(n):\n if n <= 1:\n return n\n "
FINE_TUNED = "ft:mistral-small:my-model:abc123"
FINE_TUNED_PATH = "ft%3Amistral-small%3Amy-model%3Aabc123"
HARMLESS = {
    "sexual": False,
    "hate_and_discrimination": False,
    "violence_and_threats": False,
    "dangerous_and_criminal_content": False,
    "selfharm": False,
    "health": False,
    "financial": False,
    "law": False,
    "pii": False,
}
FILE = {"id": "file-abc123", "object": "file", "bytes": 1024, "created_at": 1710000000}
TRAINING_FILE = {**FILE, "filename": "training_data.jsonl", "purpose": "fine-tune"}
TUNING = {"model": "mistral-small-latest", "created_at": 1710000000}
BATCH = {
    "model": "mistral-small-latest",
    "created_at": 1710000000,
    "input_files": ["file-abc123"],
    "endpoint": "/chat/completions",
}

SAMPLES: list[Sample] = [
    Sample(
        "POST /v1/chat/completions",
        "/v1/chat/completions",
        lambda c: c.chat.completions.post(
            model="mistral-large-latest", messages=[{"role": "user", "content": "What is the capital of France?"}]
        ),
        completion(
            "cmpl-abc123", "chat.completion", "mistral-large-latest", "The capital of France is Paris.", usage(15, 9)
        ),
        {"model": "mistral-large-latest", "messages": CAPITAL},
    ),
    Sample(
        "POST /v1/agents/completions",
        "/v1/agents/completions",
        lambda c: c.agents.completions.post(
            agent_id="ag:abc123:20250101:my-agent:xyz789",
            messages=[{"role": "user", "content": "Summarize the latest sales report."}],
        ),
        completion(
            "cmpl-agent-456",
            "chat.completion",
            "mistral-large-latest",
            "The latest sales report shows a 15% increase in Q4 revenue...",
            usage(20, 35),
        ),
        {"agent_id": "ag:abc123:20250101:my-agent:xyz789", "messages": REPORT},
    ),
    Sample(
        "POST /v1/fim/completions",
        "/v1/fim/completions",
        lambda c: c.fim.completions.post(
            model="codestral-latest", prompt=FIBONACCI, suffix="\n return fibonacci(n-1) + fibonacci(n-2)"
        ),
        completion("fim-abc123", "fim.completion", "codestral-latest", "else:", usage(25, 3)),
        {"model": "codestral-latest", "prompt": FIBONACCI, "suffix": "\n return fibonacci(n-1) + fibonacci(n-2)"},
    ),
    Sample(
        "POST /v1/embeddings",
        "/v1/embeddings",
        lambda c: c.embeddings.post(model="mistral-embed", input=TEXTS),
        {
            "id": "emb-abc123",
            "object": "list",
            "model": "mistral-embed",
            "data": [
                {"object": "embedding", "index": 0, "embedding": [0.0123, -0.0456, 0.0789, "..."]},
                {"object": "embedding", "index": 1, "embedding": [0.0321, -0.0654, 0.0987, "..."]},
            ],
            "usage": {"prompt_tokens": 18, "total_tokens": 18},
        },
        {"model": "mistral-embed", "input": TEXTS},
    ),
    Sample(
        "POST /v1/ocr",
        "/v1/ocr",
        lambda c: c.ocr.post(
            model="mistral-ocr-latest",
            document={"type": "document_url", "document_url": "https://example.com/invoice.pdf"},
        ),
        {
            "pages": [
                {
                    "index": 0,
                    "markdown": "# Invoice\n\nDate: 2025-01-15\nTotal: $1,250.00\n\n| Item | Qty | Price |\n"
                    "|------|-----|-------|\n| Widget A | 5 | $250.00 |",
                }
            ],
            "model": "mistral-ocr-latest",
            "usage": {"pages_processed": 1},
        },
        {
            "model": "mistral-ocr-latest",
            "document": {"type": "document_url", "document_url": "https://example.com/invoice.pdf"},
        },
    ),
    Sample(
        "POST /v1/moderations",
        "/v1/moderations",
        lambda c: c.moderations.post(model="mistral-moderation-latest", input=["This is a normal message."]),
        {"id": "mod-abc123", "model": "mistral-moderation-latest", "results": [{"categories": HARMLESS}]},
        {"model": "mistral-moderation-latest", "input": ["This is a normal message."]},
    ),
    Sample(
        "POST /v1/chat/moderations",
        "/v1/chat/moderations",
        lambda c: c.chat.moderations.post(
            model="mistral-moderation-latest",
            input=[{"role": "user", "content": "Tell me about the weather today."}],
        ),
        {"id": "mod-chat-456", "model": "mistral-moderation-latest", "results": [{"categories": HARMLESS}]},
        {"model": "mistral-moderation-latest", "input": WEATHER},
    ),
    Sample(
        "GET /v1/models",
        "/v1/models",
        lambda c: c.models(),
        {
            "object": "list",
            "data": [
                {"id": identifier, "object": "model", "created": 1710000000, "owned_by": "mistralai"}
                for identifier in ("mistral-large-latest", "mistral-small-latest")
            ],
        },
    ),
    Sample(
        "GET /v1/models/{model_id}",
        "/v1/models/mistral-large-latest",
        lambda c: c.models["mistral-large-latest"](),
        {
            "id": "mistral-large-latest",
            "object": "model",
            "created": 1710000000,
            "owned_by": "mistralai",
            "capabilities": {
                "completion_chat": True,
                "completion_fim": False,
                "fine_tuning": True,
                "function_calling": True,
                "vision": True,
            },
            "max_context_length": 128000,
        },
    ),
    Sample(
        "DELETE /v1/models/{model_id}",
        f"/v1/models/{FINE_TUNED_PATH}",
        lambda c: c.models[FINE_TUNED].delete(),
        {"id": FINE_TUNED, "object": "model", "deleted": True},
    ),
    Sample("GET /v1/files", "/v1/files", lambda c: c.files(), {"data": [TRAINING_FILE], "total": 1}),
    Sample(
        "POST /v1/files",
        "/v1/files",
        lambda c: c.files.post(file=("training_data.jsonl", b'{"messages": []}\n'), purpose="fine-tune"),
        {**TRAINING_FILE, "id": "file-def456", "bytes": 2048},
    ),
    Sample("GET /v1/files/{file_id}", "/v1/files/file-abc123", lambda c: c.files["file-abc123"](), TRAINING_FILE),
    Sample(
        "DELETE /v1/files/{file_id}",
        "/v1/files/file-abc123",
        lambda c: c.files["file-abc123"].delete(),
        {"id": "file-abc123", "object": "file", "deleted": True},
    ),
    Sample(
        "GET /v1/files/{file_id}/content",
        "/v1/files/file-abc123/content",
        lambda c: c.files["file-abc123"].content(),
        bytes([72, 101, 108, 108, 111]),
    ),
    Sample(
        "GET /v1/files/{file_id}/url",
        "/v1/files/file-abc123/url",
        lambda c: c.files["file-abc123"].url(),
        {"url": "https://storage.mistral.ai/files/file-abc123?token=xyz&expires=1710086400"},
    ),
    Sample(
        "GET /v1/fine_tuning/jobs",
        "/v1/fine_tuning/jobs",
        lambda c: c.fine_tuning.jobs(),
        {"data": [{**TUNING, "id": "ftjob-abc123", "status": "SUCCESS", "fine_tuned_model": FINE_TUNED}], "total": 1},
    ),
    Sample(
        "POST /v1/fine_tuning/jobs",
        "/v1/fine_tuning/jobs",
        lambda c: c.fine_tuning.jobs.post(
            model="mistral-small-latest",
            training_files=[{"file_id": "file-abc123", "weight": 1}],
            hyperparameters={"learning_rate": 0.0001, "training_steps": 10},
            suffix="my-custom-model",
        ),
        {
            **TUNING,
            "id": "ftjob-def456",
            "status": "QUEUED",
            "hyperparameters": {"learning_rate": 0.0001, "training_steps": 10},
        },
        {
            "model": "mistral-small-latest",
            "training_files": [{"file_id": "file-abc123", "weight": 1}],
            "hyperparameters": {"learning_rate": 0.0001, "training_steps": 10},
            "suffix": "my-custom-model",
        },
    ),
    Sample(
        "GET /v1/fine_tuning/jobs/{job_id}",
        "/v1/fine_tuning/jobs/ftjob-abc123",
        lambda c: c.fine_tuning.jobs["ftjob-abc123"](),
        {
            **TUNING,
            "id": "ftjob-abc123",
            "status": "RUNNING",
            "training_files": ["file-abc123"],
            "fine_tuned_model": None,
            "hyperparameters": {"learning_rate": 0.0001, "training_steps": 10},
            "trained_tokens": 5000,
        },
    ),
    Sample(
        "POST /v1/fine_tuning/jobs/{job_id}/cancel",
        "/v1/fine_tuning/jobs/ftjob-abc123/cancel",
        lambda c: c.fine_tuning.jobs["ftjob-abc123"].cancel.post(),
        {**TUNING, "id": "ftjob-abc123", "status": "CANCELLATION_REQUESTED"},
    ),
    Sample(
        "POST /v1/fine_tuning/jobs/{job_id}/start",
        "/v1/fine_tuning/jobs/ftjob-abc123/start",
        lambda c: c.fine_tuning.jobs["ftjob-abc123"].start.post(),
        {**TUNING, "id": "ftjob-abc123", "status": "RUNNING"},
    ),
    Sample(
        "PATCH /v1/fine_tuning/models/{model_id}",
        f"/v1/fine_tuning/models/{FINE_TUNED_PATH}",
        lambda c: c.fine_tuning.models[FINE_TUNED].patch(
            name="Updated Model Name", description="Improved customer support model"
        ),
        {
            "id": FINE_TUNED,
            "object": "model",
            "name": "Updated Model Name",
            "description": "Improved customer support model",
        },
        {"name": "Updated Model Name", "description": "Improved customer support model"},
    ),
    Sample(
        "POST /v1/fine_tuning/models/{model_id}/archive",
        f"/v1/fine_tuning/models/{FINE_TUNED_PATH}/archive",
        lambda c: c.fine_tuning.models[FINE_TUNED].archive.post(),
        {"id": FINE_TUNED, "object": "model", "archived": True},
    ),
    Sample(
        "DELETE /v1/fine_tuning/models/{model_id}/archive",
        f"/v1/fine_tuning/models/{FINE_TUNED_PATH}/archive",
        lambda c: c.fine_tuning.models[FINE_TUNED].archive.delete(),
        {"id": FINE_TUNED, "object": "model", "archived": False},
    ),
    Sample(
        "GET /v1/batch/jobs",
        "/v1/batch/jobs",
        lambda c: c.batch.jobs(),
        {
            "data": [
                {
                    **BATCH,
                    "id": "batch-abc123",
                    "status": "SUCCESS",
                    "total_requests": 100,
                    "completed_requests": 100,
                }
            ],
            "total": 1,
        },
    ),
    Sample(
        "POST /v1/batch/jobs",
        "/v1/batch/jobs",
        lambda c: c.batch.jobs.post(
            model="mistral-small-latest",
            input_files=["file-abc123"],
            endpoint="/chat/completions",
            metadata={"project": "customer-support"},
        ),
        {**BATCH, "id": "batch-def456", "status": "QUEUED", "total_requests": 0, "completed_requests": 0},
        {
            "model": "mistral-small-latest",
            "input_files": ["file-abc123"],
            "endpoint": "/chat/completions",
            "metadata": {"project": "customer-support"},
        },
        strays=True,
    ),
    Sample(
        "GET /v1/batch/jobs/{job_id}",
        "/v1/batch/jobs/batch-abc123",
        lambda c: c.batch.jobs["batch-abc123"](),
        {**BATCH, "id": "batch-abc123", "status": "RUNNING", "total_requests": 100, "completed_requests": 45},
    ),
    Sample(
        "POST /v1/batch/jobs/{job_id}/cancel",
        "/v1/batch/jobs/batch-abc123/cancel",
        lambda c: c.batch.jobs["batch-abc123"].cancel.post(),
        {
            "id": "batch-abc123",
            "model": "mistral-small-latest",
            "status": "CANCELLATION_REQUESTED",
            "created_at": 1710000000,
        },
    ),
]
