"""A completion that has been thought out, told in one piece or token by token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mistral_async.testing.answers.tokens import logprobs, pieces, usage
from mistral_async.testing.replies import Events, Json

END = b"data: [DONE]\n\n"
_KIND = "chat.completion"  # what the API calls every completion, those of code too


@dataclass(slots=True, kw_only=True)
class Choice:
    """One of the alternative answers."""

    tokens: list[str] = field(default_factory=list[str])
    thoughts: list[str] = field(default_factory=list[str])  # tokens thought before the answer
    calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    finish_reason: str = "stop"

    @property
    def size(self) -> int:
        """Tokens."""
        called = sum(len(pieces(call["function"]["arguments"])) + 1 for call in self.calls)
        return len(self.tokens) + len(self.thoughts) + called


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    id: str
    created: int
    model: str
    prompt: str
    prompt_tokens: int
    choices: list[Choice]
    logprobs: bool = False
    top_logprobs: int | None = None
    prompt_logprobs: bool = False
    top_prompt_logprobs: int | None = None

    @property
    def usage(self) -> dict[str, int]:
        return usage(self.prompt_tokens, sum(choice.size for choice in self.choices))

    def reply(self, *, stream: bool) -> Json | Events:
        tokens = self.usage["total_tokens"]
        if stream:
            return Events(events=[*map(_event, self._chunks()), END], tokens=tokens)
        return Json(content=self._whole(), tokens=tokens)

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def _whole(self) -> dict[str, Any]:
        choices = [self._choice(index, choice) for index, choice in enumerate(self.choices)]
        return {**self._head(_KIND), "choices": choices, "usage": self.usage}

    def _choice(self, index: int, choice: Choice) -> dict[str, Any]:
        content: Any = "".join(choice.tokens)
        if choice.thoughts:
            content = [_thinking("".join(choice.thoughts)), {"type": "text", "text": content}]
        message: dict[str, Any] = {"role": "assistant", "content": content, "tool_calls": choice.calls or None}
        shown: dict[str, Any] = {"index": index, "message": message, "finish_reason": choice.finish_reason}
        if self.logprobs:
            shown["logprobs"] = logprobs(choice.tokens, self.top_logprobs)
        if self.prompt_logprobs:
            shown["prompt_logprobs"] = logprobs(pieces(self.prompt), self.top_prompt_logprobs)
        return shown

    def _chunks(self) -> Iterator[dict[str, Any]]:
        """The same, a token at a time, the choices one after the other; the last chunk brings the usage."""
        head = self._head(f"{_KIND}.chunk")
        last = len(self.choices) - 1
        for index, choice in enumerate(self.choices):
            yield {**head, "choices": [_delta(index, {"role": "assistant", "content": ""})]}
            for thought in choice.thoughts:
                yield {**head, "choices": [_delta(index, {"content": [_thinking(thought)]})]}
            for token in choice.tokens:
                delta = _delta(index, {"content": token})
                if self.logprobs:
                    delta["logprobs"] = logprobs([token], self.top_logprobs)
                yield {**head, "choices": [delta]}
            final: dict[str, Any] = {"content": ""}
            if choice.calls:
                final["tool_calls"] = choice.calls
            chunk = {**head, "choices": [_delta(index, final, choice.finish_reason)]}
            yield {**chunk, "usage": self.usage} if index == last else chunk


def _delta(index: int, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": index, "delta": delta, "finish_reason": finish_reason}


def _thinking(text: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}], "closed": True}


def _event(chunk: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(chunk) + b"\n\n"


def bounded(text: str, stop: str | list[str] | None, max_tokens: int | None) -> tuple[list[str], str]:
    """The tokens of a text up to the first stop text and up to ``max_tokens``, and why they end there."""
    stops = [stop] if isinstance(stop, str) else stop or []
    ends = [place for word in stops if word and (place := text.find(word)) >= 0]
    tokens = pieces(text[: min(ends)] if ends else text)
    if max_tokens is not None and len(tokens) > max_tokens:
        return tokens[:max_tokens], "length"
    return tokens, "stop"
