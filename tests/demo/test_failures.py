"""What goes wrong is said, and everything else is shown all the same."""

from __future__ import annotations

from pathlib import Path

from tests.demo.theatre import Theatre

CHAT = "POST /v1/chat/completions"
LINE = (
    '{"custom_id": "%s", "body": {"model": "mistral-small-latest", "messages": [{"role": "user", "content": "%s"}]}}\n'
)


def prompts(folder: Path, *lines: str) -> Path:
    path = folder / "prompts.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    return path


async def test_a_scene_that_fails_says_why_and_the_next_is_played(theatre: Theatre) -> None:
    theatre.server.fail_next(status=503, operation=CHAT)

    screen = await theatre.play("chat", "embeddings")

    assert theatre.failures == 1
    assert "failed: ServerError:" in screen
    assert "1.000" in screen
    assert "2 scenes in" in screen
    assert "1 failed" in screen


async def test_completions_that_fail_are_counted_by_error_and_named(theatre: Theatre, tmp_path: Path) -> None:
    theatre.prompts = prompts(tmp_path, *(LINE % (f"greeting-{n}", "Hello") for n in range(6)))
    theatre.server.fail_next(status=429, operation=CHAT, times=2)
    theatre.server.fail_next(status=500, operation=CHAT)

    screen = await theatre.play("bulk", at_once=1)

    assert theatre.failures == 1
    assert "6/6" in screen
    assert "failures: 3" in screen
    assert "RateLimitError 2 greeting-0:" in screen
    assert "ServerError 1 greeting-2:" in screen
    assert "failed: SceneFailed: 3 of 6 completions failed" in screen


async def test_a_line_that_is_no_request_is_one_failure_among_answers(theatre: Theatre, tmp_path: Path) -> None:
    good = LINE % ("good", "Hello")
    theatre.prompts = prompts(tmp_path, good, "{not json\n", '{"custom_id": "x"}\n', LINE % ("last", "[bold]"))

    screen = await theatre.play("bulk", at_once=2)

    assert theatre.failures == 1
    assert "4 requests in" in screen
    assert "failures: 2" in screen
    assert "DecodeError 1 line 2:" in screen
    assert "ValidationError 1 line 3:" in screen


async def test_only_the_first_of_many_like_failures_are_named(theatre: Theatre, tmp_path: Path) -> None:
    theatre.prompts = prompts(tmp_path, *(LINE % (f"greeting-{n}", "Hello") for n in range(20)))
    theatre.server.fail_next(status=500, operation=CHAT, times=20)

    screen = await theatre.play("bulk", at_once=1)

    assert "ServerError 20" in screen
    assert "greeting-4" in screen
    assert "greeting-5" not in screen


async def test_a_job_that_fails_is_not_mistaken_for_one_that_succeeded(theatre: Theatre, tmp_path: Path) -> None:
    theatre.prompts = prompts(tmp_path, "this is no request\n")

    screen = await theatre.play("batch")

    assert theatre.failures == 1
    assert "failed: SceneFailed: the job ended as FAILED" in screen


async def test_a_job_of_which_some_requests_fail_says_how_many(theatre: Theatre, tmp_path: Path) -> None:
    bad = '{"custom_id": "bad", "body": {}}\n'
    theatre.prompts = prompts(tmp_path, *(LINE % (f"good-{n}", "Hello") for n in range(5)), bad)

    screen = await theatre.play("batch")

    assert theatre.failures == 1
    assert "failed: SceneFailed: 1 of 6 requests failed" in screen


async def test_a_stream_without_an_event_is_a_failure(theatre: Theatre) -> None:
    theatre.server.stream_next(["[DONE]"], operation=CHAT)

    screen = await theatre.play("stream")

    assert theatre.failures == 1
    assert "the stream ended before its first event" in screen


async def test_a_server_that_is_gone_is_said_plainly(theatre: Theatre) -> None:
    await theatre.server.aclose()

    screen = await theatre.play("models")

    assert theatre.failures == 1
    assert "failed: ConnectError:" in screen
