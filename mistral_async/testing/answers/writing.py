"""Sentences that take up what was asked."""

from __future__ import annotations

import re
from typing import Any

from mistral_async.testing.answers.dice import Dice

_WORD = re.compile(r"[^\W\d_][\w'-]*")
_SHOWN = 12  # words of the question that an answer repeats

_OPENINGS = (
    "You asked: “{quote}”",
    "About “{quote}”:",
    "You wrote “{quote}”, so here is what I can say.",
    "On “{quote}” there is this to say.",
)
_SENTENCES = (
    "The short answer is that {subject} depends on what you mean to do with it.",
    "Most people who look into {subject} begin with the simplest case and go on from there.",
    "There are two sides to {subject}: how it works, and what it is good for.",
    "It helps to write down what you already know about {subject}.",
    "A good first step is to look at {subject} from the end and ask what should come out.",
    "Nobody has to decide everything about {subject} at once.",
    "With {subject}, small steps that can be taken back are worth more than one large step.",
    "If {subject} is new to you, an example says more than a definition.",
)
_CLOSINGS = (
    "Ask on if you want to know more.",
    "That is all a local server knows.",
    "I hope that this helps.",
    "Tell me which part matters most to you.",
)

_OTHER = {  # what a message holds besides words
    "image_url": "an image",
    "document_url": "a document",
    "input_audio": "a recording",
    "file": "a file",
    "reference": "a reference",
}


def answer(question: str, dice: Dice, at_least: int = 0) -> str:
    """Some sentences on a question; at least as many words as ``at_least``."""
    subject = _subject(question)
    sentences = [dice.pick(_OPENINGS).format(quote=quote(question))]
    start, step = dice.roll(len(_SENTENCES)), dice.pick((1, 3, 5, 7))
    wanted, words, number = 1 + dice.roll(3), 0, 0
    while number < wanted or words < at_least:
        sentences.append(_SENTENCES[(start + number * step) % len(_SENTENCES)].format(subject=subject))
        words += sentences[-1].count(" ") + 1
        number += 1
    sentences.append(dice.pick(_CLOSINGS))
    return " ".join(sentences)


def quote(text: str) -> str:
    """The first words of a text, in one line."""
    words = text.split(maxsplit=_SHOWN)
    return " ".join(words[:_SHOWN]) + ("…" if len(words) > _SHOWN else "")


def _subject(question: str) -> str:
    """The word that a question seems to be about: the last name in it, or the longest word."""
    words = _WORD.findall(question[:2000])
    names = [word for word in words[1:] if word[0].isupper() and len(word) > 1]
    return names[-1] if names else max(words, key=len, default="it")


def text_of(content: Any) -> str:
    """What a message says in words; what it says in other ways is named in brackets."""
    if isinstance(content, str):
        return content
    parts: list[str] = []
    chunks: list[dict[str, Any]] = content or []
    for chunk in chunks:
        kind = chunk.get("type")
        if kind in (None, "text"):
            parts.append(str(chunk.get("text", "")))
        elif kind == "thinking":
            continue
        else:
            parts.append(f"[{_OTHER.get(str(kind), 'something')}]")
    return " ".join(part for part in parts if part)
