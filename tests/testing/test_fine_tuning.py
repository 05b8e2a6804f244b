"""Fine-tuning jobs, and how they move."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mistral_async.testing import LocalServer, ManualClock
from tests.testing.api import Api, until

TUNING: dict[str, Any] = {
    "model": "mistral-small-latest",
    "hyperparameters": {"training_steps": 10, "learning_rate": 0.001},
}
BATCH: dict[str, Any] = {
    "endpoint": "/v1/chat/completions",
    "model": "mistral-small-latest",
    "requests": [{"body": {"messages": []}}],
}
SAMPLE = b'{"messages":[]}\n'


async def tune(api: Api, content: bytes = SAMPLE, **fields: Any) -> dict[str, Any]:
    file = (await api.upload(content)).json()
    body = {**TUNING, "training_files": [{"file_id": file["id"]}], **fields}
    query = "?dry_run=true" if body.pop("dry_run", False) else ""
    answer = await api.post(f"/v1/fine_tuning/jobs{query}", body)
    assert answer.status == 200, answer.body
    job: dict[str, Any] = answer.json()
    return job


async def test_a_fine_tuning_job_goes_through_its_states_and_ends_with_a_model(
    timed: LocalServer, timed_api: Api, clock: ManualClock
) -> None:
    job = await tune(timed_api, suffix="mine")
    seen = [job["status"]]
    shown: Any = job
    for _ in range(5):
        clock.advance(1)
        shown = (await timed_api.get(f"/v1/fine_tuning/jobs/{job['id']}")).json()
        seen.append(shown["status"])

    assert seen == ["QUEUED", "VALIDATING", "VALIDATED", "STARTED", "RUNNING", "SUCCESS"]
    assert [event["data"]["status"] for event in shown["events"]] == seen[::-1]
    assert [checkpoint["step_number"] for checkpoint in shown["checkpoints"]] == [10, 5]
    assert shown["hyperparameters"]["learning_rate"] == 0.001
    assert shown["hyperparameters"]["fim_ratio"] == 0.9
    name = shown["fine_tuned_model"]
    assert name.startswith("ft:mistral-small-latest:mine:")
    card = (await timed_api.get(f"/v1/models/{name}")).json()
    assert (card["type"], card["job"], card["root"]) == ("fine-tuned", job["id"], "mistral-small-latest")
    assert (await timed_api.ask(model=name)).json()["model"] == name


async def test_jobs_move_by_themselves(server: LocalServer, api: Api) -> None:
    server.add_file("a.jsonl", SAMPLE, id="a")
    await tune(api)
    await api.post("/v1/batch/jobs", BATCH)

    async def moved() -> bool:
        models = (await api.get("/v1/models")).json()["data"]
        results = (await api.get("/v1/files?source=mistral")).json()["total"]
        return any(model["type"] == "fine-tuned" for model in models) and results == 1

    await until(moved)


async def test_a_dry_run_only_tells_what_a_job_would_take(api: Api) -> None:
    estimate = await tune(api, b"x" * 4000, dry_run=True, hyperparameters={"epochs": 2})

    assert (estimate["object"], estimate["data_tokens"], estimate["train_tokens"]) == ("job.metadata", 1000, 2000)
    assert (await api.get("/v1/fine_tuning/jobs")).json()["total"] == 0


async def test_a_job_waits_to_be_started_where_it_was_told_to(server: LocalServer, api: Api) -> None:
    job = await tune(api, auto_start=False)
    path = f"/v1/fine_tuning/jobs/{job['id']}"
    early = await api.post(f"{path}/start") if job["status"] == "QUEUED" else None
    await server.run_jobs()
    waiting = (await api.get(path)).json()

    started = (await api.post(f"{path}/start")).json()
    again = await api.post(f"{path}/start")
    await server.run_jobs()

    assert (early and early.status, waiting["status"], started["status"]) == (409, "VALIDATED", "STARTED")
    assert (again.status, (await api.get(path)).json()["status"]) == (409, "SUCCESS")


async def test_a_classifier_is_trained_on_its_targets(server: LocalServer, api: Api) -> None:
    targets = [{"name": "mood", "labels": ["glad", "sad"], "weight": 2, "loss_function": "multi_class"}]
    job = await tune(api, model="ministral-3b-latest", job_type="classifier", classifier_targets=targets)
    await server.run_jobs()

    shown = (await api.get(f"/v1/fine_tuning/jobs/{job['id']}")).json()
    name = shown["fine_tuned_model"]
    answer = await api.post("/v1/classifications", {"model": name, "input": "glad"})

    assert (shown["job_type"], shown["classifier_targets"]) == ("classifier", targets)
    assert "fim_ratio" not in shown["hyperparameters"]
    assert set(answer.json()["results"][0]["mood"]["scores"]) == {"glad", "sad"}
    assert (await api.ask(model=name)).status == 400


async def test_what_is_secret_in_a_job_is_not_shown(api: Api) -> None:
    job = await tune(
        api,
        integrations=[{"type": "wandb", "project": "p", "name": "n", "api_key": "k" * 40}],
        repositories=[{"type": "github", "name": "n", "owner": "o", "token": "secret-token"}],
    )

    assert "k" * 40 not in json.dumps(job)
    assert "secret-token" not in json.dumps(job)
    assert (job["integrations"][0]["project"], len(job["repositories"][0]["commit_id"])) == ("p", 40)


@pytest.mark.parametrize(
    ("content", "skipped", "status"),
    [
        (b"no json", 0, "FAILED_VALIDATION"),
        (b"[]\n" + SAMPLE, 0.5, "SUCCESS"),
        (b"[]\n\n" + SAMPLE, 0.4, "FAILED_VALIDATION"),
        (b"", 0, "FAILED_VALIDATION"),
    ],
)
async def test_training_files_are_validated(
    content: bytes, skipped: float, status: str, server: LocalServer, api: Api
) -> None:
    job = await tune(api, content, invalid_sample_skip_percentage=skipped)
    await server.run_jobs()

    assert (await api.get(f"/v1/fine_tuning/jobs/{job['id']}")).json()["status"] == status


async def test_a_training_file_that_was_deleted_fails_the_validation(timed: LocalServer, timed_api: Api) -> None:
    job = await tune(timed_api, SAMPLE * 10_000)
    await timed_api.delete(f"/v1/files/{job['training_files'][0]}")
    await timed.run_jobs()

    assert (await timed_api.get(f"/v1/fine_tuning/jobs/{job['id']}")).json()["status"] == "FAILED_VALIDATION"


async def test_a_fine_tuning_job_can_be_cancelled_until_it_has_ended(
    timed: LocalServer, timed_api: Api, clock: ManualClock
) -> None:
    path = f"/v1/fine_tuning/jobs/{(await tune(timed_api))['id']}"

    asked = (await timed_api.post(f"{path}/cancel")).json()
    clock.advance(1)
    done = (await timed_api.post(f"{path}/cancel")).json()
    finished = (await tune(timed_api))["id"]
    await timed.run_jobs()

    assert [asked["status"], done["status"]] == ["CANCELLATION_REQUESTED", "CANCELLED"]
    assert (await timed_api.post(f"/v1/fine_tuning/jobs/{finished}/cancel")).status == 409


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"model": "gpt"}, 400),
        ({"model": "mistral-embed"}, 400),
        ({"training_files": []}, 422),
        ({"training_files": [{"file_id": "nothing"}]}, 404),
        ({"training_files": [{"file_id": "batch"}]}, 422),
        ({"validation_files": ["nothing"]}, 404),
        ({"job_type": "classifier"}, 422),
        ({"suffix": "much too long a suffix"}, 422),
    ],
)
async def test_a_fine_tuning_job_that_cannot_be_is_refused(
    fields: dict[str, Any], status: int, server: LocalServer, api: Api
) -> None:
    server.add_file("a.jsonl", SAMPLE, id="good")
    server.add_file("b.jsonl", SAMPLE, id="batch", purpose="batch")
    body = {**TUNING, "training_files": [{"file_id": "good"}], **fields}

    assert (await api.post("/v1/fine_tuning/jobs", body)).status == status


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "10"),
        ("page_size=1", "1"),
        ("model=ministral-3b-latest", "1"),
        ("status=QUEUED", "10"),
        ("status=SUCCESS", ""),
        ("suffix=mine", "0"),
        ("wandb_project=p", "0"),
        ("wandb_name=run", "0"),
        ("wandb_name=other", ""),
        ("created_after=2024-03-09T16:00:00Z", "1"),
        ("created_before=2024-03-09T16:00:00.2Z", "0"),
        ("created_by_me=true", "10"),
    ],
)
async def test_the_list_of_fine_tuning_jobs_is_narrowed_by_its_query(
    query: str, found: str, timed: LocalServer, timed_api: Api, clock: ManualClock
) -> None:
    wandb = {"type": "wandb", "project": "p", "run_name": "run", "api_key": "k" * 40}
    first = await tune(timed_api, suffix="mine", integrations=[wandb])
    clock.advance(0.5)
    second = await tune(timed_api, model="ministral-3b-latest")
    ids = [first["id"], second["id"]]

    listed = (await timed_api.get(f"/v1/fine_tuning/jobs?{query}")).json()

    assert "".join(str(ids.index(job["id"])) for job in listed["data"]) == found


async def test_jobs_that_take_no_time_are_done_at_once() -> None:
    async with LocalServer(job_step=0.0) as server, Api(server) as api:
        batch = (await api.post("/v1/batch/jobs", BATCH)).json()
        tuning = await tune(api)

        assert (await api.get(f"/v1/batch/jobs/{batch['id']}")).json()["status"] == "SUCCESS"
        assert (await api.get(f"/v1/fine_tuning/jobs/{tuning['id']}")).json()["status"] == "SUCCESS"
