"""Documents that are awkward but right: what is made of them can be imported, and decodes."""

from __future__ import annotations

import ast
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from codegen.__main__ import emit
from codegen.document import EventsSpec
from codegen.errors import SpecError
from codegen.names import class_name
from codegen.normalise import normalise
from mistral_async.codec.events import EventDecoder
from mistral_async.codec.sse import ServerEvent
from tests.codegen.written import answering, asking, core, hard, models_of, ref, written

TEXT = {"type": "string"}


def obj(required: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required.split()}


def streaming(media: dict[str, Any], **schemas: Any) -> dict[str, Any]:
    """A document with one operation, ``GET /v1/it``, that answers with events."""
    responses = {"200": {"description": "Events.", "content": {"text/event-stream": media}}}
    return written({"/v1/it": {"get": {"operationId": "getIt", "responses": responses}}}, schemas)


@pytest.fixture
def package(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Path, str]]:
    """Where the models of a test go: a folder, and a name that no other test takes."""
    name = "awkward_" + "".join(letter if letter.isalnum() else "_" for letter in request.node.name)
    yield tmp_path, name
    importlib.invalidate_caches()


def built(document: dict[str, Any], package: tuple[Path, str]) -> ModuleType:
    """The models of a document, each with its decoder built."""
    models = models_of(normalise(document), *package)
    for name in models.__all__:
        msgspec.json.Decoder(getattr(models, name))
    return models


def decoded(model: Any, value: Any) -> Any:
    return msgspec.json.decode(json.dumps(value), type=model)


# --- unions that lead back to themselves ---

V = obj("t", t={"const": "v"}, u=ref("U"))
W = obj("t", t={"const": "w"}, u={"type": "array", "items": ref("U")})


@pytest.mark.parametrize("null", [[], [{"type": "null"}]], ids=["", "null"])
@pytest.mark.parametrize("use", [answering, asking])
def test_a_union_may_lead_back_to_itself(use: Any, null: list[Any], package: tuple[Path, str]) -> None:
    models = built(use(ref("U"), U={"oneOf": [ref("V"), ref("W"), *null]}, V=V, W=W), package)

    value = decoded(models.U, {"t": "w", "u": [{"t": "v", "u": {"t": "w", "u": []}}]})

    assert value == models.W(u=[models.V(u=models.W(u=[]))])


def test_an_answer_that_may_be_empty_may_lead_back_to_itself(package: tuple[Path, str]) -> None:
    document = answering(ref("Rec"), Rec=obj(next=ref("Rec"), other=ref("Zed")), Zed=obj(back=ref("Rec")))
    document["paths"]["/v1/it"]["get"]["responses"]["202"] = {"description": "Not yet."}

    models = built(document, package)

    assert decoded(models.GetItResponse, {"next": {}}) == models.Rec(next=models.Rec())
    assert decoded(models.GetItResponse, None) is None


def test_words_of_an_enum_are_never_taken_for_names(package: tuple[Path, str]) -> None:
    models = built(answering(obj("it", it={"enum": ["Schema0Of", "list[int]"]})), package)

    assert decoded(models.GetItResponse, {"it": "list[int]"}).it == "list[int]"


# --- events ---


def events_of(models: ModuleType, name: str, *events: tuple[str, Any]) -> list[Any]:
    decoder: EventDecoder[Any] = EventDecoder(getattr(models, name))
    return [decoder.strictly(ServerEvent(event=event, data=json.dumps(data).encode())) for event, data in events]


EVENTS = EventsSpec(schema="Stream", flag=None, end=None)
MESSAGE = obj("event data", event={"const": "message"}, data=obj("kind text", kind={"const": "text"}, text=TEXT))
CALL = obj("event data", event={"const": "call"}, data=obj("kind name", kind={"const": "call"}, name=TEXT))


@pytest.mark.parametrize("discriminator", [{}, {"discriminator": {"propertyName": "event"}}], ids=["", "declared"])
def test_a_union_of_events_becomes_one_event(discriminator: Any, package: tuple[Path, str]) -> None:
    union = {"oneOf": [ref("Message"), ref("Call")], **discriminator}
    document = streaming({"schema": ref("Stream")}, Stream=union, Message=MESSAGE, Call=CALL)

    models = built(document, package)
    said, called, new = events_of(
        models,
        "Stream",
        ("message", {"kind": "text", "text": "a"}),
        ("call", {"kind": "call", "name": "b"}),
        ("new", {"kind": "call", "name": "c"}),
    )

    assert (said.event, said.data) == ("message", models.StreamDataText(text="a"))
    assert (called.event, called.data) == ("call", models.StreamDataCall(name="b"))
    assert new.event == "new"
    assert normalise(document).rewrites["union of events made one event"] == ["Stream"]
    assert normalise(document).operations[0].events == EVENTS


def test_events_whose_data_nothing_tells_apart_share_it(package: tuple[Path, str]) -> None:
    members = [
        obj("event data", event={"const": "a"}, data=obj("n", n={"type": "integer"})),
        obj("event data", event={"const": "b"}, data=obj("m", m=TEXT)),
        obj("event data", event={"const": "c"}, data=TEXT),
        {"type": "null"},
    ]
    document = streaming({"schema": {"anyOf": members}})

    models = built(document, package)
    first, second, third = events_of(models, "GetItEvent", ("a", {"n": 1}), ("b", {"m": "x"}), ("c", "plain"))

    assert (first.data.n, second.data.m, third.data) == (1, "x", "plain")
    assert "objects that nothing tells apart merged" in normalise(document).rewrites


def test_events_are_called_as_their_mapping_says() -> None:
    union = {
        "oneOf": [ref("A"), ref("B")],
        "discriminator": {"propertyName": "event", "mapping": {"a.new": ref("A")["$ref"], "b.new": ref("B")["$ref"]}},
    }
    a, b = obj("event data", event=TEXT, data=TEXT), obj("event data", event=TEXT, data={"type": "integer"})

    schemas = normalise(streaming({"schema": ref("Stream")}, Stream=union, A=a, B=b)).schemas

    assert schemas["Stream"]["properties"]["event"] == {"type": "string", "enum": ["a.new", "b.new"]}


def test_an_event_may_lack_data_where_others_have_it(package: tuple[Path, str]) -> None:
    inner = {"oneOf": [ref("Message"), obj("event", event={"const": "ping"})]}
    document = streaming({"schema": {"anyOf": [inner, {"type": "null"}]}}, Message=MESSAGE)

    models = built(document, package)
    [event] = events_of(models, "GetItEvent", ("message", {"kind": "text", "text": "a"}))

    assert event.data.text == "a"
    assert normalise(document).schemas["GetItEvent"]["required"] == ["event"]


@pytest.mark.parametrize("schema", [{}, {"anyOf": [ref("A"), ref("B")]}], ids=["any", "union"])
def test_what_is_an_event_only_in_a_stream_stays_as_it_is_elsewhere(schema: Any, package: tuple[Path, str]) -> None:
    a, b = obj("event data", event={"const": "a"}, data=TEXT), obj("event data", event={"const": "b"}, data=TEXT)
    document = streaming({"schema": ref("It")}, It=schema, A=a, B=b)
    kept = {"type": "array", "items": ref("It")}
    document["paths"]["/v1/kept"] = answering(kept)["paths"]["/v1/it"]

    models = built(document, package)
    [event] = events_of(models, "ItEvent", ("b", "x"))

    assert event.data == "x"
    assert normalise(document).schemas["It"].keys() <= {"anyOf", "discriminator"}


@pytest.mark.parametrize("media", [{}, {"schema": {}}, {"schema": {"description": "Whatever comes."}}])
def test_events_without_a_schema_hold_anything(media: dict[str, Any], package: tuple[Path, str]) -> None:
    document = streaming(media)

    [event] = events_of(built(document, package), "GetItEvent", ("x", {"a": [1]}))

    assert event.data == {"a": [1]}
    assert normalise(document).rewrites["events without a schema hold anything"] == ["paths./v1/it.get"]


@pytest.mark.parametrize(
    "schema",
    [
        obj("id", id=TEXT),
        {"type": "object"},
        TEXT,
        {"anyOf": [obj(id=TEXT), obj(name=TEXT)]},
        {"anyOf": [MESSAGE, TEXT]},
    ],
    ids=str,
)
def test_events_without_data_are_refused_with_their_place(schema: Any) -> None:
    with pytest.raises(SpecError, match="`data`") as caught:
        normalise(streaming({"schema": schema}))

    assert caught.value.place == "paths./v1/it.get"


# --- tags that are no text ---


@pytest.mark.parametrize("mapped", [False, True], ids=["", "mapping"])
@pytest.mark.parametrize("kinds", [(1, 2), (True, False), ("one", 2)], ids=str)
def test_what_is_no_text_is_no_tag(kinds: tuple[Any, Any], mapped: bool, package: tuple[Path, str]) -> None:
    discriminator: dict[str, Any] = {"propertyName": "k"}
    if mapped:
        discriminator["mapping"] = {str(kind): ref(name)["$ref"] for kind, name in zip(kinds, "AB", strict=True)}
    a = obj("k x", k={"const": kinds[0]}, x=TEXT)
    b = obj("k y", k={"const": kinds[1]}, y=TEXT)
    document = answering(ref("U"), U={"oneOf": [ref("A"), ref("B")], "discriminator": discriminator}, A=a, B=b)

    models = built(document, package)
    first, second = decoded(models.U, {"k": kinds[0], "x": "a"}), decoded(models.U, {"k": kinds[1], "y": "b"})

    assert (first.k, first.x, second.k, second.y) == (kinds[0], "a", kinds[1], "b")
    rewrites = normalise(document).rewrites
    assert rewrites["discriminator that is no text left out"] == ["U: `k`"]
    assert rewrites["objects that nothing tells apart merged"] == ["U: A, B"]


def test_a_field_of_numbers_is_no_tag_whatever_the_mapping_says() -> None:
    mapping = {"1": ref("A")["$ref"], "2": ref("B")["$ref"]}
    union = {"oneOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "k", "mapping": mapping}}
    one = obj("k", k={"type": "integer"})

    document = normalise(answering(ref("U"), U=union, A=one, B=obj("k", k={"type": "integer"}, y=TEXT)))

    assert document.schemas["U"]["properties"]["k"] == {"type": "integer"}


# --- names ---


@pytest.mark.parametrize("segment", ["None", "True", "False", "none"])
def test_a_segment_may_be_a_keyword(segment: str) -> None:
    document = answering(TEXT)
    path = document["paths"].pop("/v1/it")
    document["paths"] = {f"/v1/{segment}": path, f"/v1/it/{segment}/of": path}

    files = sources(document)

    assert f"class {segment.capitalize()}_(Resource):" in "".join(files.values())


def test_the_modules_of_an_empty_package_have_a_type() -> None:
    files = sources(answering(TEXT))

    assert "_MODULES: dict[str, str] = {" in files["mistral_async/params/__init__.py"]


@pytest.mark.parametrize("name", ["UNSET", "PRESUMED", "UnsetType", "TypeAlias"])
def test_a_schema_may_be_called_like_what_models_import(name: str, package: tuple[Path, str]) -> None:
    whole = obj("must", must=TEXT, it=ref(name), other={"type": "string", "x-mistral-presumed": True})

    models = built(answering(whole, **{name: obj(a=TEXT, b=TEXT)}), package)

    value = decoded(models.GetItResponse, {"must": "x", "it": {"a": "y"}})
    assert value.it == getattr(models, f"{name}Schema")(a="y")


def test_an_object_inside_another_is_never_called_like_what_models_import(package: tuple[Path, str]) -> None:
    models = built(answering(ref("Type"), Type=obj(alias=obj(a=TEXT), name=ref("Name")), Name=TEXT), package)

    assert decoded(models.Type, {"alias": {"a": "x"}}).alias == models.TypeAliasSchema(a="x")


def test_no_schema_can_have_the_name_of_an_import() -> None:
    for document in (core(), hard()):
        for path, text in emit_all(document).items():
            if path.startswith("mistral_async/models/") and not path.endswith("__init__.py"):
                for name in imported(text) - document.schemas.keys():
                    assert class_name(name) != name


def sources(document: dict[str, Any]) -> dict[str, str]:
    """Every generated module of a document; each is Python."""
    return emit_all(normalise(document))


def emit_all(document: Any) -> dict[str, str]:
    files = {path: text for path, text in emit(document, None).items() if path.endswith(".py")}
    for text in files.values():
        ast.parse(text)
    return files


def imported(text: str) -> set[str]:
    """The names that a module imports."""
    return {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if getattr(node, "module", "") != "__future__"
    }
