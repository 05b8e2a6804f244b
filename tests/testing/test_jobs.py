"""Batch and fine-tuning jobs, and how they move."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from mistral_async.testing import LocalServer, ManualClock
from tests.testing.api import Api, until

CHAT = {"endpoint": "/v1/chat/completions", "model": "mistral-small-latest"}


def line(custom_id: str, content: str = "Hello") -> bytes:
    return json.dumps({"custom_id": custom_id, "body": {"messages": [{"role": "user", "content": content}]}}).encode()


def inline(number: int) -> list[dict[str, Any]]:
    return [json.loads(line(str(index))) for index in range(number)]


async def results(api: Api, file: str) -> list[dict[str, Any]]:
    return [json.loads(each) for each in (await api.get(f"/v1/files/{file}/content")).body.splitlines()]


async def test_a_batch_job_moves_as_time_goes_by(timed: LocalServer, timed_api: Api, clock: ManualClock) -> None:
    job = (await timed_api.post("/v1/batch/jobs", {**CHAT, "requests": inline(4), "metadata": {"a": "b"}})).json()
    assert (job["status"], job["total_requests"], job["completed_requests"], job["started_at"]) == (
        "QUEUED",
        4,
        0,
        None,
    )

    async def seen() -> tuple[str, int]:
        shown = (await timed_api.get(f"/v1/batch/jobs/{job['id']}")).json()
        return shown["status"], shown["completed_requests"]

    clock.advance(0.9)
    assert await seen() == ("QUEUED", 0)
    clock.advance(0.6)
    assert await seen() == ("RUNNING", 2)
    clock.advance(0.4)
    assert await seen() == ("RUNNING", 4)
    clock.advance(0.1)
    assert await seen() == ("SUCCESS", 4)
    shown = (await timed_api.get(f"/v1/batch/jobs/{job['id']}?inline=true")).json()
    assert (shown["succeeded_requests"], shown["failed_requests"], shown["errors"]) == (4, 0, [])
    assert (shown["started_at"] - shown["created_at"], shown["metadata"]) == (1, {"a": "b"})
    assert sorted(output["custom_id"] for output in shown["outputs"]) == ["0", "1", "2", "3"]


async def test_a_batch_job_answers_as_its_operation_does(server: LocalServer, api: Api) -> None:
    file = (await api.upload(line("one", "About Oslo") + b"\n\n" + line("two"), purpose="batch")).json()
    # The API takes an endpoint without its version too.
    created = await api.post("/v1/batch/jobs", {**CHAT, "endpoint": "/chat/completions", "input_files": [file["id"]]})
    await server.run_jobs()

    job = (await api.get(f"/v1/batch/jobs/{created.json()['id']}")).json()
    output = {result["custom_id"]: result for result in await results(api, job["output_file"])}
    direct = await api.ask("About Oslo")

    assert (job["status"], job["endpoint"], job["total_requests"], job["error_file"]) == (
        "SUCCESS",
        "/chat/completions",
        2,
        None,
    )
    assert set(output) == {"one", "two"}
    response = output["one"]["response"]
    assert (output["one"]["error"], response["status_code"]) == (None, 200)
    assert response["body"]["choices"] == direct.json()["choices"]
    shown = (await api.get(f"/v1/files/{job['output_file']}")).json()
    assert (shown["sample_type"], shown["source"], shown["num_lines"]) == ("batch_result", "mistral", 2)


async def test_results_are_kept_for_a_day(timed: LocalServer, timed_api: Api, clock: ManualClock) -> None:
    job = (await timed_api.post("/v1/batch/jobs", {**CHAT, "requests": inline(1)})).json()
    await timed.run_jobs()
    path = f"/v1/batch/jobs/{job['id']}?inline=true"
    kept = (await timed_api.get(path)).json()
    clock.advance(24 * 3600)

    gone = (await timed_api.get(path)).json()

    assert (len(kept["outputs"]), gone["outputs"], gone["status"]) == (1, None, "SUCCESS")
    assert (await timed_api.get(f"/v1/files/{gone['output_file']}")).status == 404


async def test_jobs_that_take_no_time_are_done_at_once() -> None:
    async with LocalServer(job_speed=0.0) as server, Api(server) as api:
        batch = (await api.post("/v1/batch/jobs", {**CHAT, "requests": inline(1)})).json()
        tuning = await tune(api)

        assert (await api.get(f"/v1/batch/jobs/{batch['id']}")).json()["status"] == "SUCCESS"
        assert (await api.get(f"/v1/fine_tuning/jobs/{tuning['id']}")).json()["status"] == "SUCCESS"


async def test_requests_that_fail_are_told_of_in_a_file_of_their_own(server: LocalServer, api: Api) -> None:
    bad = [b"no json", b"[]", b'{"custom_id":"no body"}', b'{"custom_id":"wrong","body":{"messages":3}}', b'{"body":7}']
    file = (await api.upload(b"\n".join([line("good"), *bad]), purpose="batch")).json()
    created = (await api.post("/v1/batch/jobs", {**CHAT, "input_files": [file["id"]]})).json()
    await server.run_jobs()

    job = (await api.get(f"/v1/batch/jobs/{created['id']}")).json()
    failed = {result["custom_id"]: result for result in await results(api, job["error_file"])}

    assert (job["status"], job["succeeded_requests"], job["failed_requests"]) == ("SUCCESS", 1, 5)
    assert failed["wrong"]["response"]["status_code"] == 422
    assert failed["no body"]["response"] is None
    assert {error["count"] for error in job["errors"]} == {4, 1}


@pytest.mark.parametrize("endpoint", ["/v1/conversations", "/v1/embeddings"])
async def test_a_job_of_which_nothing_succeeds_has_failed(endpoint: str, server: LocalServer, api: Api) -> None:
    body = {**CHAT, "endpoint": endpoint, "requests": inline(2)}
    created = (await api.post("/v1/batch/jobs", body)).json()
    await server.run_jobs()

    job = (await api.get(f"/v1/batch/jobs/{created['id']}?inline=true")).json()

    assert (job["status"], job["output_file"], job["outputs"], job["failed_requests"]) == ("FAILED", None, None, 2)


async def test_a_job_can_run_on_an_agent(server: LocalServer, api: Api) -> None:
    body = {"endpoint": "/v1/agents/completions", "agent_id": "ag_1", "requests": inline(1)}
    refused = await api.post("/v1/batch/jobs", body)
    created = await api.post("/v1/batch/jobs", {**body, "endpoint": "/v1/chat/completions"})
    await server.run_jobs()

    job = (await api.get(f"/v1/batch/jobs/{created.json()['id']}")).json()
    assert (refused.status, job["status"], job["agent_id"]) == (422, "SUCCESS", "ag_1")


async def test_a_streamed_request_of_a_batch_is_answered_whole(server: LocalServer, api: Api) -> None:
    requests: Any = [{"body": {"messages": [], "stream": True}}]
    created = (await api.post("/v1/batch/jobs", {**CHAT, "requests": requests})).json()
    await server.run_jobs()

    job = (await api.get(f"/v1/batch/jobs/{created['id']}?inline=true")).json()
    assert job["outputs"][0]["response"]["body"]["object"] == "chat.completion"


async def test_a_cancelled_job_leaves_what_was_done(timed: LocalServer, timed_api: Api, clock: ManualClock) -> None:
    id = (await timed_api.post("/v1/batch/jobs", {**CHAT, "requests": inline(4)})).json()["id"]
    clock.advance(1.5)

    asked = (await timed_api.post(f"/v1/batch/jobs/{id}/cancel")).json()
    again = (await timed_api.post(f"/v1/batch/jobs/{id}/cancel")).json()
    clock.advance(1)
    done = (await timed_api.get(f"/v1/batch/jobs/{id}")).json()
    late = (await timed_api.post(f"/v1/batch/jobs/{id}/cancel")).json()

    assert [asked["status"], again["status"]] == ["CANCELLATION_REQUESTED"] * 2
    assert [done["status"], late["status"]] == ["CANCELLED"] * 2
    assert len(await results(timed_api, done["output_file"])) == done["completed_requests"] == 2


async def test_a_job_that_has_ended_cannot_be_cancelled(server: LocalServer, api: Api) -> None:
    id = (await api.post("/v1/batch/jobs", {**CHAT, "requests": inline(1)})).json()["id"]
    await server.run_jobs()

    assert (await api.post(f"/v1/batch/jobs/{id}/cancel")).status == 409


async def test_a_deleted_job_is_gone(timed: LocalServer, timed_api: Api, clock: ManualClock) -> None:
    id = (await timed_api.post("/v1/batch/jobs", {**CHAT, "requests": inline(1)})).json()["id"]
    clock.advance(1.2)
    await timed_api.get(f"/v1/batch/jobs/{id}")

    deleted = await timed_api.delete(f"/v1/batch/jobs/{id}")

    assert deleted.json() == {"id": id, "object": "batch", "deleted": True}
    assert (await timed_api.get(f"/v1/batch/jobs/{id}")).status == 404


async def test_a_job_that_takes_too_long_times_out(clock: ManualClock) -> None:
    async with LocalServer(clock=clock, job_speed=5000.0) as server, Api(server) as api:
        id = (await api.post("/v1/batch/jobs", {**CHAT, "requests": inline(4), "timeout_hours": 1})).json()["id"]
        clock.advance(3600)
        job = (await api.get(f"/v1/batch/jobs/{id}")).json()

    assert (job["status"], job["completed_requests"]) == ("TIMEOUT_EXCEEDED", 0)


async def test_an_input_file_that_was_deleted_fails_the_job(timed: LocalServer, timed_api: Api) -> None:
    file = (await timed_api.upload(b"\n".join([line("x" * 1000)] * 100), purpose="batch")).json()
    id = (await timed_api.post("/v1/batch/jobs", {**CHAT, "input_files": [file["id"]]})).json()["id"]
    await timed_api.delete(f"/v1/files/{file['id']}")

    await timed.run_jobs()

    job = (await timed_api.get(f"/v1/batch/jobs/{id}")).json()
    assert (job["status"], job["total_requests"]) == ("FAILED", 0)
    assert "deleted" in job["errors"][0]["message"]


async def test_a_large_job_lets_others_in_between(server: LocalServer, api: Api) -> None:
    id = (await api.post("/v1/batch/jobs", {**CHAT, "requests": inline(700)})).json()["id"]

    seen: set[int] = set()
    while (job := (await api.get(f"/v1/batch/jobs/{id}")).json())["status"] != "SUCCESS":
        seen.add(job["completed_requests"])
        await asyncio.sleep(0.005)

    assert job["succeeded_requests"] == 700
    assert len(seen) > 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 422),
        ({"requests": [], "input_files": ["x"]}, 422),
        ({"requests": [], "model": None}, 422),
        ({"requests": [], "endpoint": "/v1/nothing"}, 422),
        ({"requests": [], "metadata": {"k" * 33: "v"}}, 422),
        ({"input_files": ["nothing"]}, 404),
        ({"input_files": ["tuning"]}, 422),
        ({"requests": [], "agent_id": "nobody"}, 404),
    ],
)
async def test_a_job_that_cannot_be_is_refused(
    fields: dict[str, Any], status: int, server: LocalServer, api: Api
) -> None:
    server.add_file("a.jsonl", b"{}", id="tuning")

    assert (await api.post("/v1/batch/jobs", {**CHAT, **fields})).status == status


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "210"),
        ("order_by=created", "012"),
        ("order_by=-created&page_size=2", "21"),
        ("page=1&page_size=2", "0"),
        ("model=mistral-large-latest", "1"),
        ("agent_id=ag_2", "2"),
        ("status=QUEUED&status=RUNNING", "21"),
        ("status=CANCELLATION_REQUESTED", "0"),
        ("number=1", "1"),
        ("number=1&kind=other", ""),
        ("kind=test", "210"),
        ("created_after=2024-03-09T16:00:05Z", "21"),
        ("created_after=2024-03-09T16:00:05%2B00:00", "21"),
        ("created_after=2024-03-09T16:00:05+00:00", "21"),
        ("created_after=2024-03-09%2016:00:15", "2"),
        ("created_after=2025-01-01", ""),
        ("created_by_me=true", "210"),
    ],
)
async def test_the_list_of_batch_jobs_is_narrowed_by_its_query(query: str, found: str, clock: ManualClock) -> None:
    whose: list[dict[str, Any]] = [{}, {"model": "mistral-large-latest"}, {"model": None, "agent_id": "ag_2"}]
    ids: list[str] = []
    # The jobs stay in their first state while the time passes; 1_710_000_000 is 2024-03-09 16:00:00 UTC.
    async with LocalServer(clock=clock, job_speed=1000.0) as server, Api(server) as api:
        for number, fields in enumerate(whose):
            metadata = {"number": str(number), "kind": "test"}
            job = await api.post("/v1/batch/jobs", {**CHAT, "requests": inline(1), "metadata": metadata, **fields})
            ids.append(job.json()["id"])
            clock.advance(10)
        await api.post(f"/v1/batch/jobs/{ids[0]}/cancel")

        listed = (await api.get(f"/v1/batch/jobs?{query}")).json()

    assert "".join(str(ids.index(job["id"])) for job in listed["data"]) == found
    assert listed["total"] >= len(found)


TUNING: dict[str, Any] = {
    "model": "mistral-small-latest",
    "hyperparameters": {"training_steps": 10, "learning_rate": 0.001},
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
    await api.post("/v1/batch/jobs", {**CHAT, "requests": inline(1)})

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
