"""The answer to a chat call, whole or streamed."""

from __future__ import annotations

from typing import Any

import msgspec


class Usage(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ToolFunction(msgspec.Struct):
    name: str
    arguments: str


class ToolCall(msgspec.Struct):
    id: str
    function: ToolFunction
    type: str = "function"
    index: int = 0


class Message(msgspec.Struct):
    role: str
    content: str
    tool_calls: list[ToolCall] | None = None
    prefix: bool = False


class Logprobs(msgspec.Struct):
    content: list[dict[str, Any]]


class Choice(msgspec.Struct):
    index: int
    message: Message
    finish_reason: str
    logprobs: Logprobs | None = None


class Completion(msgspec.Struct):
    id: str
    object: str
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


class Delta(msgspec.Struct):
    role: str | None = None
    content: str | None = None
    tool_calls: list[ToolCall] | None = None


class ChunkChoice(msgspec.Struct):
    index: int
    delta: Delta
    finish_reason: str | None = None
    logprobs: Logprobs | None = None


class Chunk(msgspec.Struct):
    id: str
    object: str
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: Usage | None = None
