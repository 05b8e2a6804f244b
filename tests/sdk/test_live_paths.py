"""Path values and queries as they arrive at a server."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

import pytest

from mistral_async import MistralClient, NotFoundError
from mistral_async.testing import LocalServer

ODD = ["../models", "a/b", "a%2Fb", "x?y#z", "ü €", "a b+c", "...", "a\\b", "%", ";&=:@!$'()*,", "\r\nx: y"]


@pytest.mark.parametrize("identifier", ODD)
async def test_an_odd_id_arrives_as_one_segment(identifier: str, unjudged: MistralClient, server: LocalServer) -> None:
    with pytest.raises(NotFoundError):
        await unjudged.files[identifier]()

    path = server.requests[-1].path
    assert path.count("/") == 3
    assert unquote(path.removeprefix("/v1/files/")) == identifier
    assert server.requests[-1].operation == "GET /v1/files/{file_id}"


@pytest.mark.parametrize("identifier", ODD)
async def test_a_file_of_an_odd_id_is_found(identifier: str, unjudged: MistralClient, server: LocalServer) -> None:
    server.add_file("a.txt", b"content", id=identifier)

    assert await unjudged.files[identifier].content() == b"content"


async def test_query_parameters_are_exploded(client: MistralClient, server: LocalServer) -> None:
    await client.files(sample_type=["instruct", "pretrain"], include_total=False, search="a&b =ü", page=0)
    await client.batch.jobs(metadata={"project": "x", "team": "y"}, created_by_me=True, model=None)

    assert parse_qsl(server.requests[0].query) == [
        ("sample_type", "instruct"),
        ("sample_type", "pretrain"),
        ("include_total", "false"),
        ("search", "a&b =ü"),
        ("page", "0"),
    ]
    assert parse_qsl(server.requests[1].query) == [("project", "x"), ("team", "y"), ("created_by_me", "true")]


async def test_pages_are_asked_for_until_the_last(client: MistralClient, server: LocalServer) -> None:
    ids = {server.add_file(f"{number}.jsonl", b"{}\n") for number in range(7)}

    counted = [file.id async for file in client.files(page_size=3)]
    requests = len(server.requests)
    uncounted = [file.id async for file in client.files(page_size=3, include_total=False)]
    from_the_second = [file.id async for file in client.files(page_size=3, page=1)]

    assert set(counted) == set(uncounted) == ids
    assert len(counted) == len(uncounted) == 7
    assert requests == 3
    assert from_the_second == counted[3:]


async def test_a_loop_over_pages_that_is_left_asks_for_no_more(client: MistralClient, server: LocalServer) -> None:
    for number in range(7):
        server.add_file(f"{number}.jsonl", b"{}\n")

    async for _ in client.files(page_size=2):
        break

    assert len(server.requests) == 1
