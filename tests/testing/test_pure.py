"""The parts of the server that need no socket: routes, tokens, instances of schemas, files in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mistral_async.codec.check import strict_type
from mistral_async.operation import Operation
from mistral_async.resources.operations import OPERATIONS
from mistral_async.testing.answers.completion import bounded
from mistral_async.testing.answers.dice import Dice
from mistral_async.testing.answers.instances import instance
from mistral_async.testing.answers.tokens import count, pieces
from mistral_async.testing.checking import refusal
from mistral_async.testing.clock import ManualClock
from mistral_async.testing.dispatch import Asked, answer, check, run_line
from mistral_async.testing.parts import without_semicolons
from mistral_async.testing.refusals import Refusal
from mistral_async.testing.routing import Router
from mistral_async.testing.state.account import Account
from mistral_async.testing.state.content import KEPT_IN_MEMORY, Spool

ROUTER = Router(OPERATIONS)


@given(st.sampled_from(OPERATIONS), st.lists(st.text(min_size=1), min_size=2, max_size=2))
def test_every_path_leads_to_its_operation_whatever_its_parameters(operation: Any, values: list[str]) -> None:
    given_values = iter(values)
    expected: list[str] = []
    segments: list[str] = []
    for segment in operation.path.split("/"):
        if segment.startswith("{"):
            expected.append(next(given_values))
            segment = quote(expected[-1], safe="")
        segments.append(segment)

    found, parameters = ROUTER.find(operation.method, "/".join(segments))

    assert (str(found), list(parameters)) == (str(operation), expected)


@given(st.text())
def test_any_other_path_is_refused(path: str) -> None:
    with pytest.raises(Refusal):
        ROUTER.find("GET", "/v0/" + path)


@given(st.text())
def test_the_tokens_of_a_text_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert len(pieces(text)) == count(text)


@given(st.text(), st.lists(st.text(max_size=3), max_size=3), st.none() | st.integers(0, 9))
def test_a_bounded_text_is_a_beginning_of_the_text_without_a_stop(
    text: str, stop: list[str], limit: int | None
) -> None:
    tokens, reason = bounded(text, stop, limit)

    said = "".join(tokens)
    assert text.startswith(said)
    assert not any(word and word in said for word in stop)
    assert limit is None or len(tokens) <= limit
    assert reason in ("stop", "length")


@given(st.binary(), st.lists(st.integers(1, 1000), max_size=60))
def test_dice_fall_the_same_way_for_the_same_key(key: bytes, sides: list[int]) -> None:
    first, again = Dice(key), Dice(key)

    assert [first.roll(each) for each in sides] == [again.roll(each) for each in sides]
    assert all(0 <= Dice(key).roll(each) < each for each in sides)


@st.composite
def numbers(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    low = draw(st.integers(-50, 50))
    bounds = {
        "minimum": low,
        "maximum": low + draw(st.integers(0, 9)),
        "exclusiveMinimum": low,
        "exclusiveMaximum": low + draw(st.integers(2, 9)),
    }
    kept = draw(st.sampled_from([["minimum"], ["maximum"], ["minimum", "maximum"], ["exclusiveMinimum"],
                                 ["exclusiveMaximum"], ["exclusiveMinimum", "exclusiveMaximum"], []]))  # fmt: skip
    step = draw(st.none() | st.just(1)) if kind == "integer" else None
    return {"type": kind, **{name: bounds[name] for name in kept}, **({"multipleOf": step} if step else {})}


def texts() -> st.SearchStrategy[dict[str, Any]]:
    least = st.integers(0, 20)
    bounded_texts = least.flatmap(
        lambda low: st.fixed_dictionaries(
            {"type": st.just("string"), "minLength": st.just(low), "maxLength": st.integers(low, 30)}
        )
    )
    return bounded_texts | st.sampled_from(["date", "date-time", "email", "uri", "uuid", "ipv4", "odd"]).map(
        lambda form: {"type": "string", "format": form}
    )


LEAVES: st.SearchStrategy[Any] = st.one_of(
    texts(),
    numbers("integer"),
    numbers("number"),
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.just({"type": ["null", "integer"]}),
    st.just({"type": ["null"]}),
    st.just({"const": [1]}),
    st.just({"enum": ["a", 2, None]}),
    st.just({"$ref": "#/$defs/leaf"}),
    st.just({"allOf": [{"$ref": "#/$defs/node"}, {"properties": {"more": {"type": "integer"}}, "required": ["more"]}]}),
    st.just({}),
    st.just(True),
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.dictionaries(st.sampled_from("abcd"), inner, min_size=1, max_size=3)
    return st.one_of(
        names.flatmap(
            lambda held: st.fixed_dictionaries(
                {"properties": st.just(held)},
                optional={"required": st.lists(st.sampled_from(sorted(held)), unique=True), "type": st.just("object")},
            )
        ),
        st.integers(0, 3).flatmap(
            lambda low: st.fixed_dictionaries(
                {"type": st.just("array"), "items": inner, "minItems": st.just(low), "maxItems": st.integers(low, 4)}
            )
        ),
        st.fixed_dictionaries({"type": st.just("array"), "prefixItems": st.lists(inner, min_size=1, max_size=2)}),
        st.lists(inner, min_size=1, max_size=2).map(lambda options: {"anyOf": options}),
        inner.map(
            lambda option: {"oneOf": [{"type": "null"}, option]} if option != {"type": "null"} else {"anyOf": [option]}
        ),
    )


@given(st.recursive(LEAVES, nested, max_leaves=6), st.text(max_size=40))
def test_an_instance_fits_its_schema(schema: Any, question: str) -> None:
    root = {
        "$defs": {
            "leaf": {"type": "integer", "minimum": 5},
            "node": {
                "type": "object",
                "required": ["next"],
                "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
            },
        },
        "type": "object",
        "required": ["it"],
        "properties": {"it": schema},
    }

    made = instance(root, question, Dice(question.encode("utf-8", "surrogatepass")))

    if "oneOf" not in repr(schema):  # null may fit both options, which is one too many
        judge: Any = Draft202012Validator(root)
        assert list(judge.iter_errors(made)) == []
    assert "it" in made


def test_an_instance_takes_names_and_numbers_from_the_question() -> None:
    schema = {"properties": {"from": {"type": "string"}, "people": {"type": "integer"}}}

    made = instance(schema, "A table in Lisbon for 4", Dice(b""))

    assert made == {"from": "Lisbon", "people": 4}


@pytest.mark.parametrize(
    "schema", [{"$ref": "#/nowhere"}, {"$ref": "#/a/b"}, {"$ref": "#"}, {"allOf": [{"type": "object"}]}]
)
def test_a_reference_that_leads_nowhere_or_in_a_circle_comes_to_an_end(schema: Any) -> None:
    instance({"a": 1, **schema}, "", Dice(b""))


@given(st.lists(st.binary(max_size=KEPT_IN_MEMORY // 2), max_size=4), st.booleans())
def test_a_spool_keeps_what_was_written(chunks: list[bytes], large: bool) -> None:
    if large:
        chunks.append(b"line\n" * KEPT_IN_MEMORY)
    spool = Spool(lambda: Path("."))
    whole = b"".join(chunks)
    for chunk in chunks:
        spool.write(chunk)

    content = spool.content()
    try:
        with content.open() as stream:
            assert stream.read() == whole
        assert (content.size, content.count_lines()) == (
            len(whole),
            len(whole.split(b"\n")) - (not whole or whole.endswith(b"\n")),
        )
        assert b"".join(content.lines()) == whole
        assert content.head(3) == whole[:3]
    finally:
        content.discard()


def test_a_key_that_does_not_fit_is_placed_in_its_map() -> None:
    limited = dict[Annotated[str, msgspec.Meta(max_length=2)], int]
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(b'[{},{"long":1}]', type=strict_type(list[limited]))

    body = refusal(caught.value, "body").body

    assert body["detail"] == [
        {"type": "out_of_range", "loc": ["body", 1], "msg": "Expected `str` of length <= 2"},
    ]


@pytest.mark.parametrize(
    ("disposition", "plain"),
    [
        ("form-data", "form-data"),
        ('form-data; name="file"; filename="a.txt"', 'form-data; name="file"; filename="a.txt"'),
        ("form-data; name=file; filename=a.txt", "form-data; name=file; filename=a.txt"),
        ('form-data; name="f;"; filename="a;b;c.txt"', "form-data; name*=utf-8''f%3B; filename*=utf-8''a%3Bb%3Bc.txt"),
        (r'form-data; filename="a\"b;c.txt"', "form-data; filename*=utf-8''a%22b%3Bc.txt"),
        ('form-data; filename="é;.txt"', "form-data; filename*=utf-8''%C3%A9%3B.txt"),
        ('form-data; filename="\udcff;"', "form-data; filename*=utf-8''%3F%3B"),
        ('form-data; filename="open; name=a', 'form-data; filename="open; name=a'),
    ],
)
def test_only_values_with_a_semicolon_are_written_another_way(disposition: str, plain: str) -> None:
    assert without_semicolons(disposition) == plain


def test_a_body_that_may_be_left_out_is_not_missed() -> None:
    embeddings = next(operation for operation in OPERATIONS if str(operation) == "POST /v1/embeddings")

    optional = msgspec.structs.replace(embeddings, body_required=False)

    checked = check(Asked(operation=optional, path=(), query=""))

    assert checked.body is None


def test_an_operation_that_the_server_does_not_have_is_refused_with_501() -> None:
    account = Account(clock=ManualClock(), seed=0, any_model=False, job_step=1.0, parent=None, run_line=run_line)

    with pytest.raises(Refusal) as refused:
        answer(account, Asked(operation=Operation(method="GET", path="/v1/new"), path=(), query=""))

    assert (refused.value.status, refused.value.body["type"]) == (501, "not_implemented")
    assert "GET /v1/new" in refused.value.body["message"]
