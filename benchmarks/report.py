"""The results as Markdown: one table of ratios and targets, then what lies behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from benchmarks.machine import Circumstances
from benchmarks.summary import Summary
from benchmarks.targets import TARGETS, Target
from benchmarks.wording import METRICS, duration, limit_of, megabytes, ratio, value_of
from benchmarks.works import BY_NAME, ROWS, YARDSTICK, Cell, Metric, Row

NOTHING = "–"  # not a work of this contender's
FAILED = "failed"
COLUMNS = ("aiohttp", "floor", "openai", "mistralai")  # and ours, over HTTP/1.1 or, with TLS, HTTP/2
BEGIN, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"
Failures = Mapping[Cell, str]


def targets_table(summary: Summary, failures: Failures) -> str:
    """A line for each target that something was measured for."""
    head = ["work", "connection", "measured", *COLUMNS, "ours", "target", "met"]
    lines = (_target_line(target, summary, failures) for target in TARGETS)
    return _table(head, (line for line in lines if line is not None), left=3)


def _target_line(target: Target, summary: Summary, failures: Failures) -> list[str] | None:
    row = BY_NAME[target.row]

    def shown(contender: str) -> str:
        if contender not in row.contenders:
            return NOTHING
        value = summary.value(row, contender, target.metric)
        if value is None:
            return FAILED if Cell(contender, row.work, row.tls) in failures else NOTHING
        return value_of(target.metric, value)

    values, ours = [shown(contender) for contender in COLUMNS], shown(row.ours)
    if {*values, ours} == {NOTHING}:
        return None
    met = "yes" if summary.verdict(target).is_met() else NOTHING if ours == NOTHING else "**no**"
    measured = METRICS[target.metric] + (" per event" if row.unit == "event" else "")
    return [row.title, _connection(row), measured, *values, f"**{ours}**", limit_of(target), met]


def _connection(row: Row) -> str:
    return "–" if row.work == "import" else row.connection


def times_table(summary: Summary, metric: Metric) -> str:
    """CPU or wall time for a unit: the yardstick's, and the others' as ratios to it."""
    return _details(
        lambda row: f"{row.title}, per {row.unit}",
        lambda row, contender: _time(summary, row, contender, metric),
    )


def _time(summary: Summary, row: Row, contender: str, metric: Metric) -> str | None:
    value = summary.median(Cell(contender, row.work, row.tls), metric)
    if value is None:
        return None
    times = summary.ratio(row, contender, metric)
    if contender == YARDSTICK or times is None:
        return duration(value)
    return ratio(times)


def memory_table(summary: Summary) -> str:
    """The peak of the whole process, and how much of it the work added."""

    def shown(row: Row, contender: str) -> str | None:
        cell = Cell(contender, row.work, row.tls)
        peak, growth = summary.peak(cell), summary.median(cell, "growth")
        return f"{megabytes(peak)} (+{megabytes(growth)})" if peak is not None and growth is not None else None

    return _details(lambda row: row.title, shown)


def _details(title: Callable[[Row], str], shown: Callable[[Row, str], str | None]) -> str:
    lines: list[list[str]] = []
    for row in ROWS:
        values = [shown(row, contender) for contender in (*COLUMNS, row.ours)]
        if any(value is not None for value in values):
            lines.append([title(row), _connection(row), *(value or NOTHING for value in values)])
    return _table(["work", "connection", *COLUMNS, "ours"], lines, left=2)


def document(summary: Summary, failures: Failures, circumstances: Circumstances) -> str:
    """``results.md``."""
    failed = [f"- {cell.work}, {cell.contender}: {_without_paths(why)}" for cell, why in failures.items()]
    sections = [
        "# Results",
        "Written by `python -m nox -s bench`; [README.md](README.md) says what is measured, and how.",
        "Ratios to aiohttp with a typed msgspec decode (1.00) in the same run: less is faster. *Ours* speaks HTTP/1.1 "
        "over plain connections and HTTP/2 over TLS; all others speak HTTP/1.1.",
        f"{BEGIN}\n{targets_table(summary, failures)}\n{END}",
        "![the same as a plot](results.svg)",
        "## CPU",
        "User and system time of the client's process, threads included: of aiohttp in seconds, of the others as a "
        "ratio to that.",
        times_table(summary, "cpu"),
        "## Wall time",
        times_table(summary, "wall"),
        "## Memory",
        "Peak of the process (and how much of it the work added).",
        memory_table(summary),
        *(["## Failed", "\n".join(failed)] if failed else []),
        "## Circumstances",
        _circumstances(circumstances),
    ]
    return "\n\n".join(sections) + "\n"


def _without_paths(message: str) -> str:
    """With the last parts of paths alone: the others are this machine's."""
    return re.sub(r"(?:/[\w.+-]+)+/([\w.+-]+)", r"\1", message)


def _circumstances(circumstances: Circumstances) -> str:
    known = {
        "date": circumstances.date,
        "rounds": f"{circumstances.rounds}, medians of them are shown",
        "machine": f"{circumstances.processor}, {circumstances.kernel}",
        "load of the machine": f"{circumstances.before} before, {circumstances.after} after (1, 5, 15 minutes)",
        "server": circumstances.server,
        "versions": ", ".join(f"{name} {number}" for name, number in circumstances.versions.items()),
    }
    return _table(["", ""], ([name, value] for name, value in known.items()), left=2)


def between_markers(text: str) -> str:
    """The table that a document holds."""
    return text.split(f"{BEGIN}\n", 1)[1].split(f"\n{END}", 1)[0]


def with_table(text: str, table: str) -> str:
    """A document with another table between its markers."""
    before, rest = text.split(f"{BEGIN}\n", 1)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.split(END, 1)[1]}"


def _table(head: Sequence[str], lines: Iterable[Sequence[str]], left: int) -> str:
    rules = ["---" if column < left else "--:" for column in range(len(head))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rules, *lines))
