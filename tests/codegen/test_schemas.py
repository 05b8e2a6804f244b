"""What normalising makes of each construct of a schema."""

from __future__ import annotations

from typing import Any

import pytest

from codegen.document import Document, Schema
from codegen.normalise import normalise
from tests.codegen.written import answering, asking, core, hard, only, ref

ANY_MAP = {"type": "object", "additionalProperties": True}


@pytest.fixture(scope="module")
def document() -> Document:
    return hard()


def fields(document: Document, name: str) -> dict[str, Schema]:
    found: dict[str, Schema] = document.schemas[name]["properties"]
    return found


FORMS: list[tuple[Any, Schema]] = [
    ({"type": "string", "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    ({"type": ["integer", "null"]}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    ({"type": ["string"]}, {"type": "string"}),
    ({"title": "A title", "type": "string", "format": "uuid", "example": "x"}, {"type": "string"}),
    ({"enum": ["a", None]}, {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}),
    ({"enum": ["a", "a", True]}, {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "boolean"}]}),
    ({"enum": [1, 2]}, {"type": "integer", "enum": [1, 2]}),
    ({"enum": [2**70]}, {"type": "integer"}),
    ({"enum": [1, 0.5]}, {"type": "number"}),
    ({"enum": [{"a": 1}]}, {}),
    ({"const": "a"}, {"type": "string", "enum": ["a"]}),
    ({"const": False}, {"type": "boolean"}),
    ({"const": None}, {"type": "null"}),
    (True, {}),
    ({"type": "object"}, ANY_MAP),
    ({"additionalProperties": {}}, ANY_MAP),
    ({"type": "object", "properties": {}}, ANY_MAP),
    ({"properties": {}, "additionalProperties": {"type": "string"}},
     {"type": "object", "additionalProperties": {"type": "string"}}),
    ({"type": "array"}, {"type": "array", "items": {}}),
    ({"items": {"type": "string"}}, {"type": "array", "items": {"type": "string"}}),
    ({"type": "array", "items": False}, {"type": "array", "items": {}}),
    ({"allOf": [{"type": "string"}, {"description": "Said."}]}, {"type": "string", "description": "Said."}),
    ({"allOf": [{"description": "Said."}]}, {"description": "Said."}),
    ({"allOf": [{"type": "string"}, {"type": "string", "maxLength": 3}]}, {"type": "string"}),
    ({"allOf": [{"type": "object"}, {"type": "object", "additionalProperties": {}}]}, ANY_MAP),
    ({"anyOf": [{"type": "string"}]}, {"type": "string"}),
    ({"anyOf": [{"type": "string"}, {"type": "string", "minLength": 1}]}, {"type": "string"}),
    ({"anyOf": [{"anyOf": [{"type": "null"}, {"type": "integer"}]}, {"type": "null"}]},
     {"anyOf": [{"type": "null"}, {"type": "integer"}]}),
    ({"anyOf": [{"type": "string"}, {}]}, {}),
    ({"type": "string", "anyOf": [{"minLength": 1}, {"pattern": "a"}]}, {"type": "string"}),
    ({"type": "string", "maxLength": 3, "oneOf": [{"type": "string"}]}, {"type": "string"}),
    ({"maxLength": 3}, {}),
    ({"type": "string", "not": {"const": "x"}}, {"type": "string"}),
    ({"anyOf": [ANY_MAP, {"type": "object", "additionalProperties": {"type": "string"}}]}, ANY_MAP),
    ({"type": "array", "items": {"type": "integer"}, "default": []},
     {"type": "array", "items": {"type": "integer"}, "default": []}),
]  # fmt: skip


@pytest.mark.parametrize(("written", "made"), FORMS)
def test_a_schema_takes_one_of_few_forms(written: Any, made: Schema) -> None:
    assert only(written) == made


def test_every_schema_of_the_documents_is_in_one_of_these_forms(document: Document) -> None:
    def check(schema: Schema) -> None:
        said = {key for key in schema if key in {"description", "default", "deprecated"} or key.startswith("x-mistral")}
        shape = schema.keys() - said
        limits = {key for key in shape if key.startswith(("min", "max", "exclusive", "multiple", "pattern"))}
        kind = schema.get("type")
        if "$ref" in shape:
            assert shape == {"$ref"}
        elif "anyOf" in shape:
            assert shape <= {"anyOf", "discriminator"}
            assert len(schema["anyOf"]) > 1
            assert not any("anyOf" in member or member == {} for member in schema["anyOf"])
        elif "properties" in shape:
            assert shape - {"additionalProperties"} == {"type", "properties", "required"}
        elif kind == "object":
            assert shape - limits == {"type", "additionalProperties"}
            assert schema["additionalProperties"] is not False
        elif kind == "array":
            assert shape - limits == {"type", "items"}
        else:
            assert shape - limits <= {"type", "enum", "const", "format"}
            assert kind in {None, "string", "integer", "number", "boolean", "null"}
            assert bool(kind) == bool(shape)
        for part in (*schema.get("properties", {}).values(), *schema.get("anyOf", ()), schema.get("items")):
            if part is not None:
                check(part)

    for one in (document, core()):
        for schema in one.schemas.values():
            check(schema)


def test_a_required_field_that_does_not_exist_is_dropped_and_told(document: Document) -> None:
    assert document.schemas["Talk"]["required"] == ["id", "kinds"]
    assert document.rewrites["required field that does not exist"] == ["components.schemas.Talk: `ghost`"]


def test_local_definitions_become_schemas(document: Document) -> None:
    assert fields(document, "Talk")["kinds"]["items"] == ref("Kind")
    assert fields(document, "Kind")["next"] == ref("Kind")


def test_local_definitions_with_the_name_of_a_component_are_told_apart() -> None:
    schema: Schema = {
        "type": "object",
        "properties": {
            "a": {"$ref": "#/$defs/Same"},
            "b": {"$ref": "#/$defs/Other"},
            "c": {"$ref": "#/components/schemas/Holder/$defs/In"},
        },
        "$defs": {"Same": {"type": "string"}, "Other": {"type": "integer"}, "In": {"type": "null", "$defs": {}}},
    }

    made = normalise(answering(ref("Holder"), Holder=schema, Same={"type": "string"}, Other={"type": "boolean"}))

    assert fields(made, "Holder") == {"a": ref("Same"), "b": ref("HolderOther"), "c": ref("In")}


def test_objects_inside_objects_get_names(document: Document) -> None:
    assert fields(document, "Talk")["owner"] == ref("TalkOwner")
    assert fields(document, "TalkOwner")["pet"] == ref("TalkOwnerPet")


def test_names_that_are_no_class_names_or_clash_are_changed_and_told(document: Document) -> None:
    assert {"PlugView", "PlugView2", "LiteralSchema"} <= document.schemas.keys()
    assert document.rewrites["schema renamed"] == [
        "components.schemas.Literal is `LiteralSchema`",
        "components.schemas.Plug_View is `PlugView`",
        "components.schemas.plug-view is `PlugView2`",
    ]


def test_all_of_becomes_one_object_whose_later_parts_may_only_document(document: Document) -> None:
    talk = document.schemas["StartTalkRequest"]

    assert talk["properties"]["mood"] == {"type": "string", "enum": ["good", "bad"], "description": "How it feels."}
    assert talk["required"] == ["topic"]
    assert talk["description"] == "What to talk about."


def test_a_part_of_all_of_may_require_the_fields_of_another(document: Document) -> None:
    assert list(fields(document, "Kennel")) == ["door", "roof", "dogs"]
    assert document.schemas["Kennel"]["required"] == ["door", "dogs"]


def test_what_is_required_is_looked_for_in_every_object_inside() -> None:
    lost: Schema = {"type": "object", "properties": {"a": {}}, "required": ["a", "b"]}
    holder = {
        "allOf": [
            {"type": "object", "properties": {"list": {"type": "array", "items": lost}}},
            {
                "properties": {
                    "map": {"type": "object", "additionalProperties": lost},
                    "union": {"anyOf": [lost, {"type": "null"}]},
                }
            },
        ]
    }

    made = normalise(answering(holder))

    assert all(schema["required"] in (["a"], []) for schema in made.schemas.values())
    assert made.rewrites["required field that does not exist"] == [
        "components.schemas.GetItResponse.list.items: `b`",
        "components.schemas.GetItResponse.map.additionalProperties: `b`",
        "components.schemas.GetItResponse.union.0: `b`",
    ]


def test_an_object_that_names_no_field_is_a_map_of_anything(document: Document) -> None:
    assert document.schemas["Notes"] == ANY_MAP
    assert fields(document, "Zoo")["scraps"] == {"anyOf": [ANY_MAP, {"type": "null"}]}


def test_types_as_python_calls_them_are_understood_and_told(document: Document) -> None:
    zoo = fields(document, "Zoo")

    assert zoo["open"] == {"type": "boolean"}
    assert zoo["visitors"] == {"type": "integer"}
    assert zoo["score"] == {"anyOf": [{"type": "number"}, {"type": "string"}]}
    assert "components.schemas.Zoo.properties.open: `bool`" in document.rewrites["type under another name"]


def test_fields_that_are_taken_but_not_named_are_told(document: Document) -> None:
    assert document.rewrites["fields beyond the named ones are not read"] == ["components.schemas.Kennel.allOf.1"]


def test_all_of_is_closed_only_where_every_part_is() -> None:
    closed = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}

    both = normalise(answering({"allOf": [closed, ref("B")]}, B={**closed, "properties": {"b": {}}}))
    one = normalise(answering({"allOf": [closed, ref("B")]}, B={"type": "object", "properties": {"b": {}}}))

    assert both.schemas["GetItResponse"]["additionalProperties"] is False
    assert "additionalProperties" not in one.schemas["GetItResponse"]


def test_an_object_that_is_also_one_of_several_becomes_each_of_them(document: Document) -> None:
    assert document.schemas["SearchBodyAsset"]["required"] == []
    assert list(fields(document, "SearchBodyAsset")) == ["text", "executable", "raw"]
    assert list(fields(document, "SearchBodyEither")) == ["a", "b"]


def test_variants_of_an_object_keep_their_tags() -> None:
    variants = [{"properties": {"kind": {"const": kind}}} for kind in ("round", "square")]

    made = normalise(answering({"type": "object", "properties": {"size": {}}, "required": ["size"], "anyOf": variants}))

    assert made.schemas["GetItResponse"]["discriminator"]["mapping"].keys() == {"round", "square"}
    assert made.schemas["GetItResponseRound"]["required"] == ["kind", "size"]


def test_a_union_keeps_only_what_its_surroundings_leave_possible() -> None:
    named = only(
        {"type": ["string", "null"], "anyOf": [ref("Name"), {"type": "integer"}, {"type": "null"}]},
        Name={"enum": ["a"]},
    )
    nothing_new = only({"type": "object", "anyOf": [ref("A"), {"type": "null"}]}, A={"properties": {}})

    assert named == {"anyOf": [ref("Name"), {"type": "null"}]}
    assert nothing_new == {"anyOf": [ref("A"), {"type": "null"}]}


def test_a_constant_is_an_open_enum_unless_it_is_the_tag(document: Document) -> None:
    assert fields(document, "Talk")["object"] == {"type": "string", "enum": ["talk"], "default": "talk"}
    assert fields(document, "Cat")["species"] == {"type": "string", "const": "cat"}


def test_a_declared_discriminator_is_kept(document: Document) -> None:
    assert document.schemas["Pet"]["discriminator"] == {
        "propertyName": "species",
        "mapping": {"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"},
    }
    assert document.schemas["Cat"]["required"] == ["species"]


def test_a_discriminator_without_mapping_goes_by_the_schemas_own_constants_or_names() -> None:
    union: dict[str, Any] = {"oneOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "kind"}}

    own = only(union, A={"properties": {"kind": {"const": "x"}}}, B={"properties": {"kind": {"const": "y"}}})
    names = only(union, A={"properties": {"kind": {"type": "string"}}}, B={"properties": {"b": {}}})

    assert list(own["discriminator"]["mapping"]) == ["x", "y"]
    assert list(names["discriminator"]["mapping"]) == ["A", "B"]


def test_a_discriminator_is_found_where_none_is_declared(document: Document) -> None:
    assert fields(document, "Zoo")["inferred"]["discriminator"]["mapping"].keys() == {"dog", "fish"}
    assert "ZooInferred: `species`" in document.rewrites["discriminator added"]


def test_a_schema_that_would_need_a_second_tag_is_copied(document: Document) -> None:
    other = fields(document, "Zoo")["other"]

    assert other["discriminator"]["mapping"] == {
        "pet": "#/components/schemas/CatPet",
        "stone": "#/components/schemas/Stone",
    }
    assert fields(document, "CatPet")["object"]["const"] == "pet"
    assert fields(document, "CatPet")["species"]["enum"] == ["cat"]
    assert fields(document, "Cat")["species"]["const"] == "cat"


def test_a_schema_with_two_tags_becomes_two(document: Document) -> None:
    assert list(fields(document, "Zoo")["twice"]["discriminator"]["mapping"].values()) == [
        "#/components/schemas/InsectBee",
        "#/components/schemas/InsectAnt",
        "#/components/schemas/Fish",
    ]


def test_a_schema_that_is_also_used_alone_bears_no_tag_it_does_not_name(document: Document) -> None:
    zoo = fields(document, "Zoo")

    assert zoo["plank"] == ref("Wood")
    assert fields(document, "Wood") == {"material": {"type": "string"}}
    assert zoo["crate"]["anyOf"] == [ref("WoodWood"), ref("Steel")]
    assert fields(document, "Steel")["material"] == {"type": "string", "const": "steel"}


def test_a_discriminator_with_one_member_tags_that_member(document: Document) -> None:
    assert fields(document, "Zoo")["only"]["items"] == ref("Lion")
    assert fields(document, "Lion")["species"]["const"] == "lion"


def test_objects_that_no_tag_tells_apart_are_merged(document: Document) -> None:
    partly = document.schemas["ZooPartly"]

    assert fields(document, "Zoo")["partly"] == ref("ZooPartly")
    assert partly["required"] == []
    assert partly["properties"]["species"] == {"type": "string", "enum": ["cat", "dog"]}
    assert partly["description"] == (
        "The fields of ``Cat``, ``Dog`` and ``LiteralSchema``, which nothing in the JSON tells apart."
    )


def test_a_default_of_one_merged_object_is_none_of_the_others(document: Document) -> None:
    assert fields(document, "Cat")["lives"]["default"] == 9
    assert "default" not in fields(document, "ZooPartly")["lives"]


def test_what_all_merged_objects_agree_on_stays() -> None:
    same = {"n": {"type": "integer", "default": 1, "description": "N."}, "m": {"type": "integer"}}
    objects = [
        {"properties": {**same, own: {}}, "required": ["m", own], "additionalProperties": False} for own in ("a", "b")
    ]

    made = normalise(answering({"anyOf": objects}))

    merged = made.schemas["GetItResponse"]
    assert merged["required"] == ["m"]
    assert merged["properties"]["n"] == same["n"]
    assert merged["additionalProperties"] is False


def test_fields_of_merged_objects_that_differ_become_unions(document: Document) -> None:
    assert fields(document, "SearchBodyTarget")["key"] == {"anyOf": [{"type": "string"}, {"type": "integer"}]}


def test_merged_objects_may_be_recursive(document: Document) -> None:
    assert fields(document, "Filter")["and"] == {"type": "array", "items": ref("Filter")}


def test_the_same_objects_are_merged_once() -> None:
    union = {"anyOf": [ref("A"), ref("B")]}
    made = normalise(
        answering(
            {"type": "object", "properties": {"x": union, "y": {"type": "array", "items": union}}},
            A={"properties": {"a": {}}},
            B={"properties": {"b": {}}},
        )
    )

    assert fields(made, "GetItResponse") == {
        "x": ref("GetItResponseX"),
        "y": {"type": "array", "items": ref("GetItResponseX")},
    }


def test_other_members_of_a_union_are_merged_by_kind(document: Document) -> None:
    zoo = fields(document, "Zoo")
    pets = ref("Pet")

    assert zoo["loose"] == ANY_MAP
    assert zoo["maps"]["additionalProperties"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    assert zoo["arrays"]["anyOf"] == [
        {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}},
        {"type": "null"},
    ]
    assert zoo["nested"]["items"]["anyOf"] == [pets, {"type": "array", "items": pets}]
    assert zoo["strings"] == ref("SortField")
    assert zoo["words"]["anyOf"] == [{"type": "string", "enum": ["a", "b", "c"]}, {"type": "null"}]
    assert zoo["numbers"]["anyOf"] == [{"type": "integer"}, {"type": "number"}, {"type": "boolean"}]
    assert zoo["anything"] == {}
    assert zoo["position"]["items"]["anyOf"] == [{"type": "number"}, {"type": "string"}]


def test_a_named_map_or_array_may_be_a_member_of_a_union() -> None:
    made = only(
        {"anyOf": [ref("Map"), ref("List"), {"type": "string"}]},
        Map={"type": "object", "additionalProperties": {"type": "string"}},
        List={"type": "array", "items": {"type": "integer"}},
    )

    assert made["anyOf"] == [ref("Map"), ref("List"), {"type": "string"}]


def test_a_chain_of_aliases_in_a_union_ends_at_the_object() -> None:
    made = only({"anyOf": [ref("Alias"), {"type": "null"}]}, Alias=ref("Other"), Other=ref("A"), A={"properties": {}})

    assert made["anyOf"] == [ref("Alias"), {"type": "null"}]


def test_a_union_inside_a_union_is_opened_and_a_named_one_is_kept(document: Document) -> None:
    assert fields(document, "Cat")["friend"]["anyOf"] == [ref("Pet"), {"type": "null"}, {"type": "string"}]


def test_an_alias_that_mentions_itself_is_anything_there(document: Document) -> None:
    assert document.schemas["Json"]["anyOf"] == [{"type": "string"}, {"type": "array", "items": {}}, ANY_MAP]


def test_aliases_that_only_mention_each_other_are_anything() -> None:
    made = normalise(answering(ref("A"), A=ref("B"), B=ref("A")))

    assert made.schemas["B"] == {}


def test_limits_hold_for_requests_in_a_form_that_msgspec_takes(document: Document) -> None:
    limits = fields(document, "SearchBodyLimits")

    assert limits["old"] == {"type": "number", "exclusiveMinimum": 0}
    assert limits["step"] == {"type": "number"}
    assert limits["whole"] == {"type": "integer", "minimum": 1, "multipleOf": 2}
    assert limits["script"] == {"type": "string"}
    assert limits["unique"] == {"type": "array", "items": {"type": "string"}, "minItems": 1}
    assert limits["map"]["minProperties"] == 1
    assert limits["mixed"]["anyOf"] == [{"type": "integer"}, {"type": "number"}]
    assert document.rewrites["limit left to the server"] == [
        "components.schemas.SearchBody.properties.limits.properties.step: `multipleOf`",
        "components.schemas.SearchBody.properties.limits.properties.whole: `maximum`",
        "components.schemas.SearchBody.properties.limits.properties.script: `pattern`",
    ]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"minimum": 1, "exclusiveMinimum": 1}, {"exclusiveMinimum": 1}),
        ({"minimum": 2, "exclusiveMinimum": 1}, {"minimum": 2}),
        ({"maximum": 1, "exclusiveMaximum": 2}, {"maximum": 1}),
        ({"maximum": 3, "exclusiveMaximum": True}, {"exclusiveMaximum": 3}),
        ({"minimum": None, "maximum": float("inf")}, {}),
        ({"multipleOf": 0}, {}),
    ],
)
def test_of_two_limits_the_tighter_one_is_kept(written: Schema, kept: Schema) -> None:
    made = normalise(asking({"type": "object", "properties": {"it": {"type": "integer", **written}}}))

    assert fields(made, "PostItRequest")["it"] == {"type": "integer", **kept}


def test_a_length_below_zero_is_no_limit() -> None:
    made = normalise(asking({"type": "object", "properties": {"it": {"type": "string", "minLength": -1}}}))

    assert fields(made, "PostItRequest")["it"] == {"type": "string"}


def test_limits_do_not_hold_for_answers_nor_defaults_for_requests(document: Document) -> None:
    talk = fields(document, "Talk")

    assert talk["rate"] == {"type": "number", "default": 1e-4}
    assert fields(document, "SearchQuery")["limit"] == {"type": "integer", "minimum": 1, "maximum": 100}
    assert "default" not in fields(document, "StartTalkRequest")["mood"]
    assert {"Talk.rate: `minimum`", "Talk.rate: `maximum`"} <= set(document.rewrites["limit of an answer left out"])


@pytest.mark.parametrize(
    ("schema", "default", "kept"),
    [
        ({"type": "string"}, "a", True),
        ({"type": "string"}, 1, False),
        ({"type": "integer"}, True, False),
        ({"type": "integer"}, 1.0, False),
        ({"type": "number"}, 1, True),
        ({"type": "boolean"}, False, True),
        ({"type": "boolean"}, 0, False),
        ({"type": ["string", "null"]}, None, True),
        ({"type": "string"}, None, False),
        ({"type": "array", "items": {"type": "integer"}}, [1], True),
        ({"type": "array", "items": {"type": "integer"}}, ["a"], False),
        ({"type": "object"}, {"a": 1}, True),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {}, True),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 1}, False),
        ({"type": "object", "properties": {"a": {}}}, {"a": 1}, False),
        ({}, {"a": 1}, True),
    ],
)
def test_a_default_is_kept_only_where_it_is_a_value_of_its_type(schema: Schema, default: object, kept: bool) -> None:
    assert ("default" in only({**schema, "default": default})) is kept


def test_the_core_s_unions_are_what_they_should_be() -> None:
    document = core()

    job = fields(document, "JobIn")["hyperparameters"]
    assert job["$ref"].endswith("/JobInHyperparameters")
    assert "fim_ratio" in fields(document, "JobInHyperparameters")
    assert fields(document, "ThinkChunk")["thinking"]["items"]["discriminator"]["propertyName"] == "type"
    assert fields(document, "OCRRequest")["document"]["discriminator"]["propertyName"] == "type"
    assert fields(document, "ToolReferenceChunk")["tool"]["$ref"].endswith("/BuiltInConnectors")
    assert "details" in fields(document, "CreateFineTuningJobResponse")
