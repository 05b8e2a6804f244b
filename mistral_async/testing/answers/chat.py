"""Chat: what the server says to a list of messages."""

from __future__ import annotations

from typing import Any

import msgspec

from mistral_async.testing.answers.completion import Choice, Completion, bounded
from mistral_async.testing.answers.dice import Dice
from mistral_async.testing.answers.instances import instance
from mistral_async.testing.answers.tokens import count, pieces
from mistral_async.testing.answers.tools import calls
from mistral_async.testing.answers.writing import answer, quote, text_of
from mistral_async.testing.replies import Reply
from mistral_async.testing.state.account import Account, Checked

_PER_MESSAGE = 4  # tokens that the frame of a message costs
_PER_IMAGE = 256  # tokens of an image
_DEFAULT_AGENT_MODEL = "mistral-large-latest"
_LONGEST = 8192  # tokens that min_tokens can make an answer long
_MOST_CHOICES = 32  # n is not limited by the schema; more would only be a way to fill the memory


def chat(account: Account, checked: Checked) -> Reply:
    """``POST /v1/chat/completions``."""
    model = checked.body["model"]
    account.models.for_use(model, "completion_chat")
    return _complete(account, checked.body, model, checked.words)


def agent(account: Account, checked: Checked) -> Reply:
    """``POST /v1/agents/completions``."""
    model = account.agent_model(checked.body["agent_id"]) or _DEFAULT_AGENT_MODEL
    return _complete(account, checked.body, model, checked.words)


def _complete(account: Account, body: dict[str, Any], model: str, words: str | None) -> Reply:
    messages: list[dict[str, Any]] = body["messages"]
    prompt = "\n".join(text_of(message.get("content")) for message in messages)
    number = min(body.get("n") or 1, _MOST_CHOICES)
    reasoning = body.get("prompt_mode") == "reasoning"
    completion = Completion(
        id=account.ids.hex("completion"),
        created=account.now(),
        model=model,
        prompt=prompt,
        prompt_tokens=_prompt_tokens(prompt, messages, body.get("tools")),
        choices=[_choice(body, messages, words, reasoning, turn) for turn in range(number)],
        logprobs=bool(body.get("logprobs")),
        top_logprobs=body.get("top_logprobs"),
        prompt_logprobs=bool(body.get("prompt_logprobs")),
        top_prompt_logprobs=body.get("top_prompt_logprobs"),
    )
    return completion.reply(stream=bool(body.get("stream")))


def _choice(
    body: dict[str, Any], messages: list[dict[str, Any]], words: str | None, reasoning: bool, turn: int
) -> Choice:
    dice = Dice.for_request(body, turn)
    question = _question(messages)
    if words is None and (called := calls(body, question, dice)):
        return Choice(calls=called, finish_reason="tool_calls")
    text = words if words is not None else _text(body, messages, question, dice)
    tokens, reason = bounded(text, body.get("stop"), body.get("max_tokens"))
    thoughts = pieces(f"The question is “{quote(question)}”. I shall answer it briefly.") if reasoning else []
    return Choice(tokens=tokens, thoughts=thoughts, finish_reason=reason)


def _text(body: dict[str, Any], messages: list[dict[str, Any]], question: str, dice: Dice) -> str:
    response_format: dict[str, Any] = body.get("response_format") or {}
    match response_format.get("type", "text"):
        case "json_object":
            return msgspec.json.encode({"answer": answer(question, dice)}).decode()
        case "json_schema":
            named: dict[str, Any] = response_format.get("json_schema") or {}
            schema: dict[str, Any] = named.get("schema", {})
            return msgspec.json.encode(instance(schema, question, dice)).decode()
        case _:
            pass
    last = messages[-1] if messages else {}
    if last.get("role") == "tool":
        return f"The tool {last.get('name') or 'that was called'} says: {text_of(last.get('content'))}"
    text = answer(question, dice, min(body.get("min_tokens") or 0, _LONGEST))
    if last.get("role") == "assistant" and last.get("prefix"):
        return f"{text_of(last.get('content'))} {text}"
    return text


def _question(messages: list[dict[str, Any]]) -> str:
    """What the user said last; without a user, what anyone said last."""
    spoken = [message for message in messages if message.get("role") == "user"] or messages
    return text_of(spoken[-1].get("content")) if spoken else ""


def _prompt_tokens(prompt: str, messages: list[dict[str, Any]], tools: Any) -> int:
    images = sum(
        1
        for message in messages
        if isinstance(content := message.get("content"), list)
        for chunk in content  # pyright: ignore[reportUnknownVariableType]
        if chunk.get("type") == "image_url"  # pyright: ignore[reportUnknownMemberType]
    )
    described = count(msgspec.json.encode(tools).decode()) if tools else 0
    return count(prompt) + _PER_MESSAGE * len(messages) + _PER_IMAGE * images + described
