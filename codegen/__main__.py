"""``python -m codegen``: models, parameters and resources from the OpenAPI document."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from codegen import load, overlay
from codegen.document import Document
from codegen.errors import SpecError
from codegen.models import emit_models
from codegen.names import module_name
from codegen.normalise import normalise
from codegen.output import compare, formatted, write
from codegen.params import emit_params
from codegen.report import emit_report
from codegen.resources import emit_resources
from codegen.signatures import signatures
from codegen.spelling import spellings
from codegen.table import with_table
from codegen.tree import build_tree
from codegen.types import InputNames

ROOT = Path(__file__).resolve().parent.parent
README = "README.md"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0 where all is well, 1 where ``--check`` found a difference, 2 where the document cannot be used."""
    arguments = _parser().parse_args(argv)
    try:
        files = generate(arguments.spec, _overlay(arguments), arguments.output)
        changes = compare(arguments.output, files) if arguments.check else write(arguments.output, files)
    except (SpecError, OSError) as exc:
        print(f"codegen: {exc}", file=sys.stderr)
        return 2
    if arguments.check:
        print(*changes.lines("stale", "missing", "surplus"), sep="\n", end="\n" if changes else "")
        return 1 if changes else 0
    print(*changes.lines("rewritten", "written", "removed"), sep="\n", end="\n" if changes else "")
    return 0


def generate(spec: Path, overlay_file: Path | None, output: Path) -> dict[str, str]:
    """Every file that the generator would leave in a directory, by path relative to it."""
    raw = load.load(spec)
    if overlay_file:
        raw, unmatched = overlay.apply(raw, load.read(overlay_file))
        for action in unmatched:
            print(f"codegen: the overlay's {action} matches nothing in {spec.name}", file=sys.stderr)
    document = normalise(raw)
    return formatted(emit(document, _readme(output)))


def emit(document: Document, readme: str | None) -> dict[str, str]:
    """The sources as the emitters write them, not formatted yet."""
    tree = build_tree(document)
    names = InputNames(document)
    called = spellings(tree)
    signed = signatures(document, {operation.path: module_name(operation.path) for operation in document.operations})
    document = dataclasses.replace(document, rewrites={**document.rewrites, **tree.notes})
    files = {
        **emit_models(document),
        **emit_params(document, names, signed, called),
        **emit_resources(document, tree, names, signed),
        "openapi/report.md": emit_report(document),
    }
    return files if readme is None else {**files, README: with_table(readme, document, called)}


def _readme(output: Path) -> str | None:
    path = output / README
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _overlay(arguments: argparse.Namespace) -> Path | None:
    """The overlay that was asked for, or the project's own if there is one."""
    if arguments.overlay:
        return Path(arguments.overlay)
    default = ROOT / "openapi" / "overlay.yaml"
    return default if default.is_file() else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m codegen", description=__doc__)
    parser.add_argument("--spec", type=Path, default=ROOT / "openapi" / "mistral.yaml", help="the OpenAPI document")
    parser.add_argument("--overlay", type=Path, help="the overlay (default: openapi/overlay.yaml, if it is there)")
    parser.add_argument("--output", type=Path, default=ROOT, help="where to write (default: this repository)")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; say what is stale, and exit with 1 if anything is"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
