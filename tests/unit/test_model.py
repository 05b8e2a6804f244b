"""What every model does."""

from __future__ import annotations

import pickle

import msgspec

from mistral_async.model import UnknownVariant
from tests.samples import Answer, Text


def test_a_model_shows_what_is_set_and_hides_what_is_secret() -> None:
    answer = Answer(id="a", messages=[], key="secret-key", first=Text(text="x"))

    assert repr(answer) == "Answer(id='a', kind='answer', messages=[], first=Text(text='x'), labels=[], key=***)"


def test_a_secret_that_is_empty_is_shown_as_empty() -> None:
    assert "key=''" in repr(Answer(messages=[], key=""))


def test_a_tag_can_be_read_from_class_and_value() -> None:
    assert Text.type == Text(text="x").type == "text"
    assert msgspec.json.encode(Text(text="x")) == b'{"type":"text","text":"x"}'


def test_models_and_unknown_variants_survive_a_pickle() -> None:
    answer = Answer(messages=[], extra=UnknownVariant(type="new"))

    again = pickle.loads(pickle.dumps(answer))  # of our own making

    assert again == answer
    assert type(again.extra) is UnknownVariant
