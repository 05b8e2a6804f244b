"""Servers and proxies of the system's packages, over real sockets."""

from __future__ import annotations

from mistral_async import MistralClient
from tests.interop.conftest import backend
from tests.interop.programs import nginx
from tests.live import checks
from tests.live.bench import Bench, Way


async def test_500_calls_at_once_are_answered_right(client: MistralClient, way: Way) -> None:
    await checks.many_small_calls(client, way.version)


async def test_large_files_arrive_whole_both_ways(client: MistralClient, way: Way) -> None:
    await checks.large_upload_and_download(client, way.version)


async def test_an_upload_of_unknown_length_arrives_whole(client: MistralClient) -> None:
    await checks.upload_of_unknown_length(client)


async def test_slow_streams_come_event_by_event(client: MistralClient) -> None:
    await checks.slow_streams(client)


async def test_half_of_200_calls_are_cancelled_and_the_other_half_is_right(client: MistralClient) -> None:
    await checks.half_of_them_cancelled(client)


async def test_a_slow_reader_delays_nobody_else(client: MistralClient) -> None:
    await checks.slow_reader_beside_fast_ones(client)


async def test_50_first_calls_at_once_open_one_connection(bench: Bench) -> None:
    async with bench.way(nginx, "2", backend=backend(bench)).client() as client:
        answers = await checks.together(client.models().raw() for _ in range(50))

    assert {answer.http_version for answer in answers} == {"2"}
    assert len({answer.headers["x-connection"] for answer in answers}) == 1
