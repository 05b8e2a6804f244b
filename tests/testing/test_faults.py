"""What a test can ask of the server: errors, scripts, silence, broken connections."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp
import pytest

from mistral_async.resources.operations import OPERATIONS
from mistral_async.testing import LocalServer, Received
from tests.testing.api import Api, read_broken, streamed, text, until

CHAT = "POST /v1/chat/completions"
STREAM: dict[str, Any] = {"model": "mistral-small-latest", "messages": [], "stream": True}


async def test_the_next_requests_fail_and_the_ones_after_do_not(server: LocalServer, api: Api) -> None:
    server.fail_next(status=503, times=2)
    server.fail_next(status=429, headers={"Retry-After": "7"})

    answers = [await api.get("/v1/models") for _ in range(4)]

    assert [answer.status for answer in answers] == [503, 503, 429, 200]
    assert (answers[0].json()["code"], answers[2].json()["code"]) == ("3505", "1300")
    assert answers[2].headers["retry-after"] == "7"
    assert all("x-kong-request-id" in answer.headers for answer in answers)


@pytest.mark.parametrize("operation", [CHAT, "/v1/chat/completions", next(o for o in OPERATIONS if str(o) == CHAT)])
async def test_a_fault_waits_for_the_operation_it_is_meant_for(operation: Any, server: LocalServer, api: Api) -> None:
    server.fail_next(status=500, operation=operation)

    assert (await api.get("/v1/models")).status == 200
    assert (await api.get("/v1/nothing")).status == 404
    assert (await api.ask()).status == 500
    assert (await api.ask()).status == 200


@pytest.mark.parametrize(
    ("body", "media_type", "sent"),
    [
        (b"\xff", "application/json", b"\xff"),
        ("<html>", "text/plain; charset=utf-8", b"<html>"),
        ({"message": {"detail": []}}, "application/json", b'{"message":{"detail":[]}}'),
        (b"", "application/json", b""),
    ],
)
async def test_a_failure_says_what_it_was_told_to(
    body: Any, media_type: str, sent: bytes, server: LocalServer, api: Api
) -> None:
    server.fail_next(status=502, body=body)

    answer = await api.get("/v1/models")

    assert (answer.headers["content-type"], answer.body) == (media_type, sent)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 418, 422, 500, 502])
async def test_a_failure_without_a_body_says_what_the_api_would_say(status: int, server: LocalServer, api: Api) -> None:
    server.fail_next(status=status)

    assert set((await api.get("/v1/models")).json()) & {"object", "detail", "message"}


async def test_an_upload_can_fail_and_leaves_no_file(server: LocalServer, api: Api) -> None:
    server.fail_next(status=500)
    server.answer_next({"scripted": True}, status=201)

    assert (await api.upload(b"x" * 200_000)).status == 500
    assert (await api.upload(b"x" * 200_000)).status == 201
    assert (await api.get("/v1/files")).json()["total"] == 0


@pytest.mark.parametrize("status", [0, 199, 600])
def test_a_status_that_cannot_be_is_refused(status: int) -> None:
    with pytest.raises(ValueError, match="status is"):
        LocalServer().fail_next(status=status)


def test_a_fault_for_no_requests_is_refused() -> None:
    with pytest.raises(ValueError, match="times is 0"):
        LocalServer().cut_next(times=0)


async def test_an_answer_can_be_written_beforehand(server: LocalServer, api: Api) -> None:
    server.answer_next({"id": "file-abc123", "object": "file"}, headers={"X-Mine": "yes"}, status=202, times=2)

    answers = [await api.get("/v1/files/file-abc123") for _ in range(3)]

    assert [answer.status for answer in answers] == [202, 202, 404]
    assert (answers[0].json()["id"], answers[0].headers["x-mine"]) == ("file-abc123", "yes")


async def test_a_scripted_answer_is_given_to_good_requests_only(server: LocalServer, api: Api) -> None:
    server.answer_next({}, times=3, operation=CHAT)

    refused = await api.ask(temperature=17)
    async with Api(server, key="wrong") as stranger:
        unknown = await stranger.ask()

    assert (refused.status, unknown.status, (await api.post("/v1/chat/completions", {})).status) == (422, 401, 422)


async def test_an_answer_can_be_made_from_the_request(server: LocalServer, api: Api) -> None:
    async def late(received: Received) -> Any:
        return {"you said": received.json()["messages"][0]["content"]}

    def early(received: Received) -> Any:
        return received.operation

    server.answer_next(early, status=201)
    server.answer_next(late, status=201)

    assert (await api.ask("one")).body == CHAT.encode()
    assert (await api.ask("two")).json() == {"you said": "two"}


async def test_a_stream_can_be_written_beforehand(server: LocalServer, api: Api) -> None:
    server.stream_next([{"a": 1}, "text", b": a comment\n\n", "[DONE]"], headers={"x-mine": "yes"})

    async with (
        aiohttp.ClientSession(headers=server.authorization) as session,
        session.post(server.url + "/v1/chat/completions", json=STREAM) as response,
    ):
        said = await response.read()

    assert said == b'data: {"a":1}\n\ndata: text\n\n: a comment\n\ndata: [DONE]\n\n'
    assert (response.content_type, response.headers["x-mine"]) == ("text/event-stream", "yes")


async def test_latency_holds_every_answer_back(server: LocalServer, api: Api) -> None:
    server.latency = 0.05
    begun = time.monotonic()

    await api.get("/v1/models")

    assert time.monotonic() - begun >= 0.05
    assert server.latency == 0.05


async def test_a_held_answer_comes_late(server: LocalServer, api: Api) -> None:
    server.hold_next(0.05)
    begun = time.monotonic()

    answers = await api.get("/v1/models"), time.monotonic() - begun, await api.get("/v1/models")

    assert (answers[0].status, answers[2].status) == (200, 200)
    assert answers[1] >= 0.05


async def test_events_come_at_the_pace_that_was_set(server: LocalServer, api: Api) -> None:
    server.pace = 0.02
    begun = time.monotonic()

    answer = await api.ask(stream=True, max_tokens=4)

    assert time.monotonic() - begun >= 6 * 0.02
    assert (len(answer.events()), server.pace) == (6, 0.02)


async def test_a_stream_can_fall_silent_in_its_midst(server: LocalServer, api: Api) -> None:
    server.hold_next(0.1, after_events=3)
    begun = time.monotonic()

    asking = asyncio.create_task(api.ask(stream=True, max_tokens=4))
    await until(lambda: len(server.requests) > 0 and server.requests[0].events == 3)
    silent = server.requests[0].finished is None
    answer = await asking

    assert (silent, len(answer.events())) == (True, 6)
    assert time.monotonic() - begun >= 0.1


@pytest.mark.parametrize("events", [0, 1, 3, 7])
async def test_a_stream_is_cut_after_so_many_events(events: int, server: LocalServer) -> None:
    server.cut_next(after_events=events)
    body = {**STREAM, "max_tokens": 4}

    async with (
        aiohttp.ClientSession(headers=server.authorization) as session,
        session.post(server.url + "/v1/chat/completions", json=body) as response,
    ):
        received = await read_broken(response)

    assert received.count(b"\n\n") == events
    assert (server.requests[-1].cut, server.requests[-1].events) == (True, events)
    assert server.requests[-1].finished is None


@pytest.mark.parametrize("path", ["/v1/models", "/v1/files/small/content", "/v1/files/large/content"])
@pytest.mark.parametrize("size", [0, 1, 100])
async def test_an_answer_is_cut_after_so_many_bytes(path: str, size: int, server: LocalServer) -> None:
    server.add_file("small", b"s" * 1000, id="small")
    server.add_file("large", b"l" * 100_000, id="large")
    server.cut_next(after_bytes=size)

    async with (
        aiohttp.ClientSession(headers=server.authorization) as session,
        session.get(server.url + path) as response,
    ):
        received = await read_broken(response)

    assert (response.status, len(received)) == (200, size)


@pytest.mark.parametrize("cut", [{"after_bytes": 10_000_000}, {"after_events": 1}])
async def test_an_answer_that_ends_before_the_cut_is_whole(cut: dict[str, Any], server: LocalServer, api: Api) -> None:
    server.cut_next(**cut)

    assert (await api.get("/v1/models")).status == 200
    assert (await api.get("/v1/models")).status == 200


async def test_a_connection_is_closed_without_an_answer(server: LocalServer, api: Api) -> None:
    server.cut_next(operation=CHAT)
    server.cut_next(operation="POST /v1/files")

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.ask()
    with pytest.raises(aiohttp.ClientConnectionError):
        await api.upload(b"x" * 200_000)
    assert (await api.get("/v1/files")).json()["total"] == 1


@pytest.mark.parametrize("leave", ["close", "cancel"])
async def test_the_server_sees_at_once_that_a_peer_has_left_a_stream(leave: str, server: LocalServer) -> None:
    server.pace = 0.05
    async with aiohttp.ClientSession(headers=server.authorization) as session:
        response = await session.post(server.url + "/v1/chat/completions", json=STREAM)
        if leave == "close":
            await response.content.readany()
            response.close()
        else:
            reading = asyncio.create_task(response.read())
            await until(lambda: server.requests[-1].events > 1)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            response.close()
        left = time.monotonic()
        await until(lambda: server.requests[-1].disconnected is not None)

    assert (server.requests[-1].disconnected or 0) - left < 0.2
    assert server.requests[-1].events < 5
    assert server.requests[-1].finished is None


async def test_the_server_sees_that_a_peer_has_left_before_the_answer(server: LocalServer) -> None:
    server.hold_next(60)

    async with aiohttp.ClientSession(headers=server.authorization) as session:
        with pytest.raises(TimeoutError):
            await session.get(server.url + "/v1/models", timeout=aiohttp.ClientTimeout(total=0.05))
    await until(lambda: server.requests[-1].disconnected is not None)

    assert server.requests[-1].status is None


async def test_reset_forgets_everything_but_the_settings(server: LocalServer, api: Api) -> None:
    await api.upload(b"x")
    server.fail_next(status=500)
    server.say_next("Hi")

    server.reset()

    assert len(server.requests) == 0
    assert (await api.get("/v1/files")).json()["total"] == 0
    assert text(await api.ask()) != "Hi"
    created = await api.post(
        "/v1/batch/jobs",
        {"endpoint": "/v1/chat/completions", "model": "mistral-small-latest", "requests": [{"body": {"messages": []}}]},
    )

    async def moved() -> bool:
        return bool((await api.get("/v1/files")).json()["total"])

    await until(moved)  # the jobs of the new state move by themselves as well
    assert created.status == 200


async def test_what_arrived_is_recorded(server: LocalServer, api: Api) -> None:
    await api.ask("Hi", n=2)
    await api.get("/v1/models?model=x%20y", headers={"X-Mine": "yes"})
    await api.upload(b"x" * 70_000)

    chat, models, upload = server.requests

    assert (chat.method, chat.path, chat.operation, chat.json()["n"]) == ("POST", "/v1/chat/completions", CHAT, 2)
    assert (chat.size, len(chat.digest), chat.status) == (len(chat.body), 64, 200)
    assert (models.query, models.headers["x-mine"], models.connection) == ("model=x%20y", "yes", chat.connection)
    assert (upload.body, upload.size >= 70_000, len(upload.digest)) == (b"", True, 64)
    assert all("authorization" not in received.headers for received in server.requests)
    assert all(server.api_key not in repr(received) for received in server.requests)
    assert all(received.finished and received.finished >= received.arrived for received in server.requests)


async def test_the_record_is_bounded() -> None:
    async with LocalServer(keep_requests=3, keep_body=100) as server, Api(server) as api:
        for number in range(5):
            await api.ask("x" * 200 if number == 4 else str(number))

        assert (len(server.requests), server.requests.total) == (3, 5)
        assert [json.loads(received.body)["messages"][0]["content"] for received in server.requests[:1]] == ["2"]
        assert (server.requests[-1].body, server.requests[-1].size > 200) == (b"", True)
        assert repr(server.requests) == "<Record of 3 requests, 5 in all>"
        server.requests.clear()
        assert list(server.requests) == []


async def test_connections_are_counted(server: LocalServer) -> None:
    async with Api(server) as first, Api(server) as second:
        await first.get("/v1/models")
        await first.get("/v1/models")
        await second.get("/v1/models")
        assert (server.connections.open, server.connections.total) == (2, 2)
        assert [received.connection for received in server.requests] == [1, 1, 2]

    await until(lambda: not server.connections.open)
    assert server.connections.total == 2


async def test_streams_run_side_by_side(server: LocalServer, api: Api) -> None:
    server.pace = 0.05
    begun = time.monotonic()

    answers = await asyncio.gather(*(api.ask(f"{number}", stream=True, max_tokens=10) for number in range(20)))

    assert all(streamed(answer) for answer in answers)
    assert time.monotonic() - begun < 20 * 12 * 0.05 / 2


async def test_a_client_that_waits_for_100_continue_is_told_to_go_on(server: LocalServer) -> None:
    async with aiohttp.ClientSession(headers=server.authorization) as session:
        body = {**STREAM, "stream": False}
        async with session.post(server.url + "/v1/chat/completions", json=body, expect100=True) as response:
            assert response.status == 200
