"""Uses that type checkers must accept, with the types they must find. Nothing here is run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import assert_type

from msgspec import UNSET, UnsetType

from mistral_async import Call, DownloadCall, MistralClient, PagedCall, Raw, StreamingCall, Timeout, Vector
from mistral_async.models import (
    AssistantMessage,
    BaseModelCard,
    BatchJobOut,
    BatchJobsOut,
    ChatCompletionRequest,
    ChatCompletionResponse,
    CompletionEvent,
    DeltaMessage,
    EmbeddingResponse,
    EmbeddingResponseData,
    FileSchema,
    FTModelCard,
    ListFilesOut,
    ModelList,
    SystemMessage,
    TextChunk,
    ToolCall,
    UploadFileOut,
    UserMessage,
)
from mistral_async.params import ChatCompletionParams, UserMessageDict


async def chat(client: MistralClient) -> None:
    call = client.chat.completions.post(model="m", messages=[{"role": "user", "content": "hello"}])
    assert_type(call, StreamingCall[ChatCompletionResponse, CompletionEvent])
    reply = await call
    assert_type(reply, ChatCompletionResponse)
    assert_type(reply.choices[0].message, AssistantMessage)
    assert_type(reply.usage.total_tokens, int)
    for tool_call in reply.choices[0].message.tool_calls or []:
        assert_type(tool_call, ToolCall)
        assert_type(tool_call.function.name, str)

    async for event in client.chat.completions.post(model="m", messages=[UserMessage(content="hello")]):
        assert_type(event, CompletionEvent)
        assert_type(event.data.choices[0].delta, DeltaMessage)

    async with client.chat.completions.post(model="m", messages=[]).stream() as events:
        assert_type([event async for event in events], list[CompletionEvent])


async def every_form_of_a_message(client: MistralClient, history: list[UserMessage], told: UserMessageDict) -> None:
    reply = await client.chat.completions.post(
        model="m",
        messages=[
            SystemMessage(content="Be brief."),
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": [{"type": "text", "text": "What is this?"}, TextChunk(text="?")]},
            {"role": "user", "content": [{"type": "image_url", "image_url": "https://example.com/a.png"}]},
            AssistantMessage(content="hello"),
            {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "content": "21 C", "tool_call_id": "1"},
            told,
        ],
        temperature=0.3,
        max_tokens=None,
        stop=["\n"],
        random_seed=UNSET,
        tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        tool_choice="auto",
        response_format={"type": "json_object"},
    )
    await client.chat.completions.post(model="m", messages=[*history, reply.choices[0].message])


async def a_whole_request(client: MistralClient) -> None:
    request = ChatCompletionRequest(model="m", messages=[UserMessage(content="hello")], temperature=0.1)
    assert_type(await client.chat.completions.post(request), ChatCompletionResponse)
    params: ChatCompletionParams = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    assert_type(await client.chat.completions.post(**params), ChatCompletionResponse)


async def lists_and_items(client: MistralClient) -> None:
    assert_type(await client.models(), ModelList)
    card = await client.models["m"]()
    assert_type(card, BaseModelCard | FTModelCard)
    assert_type(card.id, str)

    files = client.files(purpose="batch", page_size=10, sample_type=["batch_request"])
    assert_type(files, PagedCall[ListFilesOut, FileSchema])
    assert_type(await files, ListFilesOut)
    async for file in client.files():
        assert_type(file, FileSchema)
        assert_type(file.bytes, int)

    jobs = await client.batch.jobs(status=["RUNNING"], created_after=datetime.now(), metadata={"project": "x"})
    assert_type(jobs, BatchJobsOut)
    job = await client.batch.jobs["id"].cancel.post()
    assert_type(job, BatchJobOut)
    assert_type(job.output_file, str | UnsetType | None)
    if job.output_file:
        assert_type(job.output_file, str)


async def files(client: MistralClient, opened: AsyncIterator[bytes], path: Path) -> None:
    assert_type(await client.files.post(file=path), UploadFileOut)
    await client.files.post(file=b"content", purpose="batch")
    await client.files.post(file=opened)
    await client.files.post(file=("a.jsonl", b"content"))
    await client.files.post(file=("a.jsonl", opened, "application/jsonl"), visibility="user")
    with path.open("rb") as file:
        await client.files.post(file=file)

    download = client.files["id"].content()
    assert_type(download, DownloadCall)
    assert_type(await download, bytes)
    assert_type(await client.files["id"].content().save(path), Path)
    async for chunk in client.files["id"].content():
        assert_type(chunk, bytes)


async def embeddings(client: MistralClient, query: Sequence[float]) -> None:
    answer = await client.embeddings.post(model="m", input="a", encoding_format="base64")
    vector = answer.data[0].embedding
    numbers: Sequence[float] = vector
    assert_type(vector[0], float)
    assert_type(list(vector), list[float])
    assert_type(vector[:2], list[float] | Vector)
    assert_type(vector == query, bool)
    if isinstance(vector, Vector):
        assert_type(vector.packed, bytes)
        assert_type(list(vector), list[float])
        assert_type(vector[1:], Vector)
    else:
        assert_type(vector, list[float])
    EmbeddingResponseData(object="embedding", embedding=vector, index=0)
    EmbeddingResponseData(object="embedding", embedding=[0.5, 1], index=len(numbers))
    answer.data[0].embedding = [0.5]


async def calls_are_values(client: MistralClient) -> None:
    call = client.embeddings.post(model="m", input=["a", "b"])
    assert_type(call, Call[EmbeddingResponse])
    assert_type(await call.options(timeout=3, headers={"x": "y"}, extra_body={"new": 1}), EmbeddingResponse)
    raw = await client.models().raw()
    assert_type(raw, Raw[ModelList])
    assert_type(raw.decode(), ModelList)
    assert_type(raw.body, bytes)
    stream = client.chat.completions.post(model="m", messages=[]).options(timeout=Timeout(read=1))
    assert_type(stream, StreamingCall[ChatCompletionResponse, CompletionEvent])

    task = asyncio.create_task(client.models())
    assert_type(task, asyncio.Task[ModelList])
    one, two = await asyncio.gather(client.models(), client.files["id"]())
    assert_type(one, ModelList)
    assert_type(two.id, str)
    assert_type(await asyncio.wait_for(client.models(), 1), ModelList)
    async with asyncio.TaskGroup() as group:
        assert_type(group.create_task(client.models()), asyncio.Task[ModelList])
