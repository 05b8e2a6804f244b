"""``python -m codegen``, from a document to files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.__main__ import ROOT, generate, main
from codegen.errors import SpecError
from codegen.output import formatted

SPEC = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /v1/things:
    get:
      operationId: listThings
      summary: List the things
      parameters:
        - {name: page, in: query, description: Which page., schema: {type: integer}}
      responses:
        '200':
          description: Things.
          content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
components:
  schemas:
    Thing:
      type: object
      description: A thing.
      required: [name]
      properties:
        name: {type: string, description: Its name.}
"""
MODULES = ("mistral_async/models/things.py", "mistral_async/params/things.py", "mistral_async/resources/things.py")


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "things.yaml"
    path.write_text(SPEC)
    return path


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    path = tmp_path / "overlay.yaml"
    path.write_text("overlay: 1.0.0\ninfo: {title: Nothing, version: '1'}\nactions: []\n")
    return path


@pytest.fixture
def output(tmp_path: Path) -> Path:
    path = tmp_path / "out"
    path.mkdir()
    return path


def run(spec: Path, overlay: Path, output: Path, *arguments: str) -> int:
    return main(["--spec", str(spec), "--overlay", str(overlay), "--output", str(output), *arguments])


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_everything_is_written_and_then_nothing_is_stale(
    spec: Path, overlay: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(spec, overlay, output) == 0

    written = tree(output)
    assert set(MODULES) < set(written)
    assert "openapi/report.md" in written
    assert "written: mistral_async/models/things.py\n" in capsys.readouterr().out
    assert run(spec, overlay, output, "--check") == 0
    assert capsys.readouterr().out == ""


def test_a_second_run_changes_nothing(
    spec: Path, overlay: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(spec, overlay, output)
    capsys.readouterr()
    times = {path: path.stat().st_mtime_ns for path in output.rglob("*.py")}

    assert run(spec, overlay, output) == 0

    assert capsys.readouterr().out == ""
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*.py")} == times


def test_the_check_names_what_is_stale_missing_and_too_much_and_writes_nothing(
    spec: Path, overlay: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(spec, overlay, output)
    models, params, resources = (output / module for module in MODULES)
    models.write_text(models.read_text() + "# edited\n")
    params.unlink()
    (resources.parent / "gone.py").write_text(resources.read_text())
    (resources.parent / "ours.py").write_text('"""Not generated: stays."""\n')
    before = tree(output)
    capsys.readouterr()

    assert run(spec, overlay, output, "--check") == 1

    assert capsys.readouterr().out.splitlines() == [
        "stale: mistral_async/models/things.py",
        "missing: mistral_async/params/things.py",
        "surplus: mistral_async/resources/gone.py",
    ]
    assert tree(output) == before


def test_generated_files_that_are_too_much_are_removed_and_others_stay(
    spec: Path, overlay: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(spec, overlay, output)
    folder = output / "mistral_async/resources"
    (folder / "gone.py").write_text((folder / "things.py").read_text())
    (folder / "ours.py").write_text('"""Not generated: stays."""\n')
    capsys.readouterr()

    assert run(spec, overlay, output) == 0

    assert capsys.readouterr().out == "removed: mistral_async/resources/gone.py\n"
    assert (folder / "ours.py").exists()


def test_the_table_is_written_into_a_readme_that_is_there(spec: Path, overlay: Path, output: Path) -> None:
    readme = output / "README.md"
    readme.write_text("# Ours\n<!-- operations -->\n<!-- /operations -->\n")

    run(spec, overlay, output)

    assert "| `client.things()` | `GET /v1/things` | `Thing` | List the things |" in readme.read_text()


def test_a_document_that_cannot_be_used_is_one_line_and_writes_nothing(
    spec: Path, overlay: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(spec, overlay, output)
    before = tree(output)
    spec.write_text(SPEC.replace("{$ref: '#/components/schemas/Thing'}", "{$ref: '#/components/schemas/Nothing'}"))
    capsys.readouterr()

    assert run(spec, overlay, output) == 2

    error = capsys.readouterr().err
    assert error.startswith("codegen: ")
    assert error.count("\n") == 1
    assert tree(output) == before


def test_a_segment_without_a_place_in_the_tree_is_one_line_too(
    spec: Path, overlay: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(SPEC.replace("/v1/things:", "/v1/{thing}:"))

    assert run(spec, overlay, output) == 2

    assert capsys.readouterr().err.startswith("codegen: GET /v1/{thing}: ")
    assert tree(output) == {}


@pytest.mark.parametrize("missing", ["spec", "overlay"])
def test_a_file_that_is_not_there_is_one_line(
    missing: str, spec: Path, overlay: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    {"spec": spec, "overlay": overlay}[missing].unlink()

    assert run(spec, overlay, output) == 2

    error = capsys.readouterr().err
    assert error.startswith("codegen: ")
    assert error.count("\n") == 1


def test_a_directory_that_cannot_be_written_is_one_line_and_nothing_is_left_behind(
    spec: Path, overlay: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (output / "openapi").write_text("in the way")

    assert run(spec, overlay, output) == 2

    error = capsys.readouterr().err
    assert error.startswith("codegen: ")
    assert error.count("\n") == 1
    assert set(tree(output)) == {"openapi"}


def test_an_overlay_action_that_matches_nothing_is_told(
    spec: Path, overlay: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: One, version: '1'}\n"
        "actions:\n  - {target: \"$.paths['/v1/gone'].get\", description: Gone., update: {deprecated: true}}\n"
    )

    assert run(spec, overlay, output) == 0

    assert "/v1/gone" in capsys.readouterr().err


def test_two_processes_write_the_same_bytes(spec: Path, overlay: Path, tmp_path: Path) -> None:
    written: list[dict[str, bytes]] = []
    for seed in ("1", "2"):
        command = [
            sys.executable,
            "-m",
            "codegen",
            f"--spec={spec}",
            f"--overlay={overlay}",
            f"--output={tmp_path / seed}",
        ]
        subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True)
        written.append(tree(tmp_path / seed))

    assert written[0] == written[1]
    assert written[0]


def test_what_is_committed_is_what_the_document_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_without_an_overlay_the_document_is_taken_as_it_is(spec: Path, output: Path) -> None:
    assert set(MODULES) < set(generate(spec, None, output))


def test_source_that_is_no_python_is_refused_before_anything_is_written() -> None:
    with pytest.raises(SpecError) as caught:
        formatted({"mistral_async/models/things.py": "class"})

    assert caught.value.place == "ruff"
