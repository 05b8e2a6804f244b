"""The same call, read while it is being written."""

from __future__ import annotations

import time

from rich.live import Live
from rich.text import Text

from mistral_async.demo.scenes.chat import QUESTION
from mistral_async.demo.show import indented
from mistral_async.demo.stage import CHAT_MODEL, Scene, SceneFailed, Stage
from mistral_async.demo.text import text_of


async def play(stage: Stage) -> None:
    call = stage.client.chat.completions.post(
        model=CHAT_MODEL,
        messages=[{"role": "user", "content": QUESTION}],
        max_tokens=120,
    )

    shown = Text()
    began, first, events = time.monotonic(), None, 0
    with Live(indented(shown), console=stage.console, refresh_per_second=20):
        async for event in call:
            for choice in event.data.choices:
                shown.append(text_of(choice.delta.content))
            first = first or time.monotonic()
            events += 1

    if not stage.console.is_terminal:
        stage.console.print()  # which rich leaves to us: the text was written once, at the end, without a line feed
    if first is None:
        raise SceneFailed("the stream ended before its first event")
    seconds, wait = time.monotonic() - began, (first - began) * 1000
    stage.console.print(f"  [dim]{events} events in {seconds:.1f} s, the first after {wait:.0f} ms[/dim]")


STREAM = Scene(
    name="stream",
    title="The same, streamed",
    code="""\
call = client.chat.completions.post(...)  # the same call as above
async for event in call:  # iterating it is what asks for a stream
    print(event.data.choices[0].delta.content, end="")""",
    play=play,
)
