"""What the generator leaves in a directory: format it, compare it with what is there, write it all or not at all."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codegen.errors import SpecError
from codegen.packages import BANNER

FOLDERS = ("mistral_async/models", "mistral_async/params", "mistral_async/resources")
# The settings of pyproject.toml, given here so that the output does not depend on where it is written.
_RUFF = ("--isolated", "--quiet", "--line-length=120", "--target-version=py311")
_RULES = ("--select=F401,I,RUF022,RUF036", "--config=lint.isort.known-first-party=['mistral_async']")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How a directory differs from what would be written, in paths relative to it."""

    stale: tuple[str, ...]
    missing: tuple[str, ...]
    surplus: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.stale or self.missing or self.surplus)

    def lines(self, stale: str, missing: str, surplus: str) -> list[str]:
        """A line for each file, after the word for its kind."""
        kinds = {stale: self.stale, missing: self.missing, surplus: self.surplus}
        return [f"{kind}: {path}" for kind, paths in kinds.items() for path in paths]


def formatted(files: Mapping[str, str]) -> dict[str, str]:
    """The files, those in Python in the house format. Raises ``SpecError`` if one is no Python."""
    sources = sorted(path for path in files if path.endswith(".py"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path in sources:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(files[path], encoding="utf-8", newline="\n")
        _ruff(root, "check", "--fix", *_RUFF, *_RULES, ".")
        _ruff(root, "format", *_RUFF, ".")
        return {path: _read(root / path) if path in sources else text for path, text in sorted(files.items())}


def compare(root: Path, files: Mapping[str, str]) -> Difference:
    """What would change in a directory."""
    there = {path: (root / path).is_file() for path in files}
    return Difference(
        stale=tuple(path for path in sorted(files) if there[path] and _read(root / path) != files[path]),
        missing=tuple(path for path in sorted(files) if not there[path]),
        surplus=tuple(path for path in _generated(root) if path not in files),
    )


def write(root: Path, files: Mapping[str, str]) -> Difference:
    """Make the directory hold these files, and no other generated ones. Returns what changed.

    Everything is on disk under temporary names before the first file takes its place.
    """
    changes = compare(root, files)
    staged: dict[Path, Path] = {}
    try:
        for path in (*changes.stale, *changes.missing):
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f"{target.name}.new")
            staged[temporary] = target
            temporary.write_text(files[path], encoding="utf-8", newline="\n")
        for temporary, target in staged.items():
            os.replace(temporary, target)
    finally:
        for temporary in staged:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    for path in changes.surplus:
        (root / path).unlink()
    return changes


def _generated(root: Path) -> list[str]:
    """The generated files below a directory, known by their banner."""
    found = (path for folder in FOLDERS for path in (root / folder).rglob("*.py"))
    return sorted(path.relative_to(root).as_posix() for path in found if _read(path).startswith(BANNER))


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def _ruff(root: Path, *arguments: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise SpecError("ruff", (run.stdout + run.stderr).strip() or "failed without a word")
