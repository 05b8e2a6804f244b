"""Reading documents from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.errors import SpecError
from codegen.load import load, read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-08", 1e-08),
        ("1E+3", 1000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("0123", 123),
        ("0x1F", 31),
        ("0o17", 15),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("yes", "yes"),
        ("off", "off"),
        ("True", True),
        ("~", None),
        ("", None),
        ("1_000", "1_000"),
        ("'1'", "1"),
    ],
)
def test_scalars_are_read_by_the_rules_of_yaml_1_2(text: str, value: object, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"it: {text}\n")

    found = read(tmp_path / "a.yaml")["it"]

    assert (found, type(found)) == (value, type(value))


def test_keys_are_text_whatever_yaml_takes_them_for(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("responses: {200: ok, true: [{null: 1}]}\n")

    assert read(tmp_path / "a.yaml") == {"responses": {"200": "ok", "true": [{"null": 1}]}}


def test_a_merge_key_merges(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: &a {x: 1}\nb: {<<: *a, y: 2}\n")

    assert read(tmp_path / "a.yaml")["b"] == {"x": 1, "y": 2}


def test_json_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"openapi": "3.0.3", "paths": {}}')

    assert load(tmp_path / "a.json") == {"openapi": "3.0.3", "paths": {}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "no mapping at its root"),
        ("a: [", "neither YAML nor JSON"),
        ("a: 1\na: 2", "the key 'a' twice"),
        ("a: &a [*a]", "neither YAML nor JSON"),
        ("swagger: '2.0'", "Swagger 2"),
        ("openapi: 2.0.0", "does not say 3.x"),
        ("openapi: 3.1.0", "has no `paths`"),
        ("openapi: 3.1.0\npaths: []", "has no `paths`"),
    ],
)
def test_a_file_that_is_no_openapi_document_is_refused_by_name(text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text)

    with pytest.raises(SpecError, match=r"^a\.yaml: .*" + problem) as caught:
        load(tmp_path / "a.yaml")

    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    (tmp_path / "bad.json").write_text("{")

    for name in ("missing.yaml", "latin.yaml", "bad.json"):
        with pytest.raises(SpecError, match=name):
            read(tmp_path / name)
