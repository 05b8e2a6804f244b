"""The file of prompts: five hundred requests, all of them good and no two the same."""

from __future__ import annotations

from importlib.resources import files

import msgspec

from mistral_async.demo.scenes.bulk import Line

LINES = (files("mistral_async.demo") / "prompts.jsonl").read_bytes().splitlines()


def test_there_are_five_hundred_prompts_and_each_is_a_request() -> None:
    requests = [msgspec.json.decode(line, type=Line) for line in LINES]

    assert len(requests) == 500
    assert {request.body.model for request in requests} == {"mistral-small-latest"}


def test_no_prompt_comes_twice() -> None:
    requests = [msgspec.json.decode(line) for line in LINES]

    assert len({request["custom_id"] for request in requests}) == 500
    assert len({msgspec.json.encode(request["body"]["messages"]) for request in requests}) == 500
