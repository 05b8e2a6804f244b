"""Run datamodel-code-generator, and read from what it wrote which annotation it gave to every field and alias."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from functools import reduce
from pathlib import Path
from typing import TypeAlias

from codegen.document import Schema
from codegen.errors import SpecError
from codegen.models.neutral import Neutral, field_key, fields
from codegen.schemas import is_object

Annotations: TypeAlias = dict[str, list[str]]
"""Schema name -> annotation of each of its fields, in order; for an alias the one that it stands for."""

_PLACE = "datamodel-code-generator"
_LINES_TOLD = 12  # the end of a traceback says what is wrong

_FLAGS = (
    "--input-file-type=openapi",
    "--schema-version=3.1",
    "--strict-refs",
    "--output-model-type=msgspec.Struct",
    "--preset=standard-py311-20261027",
    "--target-python-version=3.11",
    "--keyword-only",
    "--use-annotated",
    "--enum-field-as-literal=all",
    "--no-collapse-root-models",
    "--no-use-standard-primitive-types",
    "--ignore-pyproject",
    "--disable-timestamp",
    "--formatters=builtin",
)


def annotations_of(schemas: dict[str, Schema]) -> Annotations:
    neutral = Neutral(schemas)
    if not schemas:
        return {}
    module = ast.parse(_source(neutral, schemas))
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    aliases = {
        node.target.id: node.value
        for node in module.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
    }
    names = _Names(neutral, aliases)
    found: Annotations = {}
    for name, schema in schemas.items():
        made = neutral.neutral(name)
        if is_object(schema) and made in classes:
            found[name] = _fields(classes[made], name, schema, names)
        elif not is_object(schema) and made in aliases:
            found[name] = [names.text(aliases[made])]
        else:
            raise SpecError(_PLACE, f"did not make of the schema {name!r} what it is")
    return found


def _source(neutral: Neutral, schemas: dict[str, Schema]) -> str:
    """What the generator writes. A process of its own, so that no setting of this one comes into it."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "shapes.json"), Path(folder, "models.py")
        given.write_text(json.dumps(neutral.document(schemas)), encoding="utf-8")
        run = subprocess.run(
            [sys.executable, "-m", "datamodel_code_generator", *_FLAGS, f"--input={given}", f"--output={made}"],
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONWARNINGS": "ignore", "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode or not made.is_file():
            last = " ".join(run.stderr.strip().splitlines()[-_LINES_TOLD:])
            raise SpecError(_PLACE, neutral.renamed(last) or "failed without a word")
        return made.read_text(encoding="utf-8")


def _fields(class_: ast.ClassDef, name: str, schema: Schema, names: _Names) -> list[str]:
    found = {
        node.target.id: names.text(node.annotation)
        for node in class_.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    wanted = [field_key(index) for index in range(len(fields(schema)))]
    if sorted(found) != sorted(wanted):
        raise SpecError(_PLACE, f"made {len(found)} fields of the {len(wanted)} that {name!r} has")
    return [found[key] for key in wanted]


class _Names(ast.NodeTransformer):
    """Puts the schemas' own names back, and what a made-up alias stands for in place of the alias."""

    def __init__(self, neutral: Neutral, aliases: dict[str, ast.expr]) -> None:
        self._neutral = neutral
        self._aliases = aliases

    def text(self, annotation: ast.expr) -> str:
        copied = ast.parse(ast.unparse(annotation), mode="eval").body
        return ast.unparse(self.visit(copied))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        name = self._neutral.name(node.id)
        if name is not None:
            return ast.Name(name)
        if node.id in self._aliases:
            return ast.parse(self.text(self._aliases[node.id]), mode="eval").body
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        match node.value, node.slice:
            case ast.Name("Literal"), _:
                return node  # its words are no names
            case ast.Name("Annotated"), ast.Tuple([type_, *told]):
                return ast.Subscript(node.value, ast.Tuple([self.visit(type_), *told]))
            # Written so where what is quoted could not be joined by `|`; here nothing is quoted any more.
            case ast.Name("Union"), ast.Tuple(members):
                return _joined([self.visit(member) for member in members])
            case ast.Name("Optional"), type_:
                return _joined([self.visit(type_), ast.Constant(None)])
            case _:
                return ast.Subscript(self.visit(node.value), self.visit(node.slice))

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        # A reference to what comes later in the file is written as text.
        return self.visit(ast.parse(node.value, mode="eval").body) if isinstance(node.value, str) else node


def _joined(members: list[ast.expr]) -> ast.expr:
    return reduce(lambda left, right: ast.BinOp(left, ast.BitOr(), right), members)
