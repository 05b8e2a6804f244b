"""The benchmark of the layers: that it runs, and says what it found. Its numbers are for a quiet machine."""

from __future__ import annotations

import re

import pytest

from benchmarks import overhead


def test_it_says_what_the_layers_add_and_whether_that_is_too_much(capsys: pytest.CaptureFixture[str]) -> None:
    code = overhead.main(["--rounds", "1", "--turns", "1"])

    said = capsys.readouterr().out
    added = [float(number) for number in re.findall(r"added +(-?[\d.]+) us", said)]
    assert len(added) == 2
    assert len(re.findall(r"ratio \d+\.\d{3}", said)) == 2
    assert code == (1 if "MORE THAN" in said else 0)


async def test_every_kind_of_call_is_answered() -> None:
    for call in overhead.calls().values():
        answer = await call()
        assert "Yes." in repr(answer)
