"""Rate limits, and the headers that tell of them."""

from __future__ import annotations

from typing import Any

import pytest

from mistral_async.testing import LocalServer, ManualClock, RateLimits
from mistral_async.testing.limits import RateLimiter
from tests.testing.api import Api


async def test_what_is_left_counts_down_and_recovers_after_a_minute(timed_api: Api, clock: ManualClock) -> None:
    async def left(kind: str) -> int:
        answer = await timed_api.get("/v1/models")
        return int(answer.headers[f"x-ratelimit-remaining-{kind}-minute"])

    first, second = await left("req"), await left("req")
    cost = (await timed_api.ask()).headers["x-ratelimit-tokens-query-cost"]
    tokens = await left("tokens")
    clock.advance(60)

    assert (first - second, int(cost) > 10, 1_000_000_000 - tokens) == (1, True, int(cost))
    assert (await left("req"), await left("tokens")) == (first, 1_000_000_000)
    month = (await timed_api.get("/v1/models")).headers
    assert int(month["x-ratelimit-remaining-tokens-month"]) == 1_000_000_000_000 - int(cost)


@pytest.mark.parametrize(
    "limits", [RateLimits(requests_per_minute=2), RateLimits(tokens_per_minute=5), RateLimits(tokens_per_month=5)]
)
async def test_beyond_the_limit_there_is_429_with_retry_after(limits: RateLimits, clock: ManualClock) -> None:
    async with LocalServer(limits=limits, clock=clock) as server, Api(server) as api:
        await api.ask()
        clock.advance(20)
        refused = [await api.ask() for _ in range(3)][-1]
        clock.advance(int(refused.headers["retry-after"]))
        again = await api.ask()

    assert (refused.status, refused.json()["code"]) == (429, "1300")
    assert refused.headers["retry-after"] in ("40", "60")
    assert again.status == (429 if limits.tokens_per_month == 5 else 200)


async def test_a_limit_of_zero_lets_nobody_in() -> None:
    async with LocalServer(limits=RateLimits(requests_per_minute=0)) as server, Api(server) as api:
        answer = await api.get("/v1/models")

    assert (answer.status, answer.headers["x-ratelimit-limit-req-minute"]) == (429, "0")


async def test_batch_jobs_are_outside_the_limits() -> None:
    body: dict[str, Any] = {
        "endpoint": "/v1/chat/completions",
        "model": "mistral-small-latest",
        "requests": [{"body": {"messages": []}}] * 9,
    }
    async with LocalServer(limits=RateLimits(requests_per_minute=2)) as server, Api(server) as api:
        id = (await api.post("/v1/batch/jobs", body)).json()["id"]
        await server.run_jobs()

        assert (await api.get(f"/v1/batch/jobs/{id}")).json()["succeeded_requests"] == 9


def test_the_window_slides_second_by_second(clock: ManualClock) -> None:
    limiter = RateLimiter(RateLimits(requests_per_minute=3), clock)
    admitted: list[bool] = []
    for _ in range(9):
        admitted.append(limiter.admit())
        clock.advance(15)

    assert admitted == [True, True, True, False, True, True, True, False, True]


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"RateLimits\.tokens_per_minute is -1"):
        RateLimits(tokens_per_minute=-1)


def test_a_clock_does_not_go_back(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)
