"""The models: one GET, one table."""

from __future__ import annotations

from rich.text import Text

from mistral_async.demo.show import indented, table
from mistral_async.demo.stage import Scene, Stage

SHOWN = 20  # rows; the real API has more
ABILITIES = {
    "completion_chat": "chat",
    "function_calling": "tools",
    "vision": "vision",
    "completion_fim": "FIM",
    "ocr": "OCR",
    "moderation": "moderation",
}


async def play(stage: Stage) -> None:
    models = await stage.client.models()

    rows = table("model", "context", *ABILITIES.values())
    for column in rows.columns[2:]:
        column.justify = "center"
    rows.columns[1].justify = "right"
    seen: set[str] = set()
    for card in models.data:
        if seen.isdisjoint([card.id, *card.aliases]) and len(rows.rows) < SHOWN:
            able = (getattr(card.capabilities, name, False) is True for name in ABILITIES)
            rows.add_row(Text(card.id, "cyan"), f"{card.max_context_length:,}", *("●" if yes else "" for yes in able))
        seen.update([card.id, *card.aliases])
    stage.console.print(indented(rows))
    stage.console.print(f"  [dim]{len(models.data)} names in all, with the other names of the same models[/dim]")


MODELS = Scene(name="models", title="The models", code="models = await client.models()", play=play)
