"""Descriptions as docstrings: wrapped, escaped, and true to lists and code in them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

WIDTH = 110  # columns, indentation included
_QUOTES = '"""'
_ITEM = re.compile(r"(?:[-*+•]|\d+[.)])\s+")
_VERBATIM = ("```", "|", "#", ">")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")


def docstring(paragraphs: str | Iterable[str], indent: str = "") -> str:
    """A docstring literal, indented, without a newline at its end; several paragraphs are set apart by blank lines."""
    text = paragraphs if isinstance(paragraphs, str) else "\n\n".join(part for part in paragraphs if part.strip())
    lines = wrap(text, WIDTH - len(indent) - len(_QUOTES))
    body = "\n".join(lines).replace("\\", "\\\\").replace(_QUOTES, '\\"\\"\\"')
    if len(lines) == 1 and not body.endswith('"'):
        return f'{indent}"""{body}"""'
    return textwrap.indent(f'"""{body}\n"""', indent, lambda line: bool(line.strip()))


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` columns; code blocks, tables and headings stay as they are."""
    lines: list[str] = []
    chunk: list[str] = []
    hanging = ""
    fenced = False

    def flush() -> None:
        if chunk:
            lines.extend(
                textwrap.wrap(
                    " ".join(chunk), width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
                )
            )
            chunk.clear()

    for line in _UNPRINTABLE.sub(" ", text.replace("\r\n", "\n").expandtabs(4)).strip().split("\n"):
        words = line.strip()
        if words.startswith("```"):
            fenced = not fenced
        if fenced or not words or words.startswith(_VERBATIM):
            flush()
            hanging = ""
            lines.append(line.rstrip())
        elif item := _ITEM.match(words):
            flush()
            hanging = " " * item.end()
            chunk.append(words)
        else:
            chunk.append(words)
    flush()
    return lines


def sentence(text: str) -> str:
    """The text with a full stop, if it ends like a sentence that lost it."""
    text = text.strip()
    return f"{text}." if text and (text[-1].isalnum() or text[-1] in ")`'\"") else text
