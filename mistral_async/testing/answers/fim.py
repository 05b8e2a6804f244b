"""Fill in the middle: code between a prompt and a suffix."""

from __future__ import annotations

import re

from mistral_async.testing.answers.completion import Choice, Completion, bounded
from mistral_async.testing.answers.dice import Dice
from mistral_async.testing.answers.tokens import count
from mistral_async.testing.replies import Reply
from mistral_async.testing.state.account import Account, Checked

_NAME = re.compile(r"[A-Za-z_]\w*")
_KEYWORDS = frozenset(
    ["def", "if", "return", "else", "for", "in", "while", "class", "import", "from", "self", "not", "and"]
)
_LINES = (
    "result = {name}",
    "if {name} is None:\n    return None",
    "for item in {name}:\n    print(item)",
    "total = sum({name})",
    "checked = bool({name})",
)


def fim(account: Account, checked: Checked) -> Reply:
    """``POST /v1/fim/completions``."""
    body = checked.body
    account.models.for_use(body["model"], "completion_fim")
    prompt, suffix = body["prompt"], body.get("suffix") or ""
    text = checked.words if checked.words is not None else _code(prompt, suffix, Dice.for_request(body))
    tokens, reason = bounded(text, body.get("stop"), body.get("max_tokens"))
    completion = Completion(
        id=account.ids.hex("completion"),
        created=account.now(),
        model=body["model"],
        prompt=prompt,
        prompt_tokens=count(prompt) + count(suffix),
        choices=[Choice(tokens=tokens, finish_reason=reason)],
    )
    return completion.reply(stream=bool(body.get("stream")))


def _code(prompt: str, suffix: str, dice: Dice) -> str:
    """A few lines that use a name of the prompt, indented as its last line is."""
    last = prompt.rpartition("\n")[2]
    indent = last[: len(last) - len(last.lstrip())]
    if last.rstrip().endswith((":", "{")):
        indent += "    "
    names = [name for name in _NAME.findall(prompt[-2000:]) if name not in _KEYWORDS] or ["value"]
    name = names[-1]
    lines = "\n".join(dice.pick(_LINES).format(name=name) for _ in range(1 + dice.roll(2)))
    if not suffix:
        lines += f"\nreturn {name}"
    return ("\n" + lines).replace("\n", "\n" + indent) if last.strip() else lines.replace("\n", "\n" + indent)
