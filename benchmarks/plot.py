"""The ratios as a plot: the same numbers give the same file."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.summary import Summary
from benchmarks.targets import TARGETS, Target
from benchmarks.works import BY_NAME, YARDSTICK

# Any: most of what matplotlib says of its keywords is unknown to pyright's strict mode.
mpl: Any = import_module("matplotlib")
mpl.use("svg")
pyplot: Any = import_module("matplotlib.pyplot")
ticker: Any = import_module("matplotlib.ticker")

# Of the Okabe-Ito palette, which the colour-blind can tell apart; in shapes of their own all the same.
MARKERS = {
    "floor": ("the floor: a bare protocol", "D", "#999999"),
    "ours": ("ours (over TLS: HTTP/2)", "o", "#0072b2"),
    "openai": ("openai", "s", "#e69f00"),
    "mistralai": ("mistralai", "^", "#d55e00"),
}
PAPER, INK, RULE = "#fcfcfa", "#222222", "#d8d8d4"  # a background of its own: it is read on dark pages too
LOW, HIGH = 0.01, 1000.0
STYLE = {
    "svg.hashsalt": "benchmarks",  # the ids in the file are made of it
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def draw(summary: Summary, path: Path) -> None:
    """Write the plot: a line for each target that is a ratio."""
    targets = [target for target in TARGETS if target.metric in ("cpu", "wall")]
    with mpl.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=(10, 0.36 * len(targets) + 1.6), facecolor=PAPER)
        try:
            for place, target in enumerate(reversed(targets)):
                _line(axes, place, target, summary)
            _frame(axes, [_label(target) for target in reversed(targets)])
            figure.tight_layout()
            figure.savefig(path, facecolor=PAPER, metadata={"Date": None, "Creator": None})
        finally:
            pyplot.close(figure)


def _label(target: Target) -> str:
    row = BY_NAME[target.row]
    return f"{row.title}{', TLS' if row.tls else ''} · {'CPU' if target.metric == 'cpu' else 'wall'}"


def _line(axes: Any, place: int, target: Target, summary: Summary) -> None:
    row = BY_NAME[target.row]
    axes.axhline(place, color=RULE, linewidth=0.8, zorder=0)
    axes.plot([target.limit], [place], "|", color=INK, markersize=14, markeredgewidth=1.6, zorder=1)
    for contender in row.contenders:
        value = summary.ratio(row, contender, target.metric)
        if value is None or contender == YARDSTICK:
            continue
        _, shape, colour = MARKERS[contender.partition("-")[0]]
        axes.plot([value], [place], shape, color=colour, markersize=8, markeredgecolor=PAPER, zorder=2)


def _frame(axes: Any, labels: list[str]) -> None:
    axes.set_facecolor(PAPER)
    axes.set_xscale("log")
    axes.set_xlim(LOW, HIGH)
    axes.set_ylim(-0.7, len(labels) - 0.3)
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(length=0)
    axes.xaxis.set_major_locator(ticker.FixedLocator([0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000]))
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.axvline(1, color=INK, linewidth=1, zorder=0)
    axes.set_xlabel("times aiohttp with a typed msgspec decode, which is 1 (less is faster)")
    for name, shape, colour in MARKERS.values():
        axes.plot([], [], shape, color=colour, markersize=8, markeredgecolor=PAPER, label=name)
    axes.plot([], [], "|", color=INK, markersize=14, markeredgewidth=1.6, label="target for ours")
    axes.legend(loc="lower center", bbox_to_anchor=(0.35, 1.0), ncols=5, frameon=False, handletextpad=0.2)
