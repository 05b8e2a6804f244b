"""The table and the plot, from numbers that nobody measured; and what is committed of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.machine import Circumstances
from benchmarks.summary import Summary
from benchmarks.wording import duration, ratio
from benchmarks.works import ROWS, Cell
from benchmarks.written import README, RESULTS, write
from tests.benchmarks.measured import everything, measurement, summary

CIRCUMSTANCES = Circumstances(rounds=3, server="2 workers", before="0.1 0.2 0.3", after="0.4 0.5 0.6")


def line_of(table: str, *words: str) -> list[str]:
    """The cells of the one line that begins with these."""
    begin = f"| {' | '.join(words)} |"
    (line,) = [line for line in table.split("\n") if line.startswith(begin)]
    return [cell.strip() for cell in line.strip("|").split("|")][len(words) :]


def test_a_line_holds_the_ratios_the_target_and_whether_it_is_met() -> None:
    table = report.targets_table(summary(), {})

    assert line_of(table, "small chat call, one at a time", "plain", "CPU") == [
        *("1.00", "0.25", "20.0", "100", "**0.25**"),
        *("≤ 1.35", "yes"),
    ]
    assert line_of(table, "1,000 calls, each held for 2 s", "TLS", "held at once") == [
        *("1,000", "–", "–", "–", "**1,000**"),
        *("all 1,000", "yes"),
    ]


def test_a_target_that_is_missed_catches_the_eye() -> None:
    measured = everything()
    measured[Cell("ours-h1", "chat-1", tls=False)] = [measurement(1.36)]

    table = report.targets_table(Summary(measured), {})

    assert line_of(table, "small chat call, one at a time", "plain", "CPU")[-1] == "**no**"


def test_a_run_over_some_works_shows_those_alone() -> None:
    floor = Cell("floor", "chat-1", tls=False)
    measured = {cell: everything()[cell] for cell in (floor, Cell("aiohttp", "chat-1", tls=False))}

    table = report.targets_table(Summary(measured), {})

    assert len(table.split("\n")) == 3
    assert line_of(table, "small chat call, one at a time", "plain", "CPU")[-3:] == ["**–**", "≤ 1.35", "–"]


def test_who_cannot_do_a_work_is_not_who_failed_in_it() -> None:
    failed = Cell("openai", "base64", tls=False)
    measured = everything()
    del measured[failed]

    table = report.targets_table(Summary(measured), {failed: "a vector is not of floats"})

    assert line_of(table, "the same vectors, as base64", "plain", "CPU")[2:4] == ["failed", "–"]


def test_the_document_says_with_what_and_where_it_was_measured() -> None:
    failures = {Cell("openai", "list", tls=False): "no file '/home/somebody/upload.jsonl'"}

    document = report.document(summary(), failures, CIRCUMSTANCES)

    assert "0.1 0.2 0.3 before, 0.4 0.5 0.6 after" in document
    assert re.search(r"versions \| Python \d.*aiohttp \d.*msgspec \d", document)
    assert "- list, openai: no file 'upload.jsonl'" in document
    for row in ROWS:
        assert f"| {row.title}, per {row.unit} |" in document


def test_the_readme_gets_the_table_between_its_markers() -> None:
    text = f"above\n{report.BEGIN}\nold\n{report.END}\nbelow\n"

    changed = report.with_table(text, "new")

    assert changed == f"above\n{report.BEGIN}\nnew\n{report.END}\nbelow\n"
    assert report.between_markers(changed) == "new"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.00000136, "1.36 µs"), (0.000131, "131 µs"), (0.0012, "1.20 ms"), (29.04, "29.0 s")]
)
def test_a_duration_has_three_digits(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(("value", "said"), [(0.021, "0.02"), (1.354, "1.35"), (48.04, "48.0"), (370.4, "370")])
def test_a_ratio_has_as_many_digits_as_mean_something(value: float, said: str) -> None:
    assert ratio(value) == said


def test_the_same_numbers_give_the_same_files(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("one", "other"):
        write(summary(), {}, CIRCUMSTANCES, tmp_path / name)

    assert (tmp_path / "one/results.svg").read_bytes() == (tmp_path / "other/results.svg").read_bytes()
    assert (tmp_path / "one/results.md").read_text("utf-8") == (tmp_path / "other/results.md").read_text("utf-8")
    assert "200 MB up, TLS · wall" in (tmp_path / "one/results.svg").read_text("utf-8")


def test_the_readme_shows_the_table_of_the_results() -> None:
    results = (RESULTS / "results.md").read_text("utf-8")

    assert report.between_markers(README.read_text("utf-8")) == report.between_markers(results)


@pytest.mark.parametrize("name", ["results.md", "results.svg"])
def test_the_results_name_no_place_of_the_machine(name: str) -> None:
    written = (RESULTS / name).read_text("utf-8")

    assert re.findall(r"(?:/home|/tmp|/root|/usr|/opt|/Users|[A-Z]:\\)[\w/\\]*", written) == []
