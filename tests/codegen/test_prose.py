"""Descriptions as docstrings."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.prose import WIDTH, docstring, sentence, wrap


def value(literal: str) -> str:
    return str(ast.literal_eval(literal.strip()))


def test_a_short_text_is_one_line() -> None:
    assert docstring("Say it.", "    ") == '    """Say it."""'


def test_a_long_text_is_wrapped_and_its_quotes_stand_alone() -> None:
    lines = docstring("four " * 40, "    ").splitlines()

    assert lines[-1] == '    """'
    assert all(len(line) <= WIDTH for line in lines)


def test_paragraphs_are_set_apart_and_empty_ones_left_out() -> None:
    assert docstring(["One.", "", "Two."]) == '"""One.\n\nTwo.\n"""'


def test_lines_of_a_paragraph_flow_together() -> None:
    assert wrap("one\ntwo\n\nthree", 80) == ["one two", "", "three"]


def test_lists_keep_their_lines_and_hang() -> None:
    assert wrap("- one two\n- three\n1. four", 8) == ["- one", "  two", "- three", "1. four"]


def test_code_tables_and_headings_stay_as_they_are() -> None:
    text = "# Title\n```\na    b\n\nc\n```\n| a | b |\n> quote"

    assert wrap(text, 5) == text.split("\n")


@pytest.mark.parametrize(
    ("text", "whole"), [("List them", "List them."), ("Done.", "Done."), ("Why?", "Why?"), ("", ""), (" a ", "a.")]
)
def test_a_sentence_ends_with_a_full_stop(text: str, whole: str) -> None:
    assert sentence(text) == whole


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Zs"))))
def test_a_docstring_says_what_the_text_says(text: str) -> None:
    assert value(docstring(text)).split() == text.split()


@given(st.text('"\\\n a{}', max_size=30))
def test_no_text_breaks_out_of_its_quotes(text: str) -> None:
    source = f"class C:\n{docstring(text, '    ')}\n    x = 1\n"

    assert len(ast.parse(source).body) == 1


@given(st.text())
def test_any_text_makes_a_literal_that_can_be_written(text: str) -> None:
    literal = docstring(text)

    ast.literal_eval(literal)
    literal.encode()
