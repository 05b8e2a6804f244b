"""Write the results: the document, the plot, and the README's table."""

from __future__ import annotations

from pathlib import Path

from benchmarks import report
from benchmarks.machine import Circumstances
from benchmarks.service import ROOT
from benchmarks.summary import Summary

RESULTS, README = ROOT / "benchmarks", ROOT / "README.md"


def write(
    summary: Summary, failures: report.Failures, circumstances: Circumstances, directory: Path | None = None
) -> list[str]:
    """Into a directory or, where none is given, into the checkout. Returns the names of the files."""
    from benchmarks import plot  # loading matplotlib takes longer than some runs

    target = RESULTS if directory is None else directory
    target.mkdir(parents=True, exist_ok=True)
    (target / "results.md").write_text(report.document(summary, failures, circumstances), "utf-8")
    plot.draw(summary, target / "results.svg")
    written = [f"{target.name}/results.md", f"{target.name}/results.svg"]
    if directory is None:
        table = report.targets_table(summary, failures)
        README.write_text(report.with_table(README.read_text("utf-8"), table), "utf-8")
        written.append(README.name)
    return written
