"""Calls of functions: whether a model would make them, and with which arguments."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from mistral_async.testing.answers.dice import Dice
from mistral_async.testing.answers.instances import instance
from mistral_async.testing.state.ids import short

_WORDS = re.compile(r"[a-z0-9]+")
# Words that tell nothing of what a function does.
_COMMON = frozenset(
    ("get", "set", "the", "for", "and", "make", "do", "run", "call", "find", "list", "create", "to", "of")
)


def calls(body: dict[str, Any], question: str, dice: Dice) -> list[dict[str, Any]]:
    """The calls that answer a request; none where it is answered in words.

    A function is called when ``tool_choice`` says that one must be, or when the last message, by the user, names it.
    After the message of a tool the model speaks, so that a loop over calls comes to an end.
    """
    tools: list[dict[str, Any]] = body.get("tools") or []
    functions: list[dict[str, Any]] = [tool["function"] for tool in tools if tool.get("type", "function") == "function"]
    choice: str | dict[str, Any] = body.get("tool_choice") or "auto"
    messages = body["messages"]
    if not functions or choice == "none" or (messages and messages[-1].get("role") == "tool"):
        return []
    if isinstance(choice, dict):
        wanted: str = choice["function"]["name"]
        chosen = [function for function in functions if function["name"] == wanted]
    else:
        chosen = [function for function in functions if _named(function["name"], question)]
        if not chosen and choice in ("any", "required"):
            chosen = [dice.pick(functions)]
    if body.get("parallel_tool_calls") is False:
        chosen = chosen[:1]
    return [_call(function, question, dice, index) for index, function in enumerate(chosen)]


def _named(name: str, question: str) -> bool:
    """Whether a question clearly asks for a function: by its name, or by every telling word of the name."""
    lowered = question.lower()
    telling = [word for word in _WORDS.findall(_split(name)) if word not in _COMMON]
    said = set(_WORDS.findall(lowered))
    return name.lower() in lowered or (bool(telling) and all(word in said or word + "s" in said for word in telling))


def _split(name: str) -> str:
    """The words of a name, written as get_weather or as getWeather."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower().replace("_", " ")


def _call(function: dict[str, Any], question: str, dice: Dice, index: int) -> dict[str, Any]:
    arguments = instance({"type": "object", **function.get("parameters", {})}, question, dice)
    return {
        "id": short(dice.bytes(16 + index)[index:]),
        "type": "function",
        "function": {"name": function["name"], "arguments": msgspec.json.encode(arguments).decode()},
        "index": index,
    }
