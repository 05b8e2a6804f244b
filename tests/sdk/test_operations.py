"""All 31 operations, over a real socket, judged by the specification in both directions."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

import pytest

from mistral_async import MistralClient, NotFoundError, Vector
from mistral_async.models import (
    BaseModelCard,
    ChatCompletionRequest,
    CompletionDetailedJobOut,
    CompletionFTModelOut,
    FTModelCard,
    UserMessage,
)
from mistral_async.params import UserMessageDict
from mistral_async.settings import Settings
from mistral_async.testing import LocalServer
from mistral_async.wire.network import Network
from tests.checked_wire import CheckedWire
from tests.openapi_check import operations

HELLO: UserMessageDict = {"role": "user", "content": "Hello there"}
TUNED = "ft:mistral-small-latest:mine"
TRAINING = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'


async def test_generation_in_all_its_forms(client: MistralClient) -> None:
    request = ChatCompletionRequest(model="mistral-small-latest", messages=[UserMessage(content="Hello there")])

    by_fields = await client.chat.completions.post(
        model="mistral-small-latest", messages=[{"role": "user", "content": "Hello there"}]
    )
    by_request = await client.chat.completions.post(request)
    by_agent = await client.agents.completions.post(agent_id="ag:1", messages=[UserMessage(content="Hello there")])
    code = await client.fim.completions.post(model="codestral-latest", prompt="def f(", suffix="return 1")

    content = by_fields.choices[0].message.content
    assert isinstance(content, str)
    assert content
    assert by_request.choices[0].message.content == content  # the same request gives the same text
    assert by_agent.choices[0].finish_reason == "stop"
    assert code.choices[0].message.content


async def test_a_stream_says_what_the_whole_answer_says(client: MistralClient) -> None:
    call = client.chat.completions.post
    whole = await call(model="mistral-small-latest", messages=[UserMessage(content="Tell me of rivers")])

    events = [e async for e in call(model="mistral-small-latest", messages=[UserMessage(content="Tell me of rivers")])]

    assert "".join(str(event.data.choices[0].delta.content or "") for event in events) == (
        whole.choices[0].message.content
    )
    assert events[-1].data.choices[0].finish_reason == "stop"
    assert events[-1].data.usage == whole.usage


async def test_fim_and_agents_stream_too(client: MistralClient) -> None:
    code = [e async for e in client.fim.completions.post(model="codestral-latest", prompt="def f(")]
    said = [e async for e in client.agents.completions.post(agent_id="ag:1", messages=[UserMessage(content="Hi")])]

    assert len(code) > 1
    assert len(said) > 1


async def test_tools_go_round_with_the_history_as_it_came(client: MistralClient) -> None:
    question = UserMessage(content="What is the weather in Paris?")
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}

    first = await client.chat.completions.post(
        model="mistral-small-latest",
        messages=[question],
        tools=[{"type": "function", "function": {"name": "get_weather", "parameters": parameters}}],
        tool_choice="any",
    )
    called = (first.choices[0].message.tool_calls or [])[0]
    second = await client.chat.completions.post(
        model="mistral-small-latest",
        messages=[
            question,
            first.choices[0].message,
            {"role": "tool", "name": "get_weather", "content": "21 C", "tool_call_id": called.id or ""},
        ],
    )

    assert called.function.name == "get_weather"
    assert second.choices[0].message.content


@pytest.mark.parametrize("strict", [False, True])
async def test_embeddings_are_the_same_numbers_in_both_forms(
    strict: bool, server: LocalServer, wire: CheckedWire, caplog: pytest.LogCaptureFixture
) -> None:
    async with MistralClient(api_key=server.api_key, base_url=server.url, wire=wire, strict_responses=strict) as client:
        plain = await client.embeddings.post(model="mistral-embed", input=["one", "two"])
        short = await client.embeddings.post(model="mistral-embed", input=["one", "two"], encoding_format="base64")
        small = await client.embeddings.post(
            model="mistral-embed", input="one", encoding_format="base64", output_dtype="int8", output_dimension=6
        )

    for one, other in zip(plain.data, short.data, strict=True):
        assert list(other.embedding) == pytest.approx(one.embedding, abs=1e-6)
        assert isinstance(other.embedding, Vector)
    assert isinstance(small.data[0].embedding, Vector)
    assert len(memoryview(small.data[0].embedding.packed).cast("b")) == 6
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_embeddings_ocr_moderation_and_classification(client: MistralClient, server: LocalServer) -> None:
    server.add_model("ft:mood", classifier_targets={"mood": ["good", "bad"]})

    embedded = await client.embeddings.post(model="mistral-embed", input=["one", "two"])
    read = await client.ocr.post(
        model="mistral-ocr-latest", document={"type": "document_url", "document_url": "https://example.com/a.pdf"}
    )
    moderated = await client.moderations.post(model="mistral-moderation-latest", input="hello")
    chat_moderated = await client.chat.moderations.post(model="mistral-moderation-latest", input=[[HELLO]])
    classified = await client.classifications.post(model="ft:mood", input=["hello"])
    chat_classified = await client.chat.classifications.post(model="ft:mood", input={"messages": [HELLO]})

    assert [len(each.embedding) for each in embedded.data] == [1024, 1024]
    assert read.pages[0].markdown
    assert set(moderated.results[0].categories) == set(chat_moderated.results[0].categories)
    assert "mood" in classified.results[0]
    assert "mood" in chat_classified.results[0]


async def test_models_are_listed_read_changed_archived_and_deleted(client: MistralClient, server: LocalServer) -> None:
    server.add_model(TUNED)

    listed = await client.models()
    base = await client.models["mistral-small-latest"]()
    tuned = await client.models[TUNED]()
    changed = await client.fine_tuning.models[TUNED].patch(name="Mine", description=None)
    archived = await client.fine_tuning.models[TUNED].archive.post()
    restored = await client.fine_tuning.models[TUNED].archive.delete()
    deleted = await client.models[TUNED].delete()

    assert TUNED in [card.id for card in listed.data if isinstance(card, FTModelCard)]
    assert isinstance(base, BaseModelCard)
    assert isinstance(tuned, FTModelCard)
    assert isinstance(changed, CompletionFTModelOut)
    assert (changed.name, archived.archived, restored.archived, deleted.deleted) == ("Mine", True, False, True)
    with pytest.raises(NotFoundError):
        await client.models[TUNED]()


async def test_a_file_goes_up_comes_down_and_goes_away(client: MistralClient) -> None:
    content = b'{"custom_id": "1", "body": {}}\n'
    uploaded = await client.files.post(file=("jobs.jsonl", content), purpose="batch", visibility="user")

    read = await client.files[uploaded.id]()
    found = [file async for file in client.files(search="jobs", purpose="batch", sample_type=["batch_request"])]
    link = await client.files[uploaded.id].url(expiry=1)
    downloaded = await client.files[uploaded.id].content()
    deleted = await client.files[uploaded.id].delete()

    assert (read.filename, read.bytes, downloaded) == ("jobs.jsonl", len(content), content)
    assert [file.id for file in found] == [uploaded.id]
    assert link.url.startswith("http")
    assert deleted.deleted
    with pytest.raises(NotFoundError):
        await client.files[uploaded.id].content()


async def test_a_batch_job_runs_to_its_results(client: MistralClient, server: LocalServer) -> None:
    lines = [{"custom_id": str(number), "body": {"messages": [HELLO]}} for number in range(3)]
    uploaded = await client.files.post(file=("jobs.jsonl", "\n".join(map(json.dumps, lines)).encode()), purpose="batch")
    job = await client.batch.jobs.post(
        input_files=[uploaded.id],
        endpoint="/v1/chat/completions",
        model="mistral-small-latest",
        metadata={"project": "rivers"},
    )
    await server.run_jobs()

    done = await client.batch.jobs[job.id]()
    mine = await client.batch.jobs(
        metadata={"project": "rivers"},
        status=["SUCCESS"],
        created_after=datetime(2020, 1, 1, tzinfo=UTC),
        order_by="created",
    )
    results = (await client.files[done.output_file or ""].content()).splitlines()
    removed = await client.batch.jobs[job.id].delete()

    assert (done.status, done.succeeded_requests, done.failed_requests) == ("SUCCESS", 3, 0)
    assert [each.id for each in mine.data] == [job.id]
    assert {json.loads(line)["custom_id"] for line in results} == {"0", "1", "2"}
    assert removed.deleted


async def test_a_batch_job_can_be_cancelled(client: MistralClient, server: LocalServer) -> None:
    job = await client.batch.jobs.post(
        requests=[{"custom_id": "1", "body": {"messages": [HELLO]}}],
        endpoint="/v1/chat/completions",
        model="mistral-small-latest",
    )

    cancelled = await client.batch.jobs[job.id].cancel.post()
    await server.run_jobs()
    ended = await client.batch.jobs[job.id](inline=True)

    assert cancelled.status in ("CANCELLATION_REQUESTED", "CANCELLED")
    assert ended.status == "CANCELLED"


async def test_fine_tuning_is_estimated_started_cancelled_and_done(client: MistralClient, server: LocalServer) -> None:
    file = await client.files.post(file=("train.jsonl", TRAINING), purpose="fine-tune")
    jobs = client.fine_tuning.jobs

    estimate = await jobs.post(
        model="ministral-3b-latest",
        training_files=[{"file_id": file.id}],
        hyperparameters={"training_steps": 10},
        dry_run=True,
    )
    waiting = await jobs.post(
        model="ministral-3b-latest",
        training_files=[{"file_id": file.id}],
        hyperparameters={"training_steps": 10, "learning_rate": 0.0001},
        auto_start=False,
    )
    assert isinstance(waiting.id, str)
    await server.run_jobs()
    started = await jobs[waiting.id].start.post()
    cancelled = await jobs[waiting.id].cancel.post()
    await server.run_jobs()
    ended = await jobs[waiting.id]()
    listed = [job async for job in jobs(page_size=1, created_after=datetime(2020, 1, 1, tzinfo=UTC))]

    assert estimate.details
    assert started.id == waiting.id
    assert cancelled.status in ("CANCELLATION_REQUESTED", "CANCELLED")
    assert isinstance(ended, CompletionDetailedJobOut)
    assert [job.id for job in listed] == [waiting.id]


async def test_these_tests_leave_no_operation_out() -> None:
    """Run the others against one wire, and see that every operation of the specification passed by."""
    async with LocalServer() as server:
        wire = CheckedWire(Network(Settings(base_url=server.url)))
        async with MistralClient(api_key=server.api_key, base_url=server.url, wire=wire) as client:
            await test_generation_in_all_its_forms(client)
            await test_embeddings_ocr_moderation_and_classification(client, server)
            await test_models_are_listed_read_changed_archived_and_deleted(client, server)
            await test_a_file_goes_up_comes_down_and_goes_away(client)
            await test_a_batch_job_runs_to_its_results(client, server)
            await test_a_batch_job_can_be_cancelled(client, server)
            server.reset()
            await test_fine_tuning_is_estimated_started_cancelled_and_done(client, server)

    assert wire.seen == set(operations())
