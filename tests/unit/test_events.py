"""From server-sent events to the models of an operation's events."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import UNSET, UnsetType, field

from mistral_async.codec.answers import NotReadable
from mistral_async.codec.events import EventDecoder
from mistral_async.codec.lenient import Misfit
from mistral_async.codec.problem import ErrorEvent
from mistral_async.codec.sse import ServerEvent
from mistral_async.model import Model, UnknownVariant
from tests.samples import Chunk, Text, Usage


class Plain(Model, kw_only=True):
    data: Usage


class Named(Model, kw_only=True):
    event: str
    data: Chunk
    identifier: str | UnsetType = field(name="id", default=UNSET)
    retry: int = 5


PLAIN: EventDecoder[Any] = EventDecoder(Plain)
NAMED: EventDecoder[Any] = EventDecoder(Named)


def test_an_event_has_its_data_and_what_else_its_model_has() -> None:
    event = ServerEvent(b'{"type":"text","text":"x"}', "delta", "7", 100)

    assert NAMED.strictly(event) == Named(event="delta", data=Text(text="x"), identifier="7", retry=100)
    assert PLAIN.strictly(ServerEvent(b'{"tokens":1}', "delta", "7", 100)) == Plain(data=Usage(tokens=1))


def test_what_an_event_does_not_have_is_its_default_or_unset() -> None:
    event = NAMED.strictly(ServerEvent(b'{"type":"text","text":"x"}'))

    assert (event.event, event.identifier, event.retry) == (UNSET, UNSET, 5)


def test_what_fits_in_an_event_is_kept() -> None:
    event, misfits = PLAIN.leniently(ServerEvent(b'{"cost":"much"}'))

    assert (event.data.cost, event.data.tokens) == ("much", UNSET)
    assert misfits == [Misfit("$.tokens", "missing"), Misfit("$.cost", "a text where the model says float or none")]


def test_an_unknown_variant_in_an_event_is_kept() -> None:
    event, _ = NAMED.leniently(ServerEvent(b'{"type":"new","x":1}'))

    assert event.data == UnknownVariant(type="new", x=1)


@pytest.mark.parametrize("data", [b"{}", b'{"error":null}', b'{"cost":1}'])
def test_an_object_with_something_missing_is_no_error(data: bytes) -> None:
    event, misfits = PLAIN.leniently(ServerEvent(data))

    assert event.data.tokens is UNSET
    assert misfits


@pytest.mark.parametrize(
    ("event", "message", "code"),
    [
        (ServerEvent(b'{"object":"error","message":"slow down","code":1300}'), "slow down", "1300"),
        (ServerEvent(b'{"error":{"message":"inner","code":"3505"}}'), "inner", "3505"),
        (ServerEvent(b'{"detail":"Unauthorized"}'), "Unauthorized", None),
        (ServerEvent(b'{"tokens":"none","message":"m"}', "error"), "m", None),
        (ServerEvent(b"all is lost", "error"), "all is lost", None),
    ],
)
def test_an_error_in_the_place_of_an_event_is_told(event: ServerEvent, message: str, code: str | None) -> None:
    with pytest.raises((msgspec.DecodeError, msgspec.ValidationError)):
        PLAIN.strictly(event)

    with pytest.raises(ErrorEvent) as caught:
        PLAIN.leniently(event)

    assert (str(caught.value), caught.value.problem.code) == (message, code)


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"no json", "no JSON"), (b"[1]", "an array where the model says Usage"), (b"", "no JSON"), (b"7", "a number")],
)
def test_data_of_another_shape_cannot_be_read(data: bytes, message: str) -> None:
    with pytest.raises(NotReadable, match=message):
        PLAIN.leniently(ServerEvent(data))


@pytest.mark.parametrize("event_type", [Usage, Chunk, list[Plain], str])
def test_a_type_that_has_no_data_is_no_event(event_type: Any) -> None:
    with pytest.raises(TypeError, match="has no field 'data'"):
        EventDecoder(event_type)
