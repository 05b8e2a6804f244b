"""How many connections are opened to real servers, and what becomes of calls whose server is frozen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest

from mistral_async import Timeout, TimeoutError
from tests.live.bench import Bench
from tests.live.checks import together
from tests.live.processes import Program
from tests.live.servers import granian, hypercorn

HASTY = Timeout(connect=0.3, read=0.3)


@pytest.mark.parametrize("make", [granian, hypercorn])
async def test_50_first_calls_at_once_open_one_connection(make: Callable[..., Program], bench: Bench) -> None:
    async with bench.way(make, "2").client() as client:
        answers = await together(client.models().raw() for _ in range(50))

    assert {answer.http_version for answer in answers} == {"2"}
    assert len({answer.headers["x-peer"] for answer in answers}) == 1


async def test_calls_beyond_what_connections_hold_wait_for_their_turn(bench: Bench) -> None:
    way = bench.way(granian, "2", name="granian-narrow", more=["--http2-max-concurrent-streams", 10])
    for _ in range(8):  # it depends on the moment whether the first calls or the server's settings come first
        async with way.client(max_connections=3) as client:
            late = {"x-delay": "0.02"}
            answers = await together(client.models().options(headers=late).raw() for _ in range(100))

        assert {answer.http_version for answer in answers} == {"2"}
        assert len({answer.headers["x-peer"] for answer in answers}) == 3


@pytest.mark.parametrize("asked", ["2", "1.1"])
async def test_a_server_that_freezes_is_given_up_and_used_again_when_it_has_thawed(
    asked: Literal["2", "1.1"], bench: Bench
) -> None:
    with bench.own(granian) as way:
        async with way._replace(asked=asked).client(timeout=HASTY) as client:
            assert (await client.models().raw()).http_version == asked
            way.program.freeze()
            with pytest.raises(TimeoutError, match=r"no byte from localhost:\d+ for 0.3 s") as read:
                await client.models()
            async with way._replace(asked=asked).client(timeout=HASTY) as another:
                with pytest.raises(TimeoutError) as connect:
                    await another.models()
                way.program.thaw()
                await another.models()
            await client.models()

    assert (read.value.limit, connect.value.limit) == ("read", "connect")
