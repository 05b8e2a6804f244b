"""The program as a whole, for works that are short."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.__main__ import main


def test_it_measures_what_was_chosen_and_writes_where_it_was_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")

    code = main(["--quick", "--rounds", "1", "--work", "chat-1", "--contender", "floor", "--out", str(tmp_path)])

    said = capsys.readouterr().out
    assert code == 0, said
    assert "times the fastest client" in said
    assert "| small chat call, one at a time | plain | CPU | 1.00 | 0." in said
    assert (tmp_path / "results.md").is_file()
    assert (tmp_path / "results.svg").is_file()


@pytest.mark.parametrize(("factor", "code", "rounds"), [("1000", 0, 1), ("0.0001", 1, 3)])
def test_a_check_measures_again_what_it_would_fail_for(
    factor: str, code: int, rounds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--quick", "--work", "import", "--check", factor]) == code

    said = capsys.readouterr().out
    assert said.count(" ours-h1 ") == rounds
    assert ("MISSED by more than 0.0001 times:" in said) is (code == 1)


@pytest.mark.parametrize(
    "arguments",
    [["--check", "2", "--out", "."], ["--check", "2", "--contender", "openai"], ["--check", "0"], ["--rounds", "0"]],
)
def test_what_makes_no_sense_is_refused_before_anything_is_started(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)


def test_to_choose_what_no_contender_does_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--work", "chat-64-tls", "--contender", "ours-h1"]) == 1

    assert "none of these contenders does any of these works" in capsys.readouterr().out
