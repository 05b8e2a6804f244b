"""The connector's 28 operations, called as its samples call them, with its sample answers."""

from __future__ import annotations

import contextlib
import json

import pytest

from mistral_async import APIError, MistralClient
from mistral_async.testing import LocalServer
from tests.keeping import lost
from tests.sdk.samples import SAMPLES, Sample


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.operation for sample in SAMPLES])
async def test_a_sample_is_sent_as_it_stands_and_its_answer_is_kept(
    sample: Sample, server: LocalServer, unjudged: MistralClient
) -> None:
    body = sample.answer if isinstance(sample.answer, bytes) else json.dumps(sample.answer).encode()
    server.answer_next(body)

    decoded = await sample.call(unjudged)

    request = server.requests[-1]
    assert (request.method, request.path) == (sample.operation.split()[0], sample.path)
    if sample.body is not None:
        assert json.loads(request.body) == sample.body
    assert lost(decoded, sample.answer) == []


@pytest.mark.parametrize(
    "sample", [sample for sample in SAMPLES if not sample.strays], ids=lambda sample: sample.operation
)
async def test_a_sample_that_keeps_to_the_specification_is_allowed_by_it(sample: Sample, client: MistralClient) -> None:
    # The server knows few of the samples' files and jobs: what it answers is not the point here, being sent is.
    with contextlib.suppress(APIError):
        await sample.call(client)


def test_there_are_28_samples_of_28_operations() -> None:
    assert len({sample.operation for sample in SAMPLES}) == len(SAMPLES) == 28
