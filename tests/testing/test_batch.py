"""Batch jobs, and how they move."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mistral_async.testing import LocalServer, ManualClock
from tests.testing.api import Api

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
    async with LocalServer(clock=clock, job_step=5000.0) as server, Api(server) as api:
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
    async with LocalServer(clock=clock, job_step=1000.0) as server, Api(server) as api:
        for number, fields in enumerate(whose):
            metadata = {"number": str(number), "kind": "test"}
            job = await api.post("/v1/batch/jobs", {**CHAT, "requests": inline(1), "metadata": metadata, **fields})
            ids.append(job.json()["id"])
            clock.advance(10)
        await api.post(f"/v1/batch/jobs/{ids[0]}/cancel")

        listed = (await api.get(f"/v1/batch/jobs?{query}")).json()

    assert "".join(str(ids.index(job["id"])) for job in listed["data"]) == found
    assert listed["total"] >= len(found)
