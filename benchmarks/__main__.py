"""Measure this SDK beside others: ``python -m benchmarks``; ``--help`` lists what can be asked."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import plan, report
from benchmarks.machine import Circumstances, load
from benchmarks.progress import Progress
from benchmarks.rounds import Rounds
from benchmarks.run import Run, TooSlow, started
from benchmarks.service import ROOT, ServiceError
from benchmarks.summary import Summary
from benchmarks.targets import TARGETS
from benchmarks.verdicts import exceeding, list_of
from benchmarks.works import BY_NAME, CONTENDERS
from benchmarks.written import write

AGAIN = 2  # rounds more for what exceeds its target in the first one


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    quick: bool
    works: tuple[str, ...]
    contenders: tuple[str, ...]
    rounds: int | None
    check: float | None
    out: Path | None

    @property
    def everything(self) -> bool:
        return not self.works and not self.contenders and self.check is None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write, and return the exit code."""
    options, progress = _read(arguments), Progress()
    begun = time.perf_counter()
    try:
        with started(progress) as run:
            code = _check(run, options, options.check) if options.check is not None else _compare(run, options)
    except (ServiceError, TooSlow) as exc:
        progress.say(f"nothing was measured: {exc}")
        return 1
    progress.say(f"took {time.perf_counter() - begun:.0f} s")
    return code


def _compare(run: Run, options: Options) -> int:
    """All contenders; fails where one did not do its work."""
    chosen = plan.of_all(options.works, options.contenders, quick=options.quick, rounds=options.rounds)
    if not chosen.cells:
        run.progress.say("nothing was measured: none of these contenders does any of these works")
        return 1
    circumstances = Circumstances(rounds=chosen.rounds, server=run.capacity(chosen.seconds))
    rounds = run.measure(chosen)
    circumstances.after = load()
    summary = Summary(rounds.measured)
    table = report.targets_table(summary, rounds.failed)
    run.progress.say("", table, "")
    _complain(run, rounds)
    if options.out is not None or options.everything:
        written = write(summary, rounds.failed, circumstances, options.out)
        run.progress.say(*(f"wrote {path}" for path in written))
    return 1 if rounds.failed else 0


def _check(run: Run, options: Options, factor: float) -> int:
    """Ours and the yardstick alone; fails where a target is missed by the factor, a second and a third time too."""
    run.capacity(0.3)
    targets = [target for target in TARGETS if not options.works or target.row in options.works]
    seconds = 0.3 if options.quick else 0.5
    rounds = run.measure(plan.of_targets(targets, rounds=options.rounds or 1, seconds=seconds))
    suspects = exceeding(Summary(rounds.measured), targets, factor)
    again = [verdict.target for verdict in suspects if verdict.value is not None]
    if again:
        run.progress.say("", "once more, what is beyond the limit:")
        run.measure(plan.of_targets(again, rounds=AGAIN, seconds=seconds), more=rounds)
    summary = Summary(rounds.measured)
    run.progress.say("", *list_of(summary, targets, factor))
    _complain(run, rounds)
    return 1 if rounds.failed or exceeding(summary, targets, factor) else 0


def _complain(run: Run, rounds: Rounds) -> None:
    for cell, why in rounds.failed.items():
        run.progress.say(f"{cell.contender} failed in {cell.work}: {why}")


def _read(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="measure this SDK beside others")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--work", action="append", choices=BY_NAME, default=[], help="only this one; may be repeated")
    parser.add_argument("--contender", action="append", choices=CONTENDERS, default=[], help="only this one, likewise")
    parser.add_argument("--rounds", type=int, help="how often each contender does each work")
    parser.add_argument("--check", type=float, metavar="FACTOR", help="fail where a target is missed by this factor")
    parser.add_argument("--out", type=Path, help=f"directory for the results, other than {ROOT.name}/benchmarks")
    read = parser.parse_args(arguments)
    if read.check is not None and read.out is not None:
        parser.error("--check writes nothing: leave --out away")
    if read.check is not None and read.contender:
        parser.error("--check is about ours and the yardstick: leave --contender away")
    if read.check is not None and read.check <= 0:
        parser.error("--check: a factor above 0")
    if read.rounds is not None and read.rounds < 1:
        parser.error("--rounds: at least 1")
    return Options(read.quick, tuple(read.work), tuple(read.contender), read.rounds, read.check, read.out)


if __name__ == "__main__":
    sys.exit(main())
