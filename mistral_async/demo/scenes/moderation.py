"""What a text is flagged for."""

from __future__ import annotations

from mistral_async.demo.show import indented, meter, table
from mistral_async.demo.stage import MODERATION_MODEL, Scene, Stage

TEXTS = (
    "How do I prune an apple tree?",
    "Is it wise to invest in stocks?",
    "Stay away, or I will attack you.",
)


async def play(stage: Stage) -> None:
    answer = await stage.client.moderations.post(model=MODERATION_MODEL, input=TEXTS)

    rows = table("text", "flagged as", "highest score")
    for text, result in zip(TEXTS, answer.results, strict=True):
        flags = [name for name, flagged in result.categories.items() if flagged]
        score = max(result.category_scores.values())
        verdict = f"[red]{', '.join(flags)}[/red]" if flags else "[green]nothing[/green]"
        rows.add_row(text, verdict, meter(score, style="red" if flags else "green").append(f" {score:.3f}"))
    stage.console.print(indented(rows))


MODERATION = Scene(
    name="moderation",
    title="Moderation",
    code=f'''\
answer = await client.moderations.post(
    model="{MODERATION_MODEL}",
    input=texts,
)''',
    play=play,
)
