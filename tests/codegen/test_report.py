"""The report of every rewrite."""

from __future__ import annotations

from codegen.report import emit_report
from tests.codegen.written import hard


def test_every_rewrite_is_in_the_report_with_its_place() -> None:
    document = hard()

    report = emit_report(document)

    assert "Hard cases 1: 11 operations, " in report
    assert "## Required field that does not exist (1)\n\n- components.schemas.Talk: `ghost`\n" in report
    for rule, places in document.rewrites.items():
        assert f"## {rule[0].upper()}{rule[1:]} ({len(places)})\n" in report
        assert all(f"- {place}\n" in report for place in places)
