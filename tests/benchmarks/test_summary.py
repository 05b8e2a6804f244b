"""What the numbers of the rounds come to."""

from __future__ import annotations

import pytest

from benchmarks.summary import Summary
from benchmarks.targets import MB, Target
from benchmarks.works import BY_NAME, Cell
from tests.benchmarks.measured import measurement

AIOHTTP, OURS = Cell("aiohttp", "chat-1", tls=False), Cell("ours-h1", "chat-1", tls=False)
ROW = BY_NAME["chat-1"]


def test_a_ratio_is_the_one_of_the_median_round_and_not_what_a_busy_moment_brought() -> None:
    summary = Summary(
        {
            AIOHTTP: [measurement(2.0), measurement(2.0), measurement(50.0)],
            OURS: [measurement(9.0), measurement(3.0), measurement(2.9)],
        }
    )

    assert summary.ratio(ROW, "ours-h1", "cpu") == pytest.approx(1.5)
    assert summary.ratio(ROW, "aiohttp", "wall") == pytest.approx(1.0)


def test_vectors_as_base64_are_compared_with_the_same_vectors_as_floats() -> None:
    summary = Summary(
        {
            Cell("aiohttp", "embeddings", tls=True): [measurement(4.0)],
            Cell("aiohttp", "base64", tls=True): [measurement(2.0)],
            Cell("ours-h2", "base64", tls=True): [measurement(1.0)],
        }
    )

    assert summary.ratio(BY_NAME["base64-tls"], "ours-h2", "cpu") == pytest.approx(0.25)
    assert summary.ratio(BY_NAME["base64-tls"], "aiohttp", "cpu") == pytest.approx(0.5)


def test_over_tls_ours_is_compared_with_the_yardstick_over_tls() -> None:
    summary = Summary(
        {
            Cell("aiohttp", "list", tls=False): [measurement(1.0)],
            Cell("aiohttp", "list", tls=True): [measurement(10.0)],
            Cell("ours-h2", "list", tls=True): [measurement(5.0)],
        }
    )

    assert summary.verdict(Target("list-tls", "cpu", 1.3)).value == pytest.approx(0.5)
    assert summary.verdict(Target("list", "cpu", 1.3)).value is None


def test_memory_is_compared_with_nobody() -> None:
    summary = Summary({Cell("ours-h1", "upload", tls=False): [measurement(1.0, growth=11 * MB)]})

    verdict = summary.verdict(Target("upload", "growth", 10 * MB))

    assert verdict.value == 11 * MB
    assert not verdict.is_met()
