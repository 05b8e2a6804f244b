"""What is measured, of all that could be."""

from __future__ import annotations

from benchmarks import plan
from benchmarks.targets import TARGETS, Target
from benchmarks.works import ROWS, Cell


def test_a_full_run_measures_everything_and_a_quick_one_less_often() -> None:
    full = plan.of_all((), (), quick=False, rounds=None)
    quick = plan.of_all((), (), quick=True, rounds=None)

    assert full.cells == quick.cells == {cell for row in ROWS for cell in row.cells()}
    assert full.rounds > quick.rounds
    assert full.seconds > quick.seconds


def test_the_yardstick_is_measured_beside_what_is_chosen() -> None:
    chosen = plan.of_all(("base64",), ("ours-h1",), quick=True, rounds=7)

    assert chosen.rounds == 7
    assert chosen.cells == {Cell("ours-h1", "base64", tls=False), Cell("aiohttp", "embeddings", tls=False)}


def test_a_check_measures_ours_and_the_yardstick_alone() -> None:
    chosen = plan.of_targets(TARGETS, rounds=1, seconds=0.1)

    assert {cell.contender for cell in chosen.cells} == {"aiohttp", "ours-h1", "ours-h2"}
    assert Cell("aiohttp", "held", tls=True) not in chosen.cells  # what it is compared with is a number


def test_a_target_in_bytes_needs_no_yardstick() -> None:
    chosen = plan.of_targets([Target("upload", "growth", 1)], rounds=1, seconds=0.1)

    assert chosen.cells == {Cell("ours-h1", "upload", tls=False)}
