"""The generated models at work: they decode, they encode, they read well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import msgspec
import pytest
from msgspec import UNSET

from codegen.document import Document, Schema
from codegen.errors import SpecError
from codegen.models import emit_models
from codegen.models.generator import annotations_of
from codegen.normalise import normalise
from codegen.shapes import is_mapping
from mistral_async.vector import Vector
from tests.codegen.written import answering, core, hard, models_of

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated")


@pytest.fixture(scope="module")
def document() -> Document:
    return hard()


@pytest.fixture(scope="module")
def models(document: Document, folder: Path) -> ModuleType:
    return models_of(document, folder, "hard_models")


@pytest.fixture(scope="module")
def core_models(folder: Path) -> ModuleType:
    return models_of(core(), folder, "core_models")


def decoded(model: Any, value: Any) -> Any:
    return msgspec.json.decode(json.dumps(value), type=model)


def test_every_decoder_can_be_built(models: ModuleType, core_models: ModuleType) -> None:
    for package in (models, core_models):
        for name in package.__all__:
            msgspec.json.Decoder(getattr(package, name))


def smallest(schema: Schema, document: Document) -> Any:
    """A value of a schema that holds no more than it must."""
    if "$ref" in schema:
        return smallest(document.schemas[schema["$ref"].rpartition("/")[2]], document)
    if "anyOf" in schema:
        return smallest(schema["anyOf"][0], document)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        return {name: smallest(schema["properties"][name], document) for name in schema["required"]}
    if schema.get("type") == "array":
        return [smallest(schema["items"], document)] * int(schema.get("minItems", 0))
    if schema.get("type") == "string":
        return "a" * int(schema.get("minLength", 3))
    plain: dict[Any, Any] = {"integer": 4, "number": 0.5, "boolean": True, "object": {}}
    return plain.get(schema.get("type"))


def holds(whole: Any, part: Any) -> bool:
    """Whether ``whole`` is ``part``, but for the defaults that answers have."""
    if is_mapping(part):
        return all(key in whole and holds(whole[key], value) for key, value in part.items())
    return bool(whole == part)


@pytest.mark.parametrize("which", [hard, core])
def test_the_smallest_value_of_every_schema_goes_round(
    which: Callable[[], Document], models: ModuleType, core_models: ModuleType
) -> None:
    document = which()
    package = models if which is hard else core_models
    for name, schema in document.schemas.items():
        value = smallest(schema, document)

        sent = json.loads(msgspec.json.encode(decoded(getattr(package, name), value)))

        assert sent == value if name not in document.answers else holds(sent, value)


def test_members_of_a_union_are_told_apart_by_their_tag(models: ModuleType) -> None:
    pets = decoded(models.GetListResponse, [{"species": "cat"}, {"species": "dog"}])

    assert pets == [models.Cat(), models.Dog()]
    assert [pet.species for pet in pets] == ["cat", "dog"]
    assert msgspec.json.encode(models.Dog()) == b'{"species":"dog"}'


def test_a_schema_with_two_tags_sends_back_the_one_it_came_with(models: ModuleType) -> None:
    zoo = decoded(models.Zoo, {"twice": {"species": "ant"}})

    assert isinstance(zoo.twice, models.InsectAnt)
    assert msgspec.json.encode(zoo) == b'{"twice":{"species":"ant"}}'


def test_a_schema_in_unions_by_different_tags_decodes_in_each(models: ModuleType) -> None:
    cat = {"species": "cat", "object": "pet", "lives": 1}

    zoo = decoded(models.Zoo, {"inferred": {"species": "dog", "object": "pet"}, "other": cat, "partly": cat})

    assert isinstance(zoo.inferred, models.Dog)
    assert (type(zoo.other), zoo.other.species) == (models.CatPet, "cat")
    assert (type(zoo.partly), zoo.partly.lives) == (models.ZooPartly, 1)


def test_a_model_with_a_tag_may_come_without_it_where_it_stands_alone(models: ModuleType) -> None:
    assert decoded(models.Talk, {"id": "1", "kinds": [], "best": {"lives": 3}}).best == models.Cat(lives=3)


def test_a_schema_that_bears_a_tag_elsewhere_takes_any_value_alone(models: ModuleType) -> None:
    zoo = decoded(models.Zoo, {"plank": {"material": "cork"}, "crate": {"material": "wood"}})

    assert (zoo.plank.material, type(zoo.crate)) == ("cork", models.WoodWood)


def test_enums_take_values_they_do_not_list(models: ModuleType) -> None:
    talk = decoded(models.Talk, {"id": "1", "kinds": [], "state": "ajar", "level": 9, "flag": False, "object": "chat"})

    assert (talk.state, talk.level, talk.flag, talk.object) == ("ajar", 9, False, "chat")


def test_absent_is_unset_unless_an_answer_has_a_default(models: ModuleType) -> None:
    talk = decoded(models.Talk, {"id": "1", "kinds": []})

    assert (talk.class_, talk.created_at, talk.seen, talk.wrong) == (UNSET, UNSET, UNSET, UNSET)
    assert (talk.title, talk.rate, talk.tags, talk.pair, talk.extra) == (None, 1e-4, [], [1, 2], {})
    assert models.StartTalkRequest(topic="x").mood is UNSET


def test_a_default_that_can_change_is_not_shared(models: ModuleType) -> None:
    first, second = (decoded(models.Talk, {"id": "1", "kinds": []}) for _ in range(2))
    first.pair.append(3)
    first.tags.append("x")

    assert (second.pair, second.tags) == ([1, 2], [])


def test_fields_go_by_their_wire_names(models: ModuleType) -> None:
    value = {"id": "1", "kinds": [], "class": "a", "list": [1], "createdAt": "now", "@type": "b", "bytes": 2}

    talk = decoded(models.Talk, value)

    assert (talk.class_, talk.list_, talk.created_at, talk.type, talk.bytes) == ("a", [1], "now", "b", 2)
    assert json.loads(msgspec.json.encode(talk)).items() >= value.items()


def test_limits_hold_for_what_is_only_sent(models: ModuleType) -> None:
    decoded(models.SearchBodyLimits, {"old": 0.1, "step": 0.3, "whole": 2, "unique": ["a"], "map": {"a": "b"}})

    beyond: list[Any] = [{"old": 0}, {"whole": 3}, {"unique": []}, {"map": {}}, {"map": {"a": ""}}]
    for broken in beyond:
        with pytest.raises(msgspec.ValidationError):
            decoded(models.SearchBodyLimits, broken)


def test_a_right_request_is_not_refused_for_a_merged_union(models: ModuleType) -> None:
    for target in ({"name": "a", "key": "b"}, {"number": 1, "key": 2}):
        body: dict[str, Any] = {"target": target, "where": {"and": [{"field": "x", "value": 1}, {"and": []}]}}

        assert json.loads(msgspec.json.encode(decoded(models.SearchBody, body))) == body


def test_secrets_are_not_shown(models: ModuleType) -> None:
    talk = decoded(models.Talk, {"id": "1", "kinds": [], "secret_key": "s3cret"})

    assert "s3cret" not in repr(talk)
    assert "secret_key=***" in repr(talk)


def marked(**schema: Any) -> Document:
    return normalise(answering({"type": "object", "properties": {"it": {"x-mistral-vector": True, **schema}}}))


def test_numbers_that_may_come_in_base64_are_read_as_vectors(folder: Path) -> None:
    numbers = {"type": ["array", "string"], "items": {"type": "number"}, "contentEncoding": "base64"}
    model = models_of(marked(**numbers), folder, "vector_models").GetItResponse

    read = decoded(model, {"it": "AACAPwAAAEA="})

    assert read.it == Vector(b"\0\0\x80?\0\0\0@") == [1.0, 2.0] == decoded(model, {"it": [1, 2]}).it
    assert msgspec.json.encode(read) == b'{"it":"AACAPwAAAEA="}'


@pytest.mark.parametrize("schema", [{"type": "string"}, {"type": ["array", "null"], "items": {"type": "number"}}, {}])
def test_what_is_marked_as_a_vector_and_is_none_stops_the_generator(schema: Schema) -> None:
    with pytest.raises(SpecError, match="neither an array of numbers nor a string") as caught:
        emit_models(marked(**schema))
    assert caught.value.place == "GetItResponse.it.x-mistral-vector"


def test_annotations_can_be_resolved_by_name(models: ModuleType) -> None:
    for name in models.__all__:
        if isinstance(model := getattr(models, name), type):
            get_type_hints(model)


def test_two_runs_give_the_same_bytes_whatever_the_hash_seed() -> None:
    script = (
        "import hashlib, json; from tests.codegen.written import hard; from codegen.models import emit_models;"
        "from codegen.report import emit_report; document = hard();"
        "print(hashlib.sha256(json.dumps([emit_models(document), emit_report(document)]).encode()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(seen) == 1


def test_descriptions_become_docstrings_and_words_below_the_fields(document: Document) -> None:
    talks = emit_models(document)["mistral_async/models/talks.py"]

    assert '    """What to talk about."""\n' in talks
    assert '    seen: bool = PRESUMED\n    """Says \\"\\"\\"yes\\"\\"\\" or \\\\no."""\n' in talks
    assert '    old: str | UnsetType = UNSET\n    """Deprecated."""\n' in talks


@pytest.mark.parametrize(("path", "begins"), [("/v1/it/now", "/v1/it"), ("/v2/it", "/v2/it"), ("/admin/it", "/admin")])
def test_a_module_says_what_its_paths_begin_with(path: str, begins: str) -> None:
    spec = answering({"type": "string"})
    spec["paths"] = {path: spec["paths"]["/v1/it"]}

    written = [text for name, text in emit_models(normalise(spec)).items() if not name.endswith("__init__.py")]

    assert f'"""Models of ``{begins}``."""' in written[0]


def test_a_module_imports_only_the_shared_one(document: Document) -> None:
    files = emit_models(document)

    for path, text in files.items():
        others = {line.split()[1] for line in text.splitlines() if line.startswith("from mistral_async.")}
        allowed = (
            {"mistral_async.model"}
            if path.endswith("shared.py")
            else {"mistral_async.model", "mistral_async.models.shared"}
        )
        assert others <= allowed


def test_an_empty_document_has_no_models() -> None:
    empty = normalise({"openapi": "3.1.0", "paths": {}})

    assert list(emit_models(empty)) == ["mistral_async/models/__init__.py"]


def test_an_empty_object_is_a_model_without_fields(folder: Path) -> None:
    document = normalise(answering({"type": "object", "additionalProperties": False}))

    package = models_of(document, folder, "empty_models")

    assert decoded(package.GetItResponse, {}) == package.GetItResponse()


def test_names_that_the_generator_behind_has_its_own_use_for_make_no_difference(folder: Path) -> None:
    names = ["Field", "Optional", "List", "Dict", "Enum", "BaseModel", "Field0", "Schema1Of", "UNSET", "object", "Type"]
    schemas = {name: {"type": "object", "properties": {name: {"type": "string", "minLength": 1}}} for name in names}
    union = {"type": "object", "properties": {name: {"$ref": f"#/components/schemas/{name}"} for name in names}}

    package = models_of(normalise(answering(union, **schemas)), folder, "odd_models")

    value = {name: {name: "x"} for name in names}
    assert json.loads(msgspec.json.encode(decoded(package.GetItResponse, value))) == value


def test_a_failure_of_the_generator_behind_is_told_with_its_message() -> None:
    with pytest.raises(SpecError, match=r"^datamodel-code-generator: .*many"):
        annotations_of({"Broken": {"type": "integer", "minimum": "many"}})


def test_what_the_generator_behind_makes_of_a_schema_must_be_what_it_is() -> None:
    with pytest.raises(SpecError, match=r"did not make of the schema 'Odd' what it is"):
        annotations_of({"Odd": {"allOf": [], "properties": {}, "anyOf": [{"type": "string"}]}})
