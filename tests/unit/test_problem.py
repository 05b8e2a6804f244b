"""What error bodies say, in all their shapes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mistral_async.codec.problem import (
    MESSAGE_LIMIT,
    Problem,
    is_problem,
    read_problem,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["object", "error", "message", "detail", "code", "type", "param", "request_id", "loc", "msg"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"object": "error", "message": "no such model", "type": "invalid_model", "param": "model", "code": 1500},
            Problem(message="no such model", type="invalid_model", param="model", code="1500"),
        ),
        (
            {"object": "error", "message": "slow down", "type": "rate_limited", "param": None, "code": "1300"},
            Problem(message="slow down", type="rate_limited", code="1300"),
        ),
        ({"message": "x", "code": None}, Problem(message="x")),
        (
            {"object": "error", "message": {"detail": [{"loc": ["body", "model"], "msg": "Field required"}]}},
            Problem(
                message="body.model: Field required", detail=({"loc": ["body", "model"], "msg": "Field required"},)
            ),
        ),
        (
            {"detail": [{"loc": ["body", "messages", 0], "msg": "wrong", "type": "t"}, {"msg": "bad"}, "plain", 7]},
            Problem(
                message="body.messages.0: wrong; bad; plain; 7",
                detail=({"loc": ["body", "messages", 0], "msg": "wrong", "type": "t"}, {"msg": "bad"}, "plain", 7),
            ),
        ),
        ({"detail": [{"type": "missing"}]}, Problem(message='{"type":"missing"}', detail=({"type": "missing"},))),
        ({"detail": "Unauthorized"}, Problem(message="Unauthorized")),
        ({"message": {"detail": "deep"}}, Problem(message="deep")),
        ({"message": "no"}, Problem(message="no")),
        ({"message": "no", "request_id": "r-1"}, Problem(message="no", request_id="r-1")),
        ({"error": {"message": "inner", "code": 3505}}, Problem(message="inner", code="3505")),
        ({"error": "just words"}, Problem(message="just words")),
        ({"unheard": "of"}, Problem(message='{"unheard":"of"}')),
        ({"message": {"why": 1}}, Problem(message='{"why":1}')),
        ("just text", Problem(message="just text")),
        (["a", 1], Problem(message='["a",1]')),
        (None, Problem(message="null")),
    ],
)
def test_each_shape_of_an_error_body_is_read(body: Any, expected: Problem) -> None:
    assert read_problem(json.dumps(body).encode()) == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the answer has no body"),
        (b" \r\n", "the answer has no body"),
        (b"upstream connect error", "upstream connect error"),
        (b"caf\xe9 \xff", "caf� �"),
        (b"<html><head><title>502 Bad\n Gateway</title></head><body>nginx</body></html>", "502 Bad Gateway"),
        (b"\n<!DOCTYPE html><TITLE id=x>Sorry</TITLE>", "Sorry"),
        (b"<html><body><h1>No</h1><p>title</p></body></html>", "No title"),
        (b"<html><title></title>No</html>", "No"),
        (b"<html></html>", "<html></html>"),
        (b'""', '""'),
        (b'{"message":""}', '{"message":""}'),
        (b'{"message":"  "}', '{"message":" "}'),
        (b'{"message":"cut of', '{"message":"cut of'),
    ],
)
def test_what_is_no_error_of_the_api_is_shown_as_text(body: bytes, message: str) -> None:
    assert read_problem(body).message == message


def test_twenty_megabytes_become_a_short_message() -> None:
    for body in (b"x" * 20_000_000, b'{"message":"' + b"x" * 20_000_000 + b'"}', b"<" * 20_000_000):
        assert len(read_problem(body).message) == MESSAGE_LIMIT + 1


@pytest.mark.parametrize("piece", [b"<", b"<title", b"<title>", b"<title >", b"< ", b'[{"loc":'])
def test_a_page_made_to_be_slow_is_read_fast(piece: bytes) -> None:
    start = time.process_time()

    read_problem(b"<" + piece * (65536 // len(piece)))

    assert time.process_time() - start < 0.5


@given(st.binary())
def test_no_bytes_make_it_raise(body: bytes) -> None:
    problem = read_problem(body)

    assert problem.message.strip()
    assert len(problem.message) <= MESSAGE_LIMIT + 1


@given(JSON)
@example({"code": 10**300})
@example({"message": [10**300]})
@example({"detail": [{"loc": [[1]], "msg": None}]})
@example({"detail": {"loc": 1}})
@example({"error": {"error": {}}})
def test_no_json_makes_it_raise(value: Any) -> None:
    problem = read_problem(json.dumps(value).encode())

    assert problem.message.strip()
    assert len(problem.message) <= MESSAGE_LIMIT + 1


@pytest.mark.parametrize(
    ("opening", "closing"),
    [(b"[", b"]"), (b'{"a":', b"}"), (b'{"detail":[{"loc":[', b"]}]}"), (b'{"message":{"detail":[', b"]}}")],
)
def test_no_depth_makes_it_raise(opening: bytes, closing: bytes) -> None:
    for depth in (*range(1, 1100), 100_000):
        assert read_problem(opening * depth + b"1" + closing * depth).message
        # Where only the outermost of all is an error's shape, what is inside has to be shown.
        assert read_problem(b'{"detail":[{"loc":[' + opening * depth + b"1" + closing * depth + b"]}]}").message


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"object": "error", "message": "m", "code": 1}, True),
        ({"error": {"message": "m"}}, True),
        ({"error": "m"}, True),
        ({"detail": "m"}, True),
        ({"message": "m", "request_id": "r"}, True),
        ({"id": "1", "choices": [], "error": None}, False),
        ({"id": "1", "message": "m"}, False),
        ({}, False),
        ([], False),
        ("error", False),
    ],
)
def test_an_error_is_told_from_an_answer(value: object, expected: bool) -> None:
    assert is_problem(value) is expected
