"""Targets, and who misses them."""

from __future__ import annotations

import pytest

from benchmarks.summary import Summary
from benchmarks.targets import MB, TARGETS, Target
from benchmarks.verdicts import exceeding, list_of
from benchmarks.works import BY_NAME, Cell
from tests.benchmarks.measured import everything, measurement, summary


def test_each_target_is_about_a_work_and_each_work_has_a_target() -> None:
    assert {target.row for target in TARGETS} == BY_NAME.keys()


@pytest.mark.parametrize(
    ("target", "value", "met", "exceeded"),
    [
        (Target("chat-1", "cpu", 1.35), 1.35, True, False),
        (Target("chat-1", "cpu", 1.35), 1.36, False, False),
        (Target("chat-1", "cpu", 1.35), 2.69, False, False),
        (Target("chat-1", "cpu", 1.35), 2.71, False, True),
        (Target("upload", "growth", 10 * MB), 20 * MB + 1, False, True),
        (Target("upload-tls", "wall", 0.5, reachable=1.0), 1.99, False, False),
        (Target("upload-tls", "wall", 0.5, reachable=1.0), 2.01, False, True),
        (Target("held", "held", 1000), 1000, True, False),
        (Target("held", "held", 1000), 999, False, True),
    ],
)
def test_a_target_is_a_limit_that_is_met_missed_or_exceeded_twice(
    target: Target, value: float, met: bool, exceeded: bool
) -> None:
    assert (target.is_met(value), target.is_exceeded(value, 2)) == (met, exceeded)


def test_nothing_exceeds_where_all_targets_are_met() -> None:
    assert exceeding(summary(), TARGETS, 1) == []
    assert list_of(summary(), TARGETS, 1)[-1] == "nothing misses its target by more than 1 times"


def test_what_exceeds_by_more_than_the_factor_is_listed_at_the_end() -> None:
    measured = everything()
    measured[Cell("ours-h1", "chat-1", tls=False)] = [measurement(2.8)]
    measured[Cell("ours-h1", "chat-64", tls=False)] = [measurement(2.8)]

    lines = list_of(Summary(measured), TARGETS, 2)

    beyond = lines[lines.index("MISSED by more than 2 times:") + 1 :]
    assert [" ".join(line.split()) for line in beyond] == [
        "small chat call, one at a time, CPU 2.80 target ≤ 1.35 missed"
    ]
    assert sum("missed" in line for line in lines) == 3  # the other one misses its target, too, but by less


def test_what_was_not_measured_misses_its_target() -> None:
    measured = everything()
    del measured[Cell("ours-h2", "held", tls=True)]

    missed = [verdict.target for verdict in exceeding(Summary(measured), TARGETS, 1000)]

    assert [(target.row, target.metric) for target in missed] == [("held-tls", "held"), ("held-tls", "growth")]


def test_without_the_yardstick_there_is_no_ratio_to_meet_a_target_with() -> None:
    measured = everything()
    del measured[Cell("aiohttp", "embeddings", tls=False)]

    assert [verdict.target.row for verdict in exceeding(Summary(measured), TARGETS, 1)] == ["embeddings", "base64"]


def test_a_target_that_is_out_of_reach_is_shown_as_missed_before_a_check_fails() -> None:
    measured = everything()
    measured[Cell("ours-h2", "upload", tls=True)] = [measurement(1.9)]

    assert exceeding(Summary(measured), TARGETS, 2) == []
    assert sum("missed" in line for line in list_of(Summary(measured), TARGETS, 2)) == 1
