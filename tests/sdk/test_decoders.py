"""Every decoder can be built: msgspec tells of a type that it cannot decode only when it is asked to."""

from __future__ import annotations

import msgspec
import pytest

from mistral_async import models
from mistral_async.codec.check import strict_type
from mistral_async.codec.events import EventDecoder
from mistral_async.codec.load import model
from mistral_async.codec.requests import RequestEncoder
from mistral_async.operation import Operation
from mistral_async.resources.operations import OPERATIONS


@pytest.mark.parametrize("name", models.__all__)
def test_a_model_has_a_decoder_and_a_strict_one(name: str) -> None:
    found = getattr(models, name)

    msgspec.json.Decoder(found)
    msgspec.json.Decoder(strict_type(found))


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_has_all_its_coders(operation: Operation) -> None:
    RequestEncoder(operation)
    for name in (operation.answer, operation.body, operation.query, operation.headers):
        if name is not None:
            msgspec.json.Decoder(model(name))
    if operation.events is not None:
        EventDecoder(model(operation.events.type))
