"""The demo from the command line: options, exit codes, and an output that is no terminal."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from mistral_async import cli
from mistral_async.demo import main

DEMO = (sys.executable, "-m", "mistral_async.demo")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key, and without what makes rich take a pipe for a terminal."""
    for name in ("MISTRAL_API_KEY", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


def test_the_command_shows_the_scenes_that_were_asked_for() -> None:
    done = subprocess.run([*DEMO, "--only", "models", "--only", "chat"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "2 scenes in" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_screen_that_lacks_a_character_does_without_it() -> None:
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}

    done = subprocess.run([*DEMO, "--only", "models"], capture_output=True, text=True, env=ascii_only, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "mistral-small" in done.stdout


def test_live_without_a_key_says_so_in_one_line() -> None:
    done = subprocess.run([*DEMO, "--live"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "--live asks the real API and needs a key: set MISTRAL_API_KEY\n"


def test_live_with_a_key_says_whom_it_asks_and_what_it_leaves_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "made-up")

    code = main(["--live", "--only", "ocr"])

    screen = capsys.readouterr().out
    assert code == 0
    assert "a demo against the real API" in screen
    assert "left out: every page costs" in screen


def test_the_exit_code_is_one_when_a_scene_failed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{}\n", encoding="utf-8")

    code = main(["--only", "bulk", "--prompts", str(bad), "--at-once", "3"])

    screen = capsys.readouterr().out
    assert code == 1
    assert "3 at a time" in screen
    assert "1 failed" in screen


def test_the_demo_writes_to_whatever_stands_in_for_the_screen() -> None:
    with contextlib.redirect_stdout(StringIO()) as screen:
        code = main(["--only", "models"])

    assert code == 0
    assert "1 scene in" in screen.getvalue()


def test_a_file_of_prompts_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--prompts", "nowhere.jsonl"]) == 2
    assert capsys.readouterr().err == "--prompts: there is no file nowhere.jsonl\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--at-once", "0"], "argument --at-once: '0' is not a whole number of 1 or more"),
        (["--at-once", "many"], "argument --at-once: 'many' is not a whole number of 1 or more"),
        (["--only", "everything"], "argument --only: invalid choice: 'everything'"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)

    assert refused.value.code == 2
    assert reason in capsys.readouterr().err


def test_without_rich_the_command_says_what_to_install() -> None:
    script = "import sys; sys.modules['rich'] = None; from mistral_async.demo import main; sys.exit(main([]))"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr == "the demo needs the package rich: python -m pip install 'mistral-async[cli]'\n"


def test_a_package_that_is_missing_otherwise_is_not_mistaken_for_rich() -> None:
    script = "import sys; sys.modules['msgspec'] = None; from mistral_async.demo import main; sys.exit(main([]))"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "No module named 'msgspec" in done.stderr or "import of msgspec halted" in done.stderr


def test_an_interrupted_demo_ends_without_a_traceback() -> None:
    process = subprocess.Popen(
        DEMO,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background of a shell has it ignored, and so would the demo.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.readline()  # the opening stands: the demo runs
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=30)

    assert process.returncode == 130
    assert complaints == "interrupted\n"


def test_the_command_line_shows_the_demo_with_its_own_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(("demo", "--help"))

    assert ended.value.code == 0
    assert "--live" in capsys.readouterr().out
