"""Texts as vectors, and how near they are to one another."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mistral_async.demo.show import indented, meter, table
from mistral_async.demo.stage import EMBEDDING_MODEL, Scene, Stage

TEXTS = (
    "The ferry leaves the harbour at noon.",
    "At noon the ferry leaves.",
    "The ferry is late.",
    "Add the flour, then stir.",
)


async def play(stage: Stage) -> None:
    answer = await stage.client.embeddings.post(model=EMBEDDING_MODEL, input=TEXTS)

    vectors = [item.embedding for item in answer.data]
    rows = table("text", "dimensions", "nearness to the first")
    rows.columns[1].justify = "right"
    for text, vector in zip(TEXTS, vectors, strict=True):
        nearness = cosine(vectors[0], vector)
        rows.add_row(text, f"{len(vector):,}", meter(nearness).append(f" {nearness:.3f}"))
    stage.console.print(indented(rows))


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """1 for the same direction, 0 for a right angle."""
    lengths = math.hypot(*a) * math.hypot(*b)
    return math.fsum(x * y for x, y in zip(a, b, strict=True)) / lengths if lengths else 0.0


EMBEDDINGS = Scene(
    name="embeddings",
    title="Embeddings",
    code=f'answer = await client.embeddings.post(model="{EMBEDDING_MODEL}", input=texts)',
    play=play,
)
