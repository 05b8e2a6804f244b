"""The source of the resource classes."""

from __future__ import annotations

import ast
import dataclasses
from typing import Any

import pytest

from codegen.document import Document, PathParameter, Schema
from codegen.errors import SpecError
from codegen.names import module_name
from codegen.output import formatted
from codegen.resources import emit_resources
from codegen.signatures import signatures
from codegen.spelling import spellings
from codegen.table import emit_table, with_table
from codegen.tree import build_tree
from codegen.types import InputNames
from tests.codegen.making import STRING, document, events, obj, operation, pages, ref

REPLY = obj("data", data={"type": "array", "items": ref("Thing")})
THING = obj("name", name=STRING)


def resources(made: Document) -> dict[str, str]:
    signed = signatures(made, {each.path: module_name(each.path) for each in made.operations})
    return formatted(emit_resources(made, build_tree(made), InputNames(made), signed))


def module(made: Document, name: str = "things") -> str:
    return resources(made)[f"mistral_async/resources/{name}.py"]


def methods(source: str, name: str) -> list[str]:
    """The methods of a class, each as its signature and what it returns, without docstrings."""
    [found] = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == name]
    made: list[str] = []
    for node in found.body:
        if isinstance(node, ast.FunctionDef):
            body = [
                each for each in node.body if not isinstance(each, ast.Expr) or not isinstance(each.value, ast.Constant)
            ]
            result = " ".join(ast.unparse(each) for each in body) or "..."
            made.append(
                f"{node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns or ast.Constant(None))}: {result}"
            )
    return made


def constant(source: str) -> str:
    """The first constant of a module."""
    return next(ast.unparse(node) for node in ast.parse(source).body if isinstance(node, ast.Assign))


def method(*arguments: Any, schemas: dict[str, Schema] | None = None, **changes: Any) -> list[str]:
    """The methods of the one resource of an operation."""
    made = operation(*(arguments or ("POST /v1/things",)), operation_id="make", **changes)
    return methods(module(document(made, schemas={"Reply": REPLY, "Thing": THING, **(schemas or {})})), "Things")


def test_an_operation_without_parameters_is_one_line() -> None:
    assert method("GET /v1/things", answer="Reply") == [
        "__call__(self) -> Call[Reply]: return Call(self._engine, _THINGS_GET, self._path)"
    ]


def test_an_operation_without_an_answer_gives_none() -> None:
    assert method("DELETE /v1/things") == [
        "delete(self) -> Call[None]: return Call(self._engine, _THINGS_DELETE, self._path)"
    ]


def test_query_parameters_are_keywords() -> None:
    assert method("GET /v1/things", query="Q", schemas={"Q": obj(page=STRING)}) == [
        "__call__(self, **params: Unpack[MakeParams]) -> Call[None]: "
        "return Call(self._engine, _THINGS_GET, self._path, None, params)"
    ]


def test_an_object_is_taken_whole_or_by_its_fields() -> None:
    whole, by_fields, implementation = method(body="ThingIn", schemas={"ThingIn": THING})

    assert whole == "post(self, request: ThingIn, /) -> Call[None]: ..."
    assert by_fields == "post(self, /, **params: Unpack[ThingParams]) -> Call[None]: ..."
    assert implementation == (
        "post(self, request: ThingIn | None=None, /, **params: Any) -> Call[None]: "
        "return Call(self._engine, _THINGS_POST, self._path, request, params)"
    )


def test_parameters_beside_a_body_are_keywords_of_both_forms() -> None:
    whole, by_fields, _ = method(body="ThingIn", query="Q", schemas={"ThingIn": THING, "Q": obj(dry=STRING)})

    assert whole == "post(self, request: ThingIn, /, **params: Unpack[MakeQueryParams]) -> Call[None]: ..."
    assert by_fields == "post(self, /, **params: Unpack[ThingParams]) -> Call[None]: ..."


def test_a_body_that_is_no_object_is_taken_whole() -> None:
    assert method(body="Things", schemas={"Things": {"type": "array", "items": ref("Thing")}}) == [
        "post(self, request: ThingsLike, /) -> Call[None]: return Call(self._engine, _THINGS_POST, self._path, request)"
    ]


def test_an_optional_body_that_is_no_object_may_be_left_out_and_parameters_stand_beside_it() -> None:
    schemas: dict[str, Schema] = {"Text": {"anyOf": [STRING, {"type": "null"}]}, "Q": obj(dry=STRING)}

    assert method(body="Text", body_required=False, query="Q", schemas=schemas) == [
        "post(self, request: Text | None=None, /, **params: Unpack[MakeParams]) -> Call[None]: "
        "return Call(self._engine, _THINGS_POST, self._path, request, params)"
    ]


def test_a_form_is_taken_by_its_fields() -> None:
    assert method(body="Form", files=("file",), schemas={"Form": obj(purpose=STRING)}) == [
        "post(self, **params: Unpack[FormParams]) -> Call[None]: "
        "return Call(self._engine, _THINGS_POST, self._path, None, params)"
    ]


@pytest.mark.parametrize(
    ("changes", "call"),
    [
        ({"answer": "Reply"}, "Call[Reply]"),
        ({"download": True}, "DownloadCall"),
        ({"answer": "Reply", "pages": pages()}, "PagedCall[Reply, Thing]"),
        ({"answer": "Reply", "events": events("Thing")}, "StreamingCall[Reply, Thing]"),
        ({"events": events("Thing", flag=None)}, "StreamingCall[list[Thing], Thing]"),
    ],
)
def test_the_kind_of_call_says_what_can_be_done_with_it(changes: dict[str, Any], call: str) -> None:
    assert f"-> {call}:" in method("GET /v1/things", **changes)[0]


@pytest.mark.parametrize(
    ("items", "kind"),
    [
        (STRING, "str"),
        ({"type": "integer"}, "int"),
        ({}, "Any"),
        ({"type": "object", "additionalProperties": True}, "dict[str, Any]"),
        ({"type": "array", "items": STRING}, "list[str]"),
        ({"anyOf": [ref("Thing"), {"type": "null"}]}, "Thing | None"),
    ],
)
def test_pages_hold_whatever_the_schema_says(items: Schema, kind: str) -> None:
    listed: Schema = {"anyOf": [{"type": "array", "items": items}, {"type": "null"}]}

    found = method("GET /v1/things", answer="List", pages=pages(), schemas={"List": obj(data=listed)})

    assert f"-> PagedCall[List, {kind}]:" in found[0]


@pytest.mark.parametrize(
    ("field", "problem"), [("nothing", "no field 'nothing'"), ("data.name", "no field"), ("count", "no list")]
)
def test_pages_without_items_are_refused(field: str, problem: str) -> None:
    answer = obj(data={"type": "array", "items": ref("Thing")}, count={"type": "integer"})

    with pytest.raises(SpecError, match=problem) as caught:
        method("GET /v1/things", answer="List", pages=pages(field), schemas={"List": answer})

    assert caught.value.place == "GET /v1/things.x-mistral-pages"


def test_the_constant_tells_the_engine_all_and_leaves_out_what_is_usual() -> None:
    paged = pages("data", parameter="page_no", first=1, total="total_count", next="meta.next_cursor")
    schemas = {
        "Q": obj(pageNo=STRING),
        "List": obj(data={"type": "array", "items": STRING}, totalCount=STRING, meta=ref("Meta")),
        "Meta": obj(nextCursor=STRING),
    }

    made = document(
        operation("GET /v1/things", query="Q", answer="List", pages=paged, repeatable=True), schemas=schemas
    )

    assert constant(module(made)) == (
        "_THINGS_GET = Operation(method='GET', path='/v1/things', query='things.Q', answer='things.List', "
        "pages=Pages(items='data', by='page', parameter='page_no', first=1, total='total_count', "
        "next='meta.next_cursor'), repeatable=True)"
    )


def test_the_constant_of_an_upload_that_answers_with_events() -> None:
    made = operation(
        "POST /v1/things",
        body="Form",
        headers="H",
        files=("file",),
        required_files=("file",),
        events=events("Thing"),
        accept="text/event-stream",
    )
    source = module(document(made, schemas={"Form": obj(), "H": obj(), "Thing": THING}))

    assert constant(source) == (
        "_THINGS_POST = Operation(method='POST', path='/v1/things', headers='things.H', body='things.Form', "
        "multipart=True, files=('file',), required_files=('file',), body_required=True, "
        "events=Events(type='things.Thing', flag='stream', end='[DONE]'), accept='text/event-stream')"
    )


def test_children_and_items_are_made_when_asked_for() -> None:
    source = module(document(operation("GET /v1/things/{thing_id}/parts")))

    assert methods(source, "Things") == [
        "__getitem__(self, thing_id: str, /) -> ThingsItem: return ThingsItem(self._engine, self._item(thing_id))"
    ]
    assert methods(source, "ThingsItem") == [
        "parts(self) -> ThingsItemParts: return ThingsItemParts(self._engine, self._path + '/parts')"
    ]


def test_an_item_of_an_integer_takes_both() -> None:
    made = operation("GET /v1/things/{n}", path_parameters=(PathParameter(name="n", description="", integer=True),))

    assert methods(module(document(made)), "Things")[0].startswith("__getitem__(self, n: str | int, /)")


def test_an_item_whose_name_would_be_self_is_called_otherwise() -> None:
    assert methods(module(document(operation("GET /v1/things/{self}"))), "Things")[0].startswith(
        "__getitem__(self, self_: str, /)"
    )


def test_a_child_called_like_a_builtin_leaves_the_builtin_to_its_class() -> None:
    made = document(
        operation("GET /v1/things", events=events("Thing", None)),
        operation("GET /v1/things/list"),
        operation("GET /v1/things/property"),
        operation("GET /v1/things/str"),
        operation("GET /v1/things/{id}"),
        schemas={"Thing": THING},
    )

    source = module(made)

    assert "StreamingCall[builtins.list[Thing], Thing]" in source
    assert "    @builtins.property\n    def list(self)" in source
    assert "id: builtins.str, /" in source


def test_the_root_loads_a_module_when_its_attribute_is_asked_for() -> None:
    made = document(operation("GET /v1/things"), operation("GET /v2/prompts"))

    assert methods(module(made, "__init__"), "Resources") == [
        "things(self) -> Things: from mistral_async.resources.things import Things "
        "return Things(self._engine, '/v1/things')",
        "v2(self) -> V2: from mistral_async.resources.v2 import V2 return V2(self._engine, '/v2')",
    ]
    assert methods(module(made, "v2"), "V2") == [
        "prompts(self) -> V2Prompts: from mistral_async.resources.v2_prompts import V2Prompts "
        "return V2Prompts(self._engine, self._path + '/prompts')"
    ]


def test_a_resource_called_like_a_model_or_a_call_keeps_its_name() -> None:
    made = document(operation("GET /v1/call", answer="Call"), schemas={"Call": THING})

    source = module(made, "call")

    assert "class Call(Resource):" in source
    assert "from mistral_async.calls import Call as Call_" in source
    assert "-> Call_[Call__]:" in source
    assert "from mistral_async.models.call import Call as Call__" in source


def test_the_docstring_holds_summary_description_and_the_way_it_is_sent() -> None:
    made = operation("GET /v1/things", summary="List them", description="All\nof them.", deprecated=True)

    source = module(document(made))

    assert (
        '        """List them.\n\n        All of them.\n\n        Deprecated by the API.\n\n'
        '        ``GET /v1/things``\n        """\n'
    ) in source


def test_a_description_that_repeats_the_summary_is_left_out() -> None:
    source = module(document(operation("GET /v1/things", summary="List them", description="List them.")))

    assert source.count("List them.") == 1


def test_every_operation_is_listed() -> None:
    made = document(operation("GET /v1/a"), operation("POST /v1/a/{id}"), operation("GET /v2/b"))

    source = resources(made)["mistral_async/resources/operations.py"]

    assert "    *a.OPERATIONS,\n    *v2_b.OPERATIONS,\n" in source
    assert "OPERATIONS: tuple[Operation, ...] = (\n    _A_GET,\n    _A_ITEM_POST,\n)" in module(made, "a")


def test_the_table_has_a_row_an_operation() -> None:
    made = document(
        operation("GET /v1/things", answer="Reply", pages=pages(), repeatable=True, summary="List | them"),
        operation("POST /v1/things", answer="Either", events=events("Thing"), deprecated=True),
        operation("GET /v1/things/{id}/content", download=True),
        schemas={"Reply": REPLY, "Thing": THING, "Either": {"anyOf": [ref("Thing"), STRING]}},
    )

    rows = emit_table(made, spellings(build_tree(made))).splitlines()[2:5]

    assert rows == [
        "| `client.things()` | `GET /v1/things` | `Reply` of `Thing` | List \\| them | pages · repeatable |",
        "| `client.things.post()` | `POST /v1/things` | `Either`, streamed `Thing` | Post it | streams · deprecated |",
        "| `client.things[id].content()` | `GET /v1/things/{id}/content` | `bytes` | Get it | bytes |",
    ]


def test_the_table_stands_between_its_marks_and_nothing_else_changes() -> None:
    made = document(operation("GET /v1/things"))
    called = spellings(build_tree(made))

    text = with_table("before\n<!-- operations -->\nold\n<!-- /operations -->\nafter\n", made, called)

    assert text == f"before\n<!-- operations -->\n{emit_table(made, called)}<!-- /operations -->\nafter\n"
    assert with_table(text, made, called) == text


@pytest.mark.parametrize("readme", ["", "no marks", "<!-- operations --> and no end"])
def test_a_readme_without_marks_stays_as_it_is(readme: str) -> None:
    made = document(operation("GET /v1/things"))

    assert with_table(readme, made, spellings(build_tree(made))) == readme


def test_what_runs_does_not_depend_on_the_order_of_operations() -> None:
    first, second = operation("GET /v1/b/{x}"), operation("DELETE /v1/a")
    made = document(first, second)

    turned = dataclasses.replace(made, operations=(second, first))

    assert resources(made) == resources(turned)
