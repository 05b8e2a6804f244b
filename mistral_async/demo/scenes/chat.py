"""One question, one answer."""

from __future__ import annotations

from rich.text import Text

from mistral_async.demo.show import indented
from mistral_async.demo.stage import CHAT_MODEL, Scene, Stage
from mistral_async.demo.text import text_of

QUESTION = "Why does bread rise?"


async def play(stage: Stage) -> None:
    reply = await stage.client.chat.completions.post(
        model=CHAT_MODEL,
        messages=[{"role": "user", "content": QUESTION}],
        max_tokens=120,
    )

    answer = text_of(reply.choices[0].message.content)
    usage = reply.usage
    stage.console.print(indented(Text(answer)))
    stage.console.print(f"  [dim]{usage.prompt_tokens} tokens in, {usage.completion_tokens} out[/dim]")


CHAT = Scene(
    name="chat",
    title="A chat answer",
    code=f'''\
reply = await client.chat.completions.post(
    model="{CHAT_MODEL}",
    messages=[
        {{"role": "user", "content": "{QUESTION}"}},
    ],
)''',
    play=play,
)
