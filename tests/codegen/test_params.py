"""The TypedDicts of what callers pass."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from codegen.document import DATE_TIME, Document, OperationSpec, Schema
from codegen.errors import SpecError
from codegen.names import module_name
from codegen.output import formatted
from codegen.params import emit_params
from codegen.signatures import keywords_of, signatures
from codegen.spelling import spellings
from codegen.tree import build_tree
from codegen.types import InputNames
from tests.codegen.making import STRING, document, events, obj, operation, ref

POST = operation("POST /v1/things", operation_id="make_thing", body="ThingIn")


def params_of(made: Document) -> dict[str, str]:
    modules = {each.path: module_name(each.path) for each in made.operations}
    return emit_params(made, InputNames(made), signatures(made, modules), spellings(build_tree(made)))


def module(made: Document, name: str = "things") -> str:
    path = f"mistral_async/params/{name}.py"
    return formatted({path: params_of(made)[path]})[path]


def keys(source: str, name: str) -> dict[str, str]:
    """The keys of a TypedDict of the class form, with their annotations."""
    [found] = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == name]
    return {
        node.target.id: ast.unparse(node.annotation)
        for node in found.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def thing_keys(
    required: str = "", /, schemas: Mapping[str, Schema] | None = None, **properties: Schema
) -> dict[str, str]:
    """The keys of the TypedDict for an object of these properties, as a plain dict."""
    made = document(POST, schemas={"ThingIn": obj(required, **properties), **(schemas or {})})
    return keys(module(made), "ThingInDict")


@pytest.mark.parametrize(
    ("schema", "annotation"),
    [
        (STRING, "str"),
        ({"type": "integer"}, "int"),
        ({"type": "number"}, "float"),
        ({"type": "boolean"}, "bool"),
        ({"type": "null"}, "None"),
        ({}, "Any"),
        ({"description": "Anything."}, "Any"),
        ({"type": "string", "format": "binary"}, "str"),
        ({"type": "string", "format": "date-time"}, "str"),
        ({"type": "string", "enum": ["a", "b"]}, "Literal['a', 'b'] | str"),
        ({"type": "integer", "enum": [1, 2]}, "Literal[1, 2]"),
        ({"type": "array", "items": STRING}, "Sequence[str]"),
        ({"type": "array"}, "Sequence[Any]"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "Mapping[str, int]"),
        ({"type": "object", "additionalProperties": True}, "Mapping[str, Any]"),
        ({"anyOf": [{"type": "null"}, STRING, STRING]}, "str | None"),
        ({"anyOf": [STRING, {}]}, "Any"),
    ],
)
def test_a_schema_is_annotated_with_what_a_caller_may_pass(schema: Schema, annotation: str) -> None:
    assert thing_keys(field=schema) == {"field": annotation}


def test_an_object_inside_may_be_its_model_or_a_dict() -> None:
    found = thing_keys(part=ref("Part"), parts={"type": "array", "items": ref("Part")}, schemas={"Part": obj(a=STRING)})

    assert found == {"part": "Part | PartDict", "parts": "Sequence[Part | PartDict]"}


def test_a_union_with_a_name_takes_models_and_dicts_of_all_its_members() -> None:
    schemas = {"Part": {"anyOf": [ref("A"), ref("B"), STRING]}, "A": obj(a=STRING), "B": obj(b=STRING)}

    source = module(document(POST, schemas={"ThingIn": obj(part=ref("Part")), **schemas}))

    assert keys(source, "ThingInDict") == {"part": "PartLike"}
    assert "PartLike: TypeAlias = A | ADict | B | BDict | str" in source


def test_a_scalar_with_a_name_goes_by_the_name_of_its_model() -> None:
    schemas: dict[str, Schema] = {
        "Purpose": {"type": "string", "enum": ["a"]},
        "Either": {"anyOf": [ref("Purpose"), {"type": "null"}]},
    }

    assert thing_keys(field=ref("Purpose"), other=ref("Either"), schemas=schemas) == {
        "field": "Purpose",
        "other": "Either",
    }


def test_aliases_may_need_each_other_whatever_their_order() -> None:
    schemas: dict[str, Schema] = {
        "A": {"anyOf": [ref("Z"), STRING]},
        "Z": {"anyOf": [{"type": "array", "items": ref("A")}, {"type": "object", "additionalProperties": ref("Z")}]},
    }

    source = module(document(POST, schemas={"ThingIn": obj(a=ref("A")), **schemas}))

    aliases = [line for line in source.splitlines() if "TypeAlias =" in line]
    assert aliases == [
        'ZLike: TypeAlias = Sequence["ALike"] | Mapping[str, "ZLike"]',
        "ALike: TypeAlias = ZLike | str",
    ]


def test_a_union_that_is_a_member_of_itself_is_refused() -> None:
    schemas: dict[str, Schema] = {
        "A": {"anyOf": [ref("B"), ref("Part")]},
        "B": {"anyOf": [ref("A"), STRING]},
        "Part": obj(a=STRING),
    }

    with pytest.raises(SpecError, match="a member of itself"):
        module(document(POST, schemas={"ThingIn": obj(a=ref("A")), **schemas}))


def test_keys_that_must_be_there_are_marked_and_a_tag_always_must() -> None:
    found = thing_keys("name", name=STRING, role={"type": "string", "const": "user"}, other=STRING)

    assert found == {"name": "Required[str]", "role": "Required[Literal['user']]", "other": "str"}


def test_a_key_that_is_no_name_in_python_makes_the_functional_form() -> None:
    source = module(document(POST, schemas={"ThingIn": obj("class", **{"class": STRING, "a.b": {"type": "integer"}})}))

    assert "ThingInDict = TypedDict(" in source
    assert "'class': 'Required[str]'" in source.replace('"', "'")
    assert "'a.b': 'int'" in source.replace('"', "'")


def test_a_key_that_hides_a_name_of_an_annotation_makes_the_functional_form() -> None:
    source = module(document(POST, schemas={"ThingIn": obj(str=STRING, other=STRING)}))

    assert "ThingInDict = TypedDict(" in source


def test_keywords_are_python_names_and_may_be_unset() -> None:
    made = document(POST, schemas={"ThingIn": obj("topK", topK={"type": "integer"}, **{"from": STRING})})

    assert keys(module(made), "ThingParams") == {"top_k": "Required[int]", "from_": "str | UnsetType"}


def test_an_object_without_fields_is_an_empty_typeddict() -> None:
    source = module(document(POST, schemas={"ThingIn": obj()}))

    assert keys(source, "ThingInDict") == {}


def test_what_only_answers_have_is_no_key_and_no_keyword() -> None:
    made = document(POST, schemas={"ThingIn": obj("index", n=STRING, index={**STRING, "x-mistral-answer-only": True})})

    source = module(made)

    assert keys(source, "ThingParams") == {"n": "str | UnsetType"}
    assert keys(source, "ThingInDict") == {"n": "str"}


def test_the_flag_that_asks_for_a_stream_is_no_keyword() -> None:
    post = operation("POST /v1/things", body="ThingRequest", events=events("Event"))
    schemas = {"ThingRequest": obj(stream={"type": "boolean"}, n=STRING), "Event": obj(data=STRING)}

    assert keys(module(document(post, schemas=schemas)), "ThingParams") == {"n": "str | UnsetType"}


def test_nothing_is_required_of_a_body_that_is_optional() -> None:
    post = operation("POST /v1/things", body="ThingRequest", body_required=False)

    made = document(post, schemas={"ThingRequest": obj("n", n=STRING)})

    assert keys(module(made), "ThingParams") == {"n": "str | UnsetType"}


def test_dates_in_a_query_may_be_datetimes() -> None:
    get = operation("GET /v1/things", operation_id="list_things", query="ListThingsQuery")
    date: Schema = {"type": "string", DATE_TIME: True}
    nullable: Schema = {"anyOf": [{"type": "string"}, {"type": "null"}], DATE_TIME: True}

    made = document(get, schemas={"ListThingsQuery": obj("since", since=date, until=nullable)})

    assert keys(module(made), "ListThingsParams") == {
        "since": "Required[str | datetime]",
        "until": "str | datetime | UnsetType | None",
    }


def test_files_stand_between_the_fields_of_a_form_and_the_parameters() -> None:
    post = operation(
        "POST /v1/things",
        body="UploadRequest",
        files=("file", "mask"),
        required_files=("file",),
        file_descriptions={"file": "What to upload."},
        query="UploadQuery",
    )
    made = document(post, schemas={"UploadRequest": obj(purpose=STRING), "UploadQuery": obj(dry=STRING)})

    source = module(made)

    assert keys(source, "UploadParams") == {
        "purpose": "str | UnsetType",
        "file": "Required[FileInput]",
        "mask": "FileInput | UnsetType",
        "dry": "str | UnsetType",
    }
    assert '"""What to upload."""' in source


def test_what_is_only_passed_by_keywords_has_no_dict() -> None:
    get = operation("GET /v1/things", operation_id="list_things", query="ListThingsQuery")

    source = module(document(get, schemas={"ListThingsQuery": obj(page=STRING)}))

    assert "ListThingsQueryDict" not in source


def test_parameters_beside_a_body_have_a_typeddict_of_their_own() -> None:
    post = operation("POST /v1/things", operation_id="make_thing", body="ThingIn", query="MakeThingQuery")

    source = module(document(post, schemas={"ThingIn": obj(n=STRING), "MakeThingQuery": obj(dry=STRING)}))

    assert keys(source, "MakeThingQueryParams") == {"dry": "str | UnsetType"}
    assert keys(source, "ThingParams") == {"n": "str | UnsetType", "dry": "str | UnsetType"}


def names_of(*operations: OperationSpec, **schemas: Schema) -> list[str | None]:
    made = document(*operations, schemas=schemas)
    found = signatures(made, {each.path: module_name(each.path) for each in operations})
    return [each.keywords for each in found.values()]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("ChatCompletionRequest", "ChatCompletionParams"),
        ("JobIn", "JobParams"),
        ("UpdateLogin", "UpdateLoginParams"),
        ("Thing", "ThingParams"),
        ("Request", "RequestParams"),
    ],
)
def test_keywords_are_named_by_the_body(body: str, name: str) -> None:
    assert names_of(operation("POST /v1/things", body=body), **{body: obj(n=STRING)}) == [name]


def test_operations_that_take_the_same_share_a_typeddict() -> None:
    first, second = operation("POST /v1/things/a", body="In"), operation("POST /v1/things/b", body="In")

    assert names_of(first, second, In=obj(n=STRING)) == ["InParams", "InParams"]


def test_operations_of_one_body_with_other_parameters_are_named_by_themselves() -> None:
    first = operation("POST /v1/things", operation_id="make", body="ThingIn")
    second = operation("PUT /v1/things", operation_id="change", body="ThingIn", query="Q")

    assert names_of(first, second, ThingIn=obj(n=STRING), Q=obj(q=STRING)) == ["MakeParams", "ChangeParams"]


def test_bodies_that_would_give_one_name_do_not_share_it() -> None:
    first = operation("POST /v1/things", operation_id="make", body="ThingIn")
    second = operation("PUT /v1/things", operation_id="thing", body="ThingRequest")

    found = names_of(first, second, ThingIn=obj(n=STRING), ThingRequest=obj(m=STRING))

    assert found == ["MakeParams", "ThingParams"]


def test_a_name_that_a_schema_has_already_is_not_taken() -> None:
    assert names_of(operation("POST /v1/things", body="ThingIn"), ThingIn=obj(), ThingParams=obj()) == ["ThingParams2"]


def test_keywords_shared_between_modules_stand_where_their_body_does() -> None:
    first, second = operation("POST /v1/a", body="In"), operation("POST /v1/b", body="In")
    made = document(first, second, schemas={"In": obj(n=STRING)}, modules={"In": "shared"})

    sources = params_of(made)

    assert "class InParams(" in sources["mistral_async/params/shared.py"]
    assert "mistral_async/params/a.py" not in sources


def test_two_parameters_of_one_name_are_refused() -> None:
    post = operation("POST /v1/things", body="In", query="Q")

    with pytest.raises(SpecError, match=r"POST /v1/things.*both be called n"):
        keywords_of(document(post, schemas={"In": obj(n=STRING), "Q": obj(n=STRING)}), post)


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (ref("Nowhere"), "Nowhere"),
        (obj(a=STRING), "without a name"),
        ({"type": "file"}, "'file'"),
        ({"enum": [1.5]}, "enum"),
    ],
)
def test_what_cannot_be_annotated_is_refused_with_its_place(schema: Schema, problem: str) -> None:
    with pytest.raises(SpecError, match=problem) as caught:
        thing_keys(field=schema)

    assert caught.value.place == "ThingIn.field"


def test_a_file_field_must_be_a_name_in_python() -> None:
    post = operation("POST /v1/things", files=("a-file",))

    with pytest.raises(SpecError, match="a-file"):
        keywords_of(document(post), post)


def test_the_package_loads_a_module_when_one_of_its_names_is_asked_for(tmp_path: Path) -> None:
    source = params_of(document(POST, schemas={"ThingIn": obj(n=STRING)}))["mistral_async/params/__init__.py"]
    package = tmp_path / "lazy_params"
    package.mkdir()
    (package / "__init__.py").write_text(source)
    (package / "things.py").write_text("print('loaded')\nThingParams = 'the real one'\n")
    script = (
        "import lazy_params\nprint('imported', dir(lazy_params))\nprint(lazy_params.ThingParams)\n"
        "try: lazy_params.Nothing\nexcept AttributeError as exc: print(exc)\n"
    )

    run = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert run.stdout.splitlines() == [
        "imported ['ThingInDict', 'ThingParams']",
        "loaded",
        "the real one",
        "module 'lazy_params' has no attribute 'Nothing'",
    ]
