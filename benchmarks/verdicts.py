"""Compare what was measured with the targets, each loosened by a factor."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.summary import Summary, Verdict
from benchmarks.targets import Target
from benchmarks.wording import METRICS, limit_of, value_of
from benchmarks.works import BY_NAME


def exceeding(summary: Summary, targets: Iterable[Target], factor: float) -> list[Verdict]:
    """Those that are missed by more than the factor, or that nothing was measured for."""
    verdicts = (summary.verdict(target) for target in targets)
    return [each for each in verdicts if each.value is None or each.target.is_exceeded(each.value, factor)]


def list_of(summary: Summary, targets: Iterable[Target], factor: float) -> list[str]:
    """A line for each target, and at the end those that exceed it once more."""
    targets = list(targets)
    beyond = exceeding(summary, targets, factor)
    lines = [_line(summary.verdict(target)) for target in targets]
    if not beyond:
        return [*lines, "", f"nothing misses its target by more than {factor:g} times"]
    return [*lines, "", f"MISSED by more than {factor:g} times:", *(_line(verdict) for verdict in beyond)]


def _line(verdict: Verdict) -> str:
    target = verdict.target
    row = BY_NAME[target.row]
    what = f"{row.title}{', TLS' if row.tls else ''}, {METRICS[target.metric]}"
    value = "nothing" if verdict.value is None else value_of(target.metric, verdict.value)
    return f"  {what:56} {value:>8}   target {limit_of(target):9} {'met' if verdict.is_met() else 'missed'}"
