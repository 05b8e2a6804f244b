"""The works, each over the connections that it is measured over, and who does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Metric: TypeAlias = Literal["cpu", "wall", "growth", "held"]
CONTENDERS = ("aiohttp", "floor", "openai", "mistralai", "ours-h1", "ours-h2")
YARDSTICK = "aiohttp"
ALL = ("aiohttp", "floor", "openai", "mistralai", "ours-h1")
PAIR = ("aiohttp", "ours-h2")


@dataclass(frozen=True)
class Cell:
    """What is measured in a process of its own."""

    contender: str
    work: str
    tls: bool


@dataclass(frozen=True)
class Row:
    """One work over one kind of connection, done by those who can do it."""

    work: str
    title: str
    unit: str
    contenders: tuple[str, ...]
    tls: bool = False
    yardstick: str | None = None  # the work that the yardstick does, where it is another

    @property
    def name(self) -> str:
        return f"{self.work}-tls" if self.tls else self.work

    @property
    def connection(self) -> str:
        """In words."""
        return "TLS" if self.tls else "plain"

    @property
    def ours(self) -> str:
        """Which of ours does it."""
        return "ours-h2" if self.tls else "ours-h1"

    @property
    def base(self) -> Cell:
        """The cell that is 1.00."""
        return Cell(YARDSTICK, self.yardstick or self.work, self.tls)

    def cells(self) -> tuple[Cell, ...]:
        return tuple(Cell(contender, self.work, self.tls) for contender in self.contenders)


def _both(
    work: str, title: str, unit: str, contenders: tuple[str, ...] = ALL, yardstick: str | None = None
) -> list[Row]:
    """Over plain connections by all who can; over TLS by the yardstick and by ours, which speaks HTTP/2 then."""
    plain = Row(work, title, unit, contenders, yardstick=yardstick)
    return [plain, Row(work, title, unit, PAIR, tls=True, yardstick=yardstick)]


CHAT_64 = "small chat call, 64 at a time"

ROWS: tuple[Row, ...] = (
    Row("chat-1", "small chat call, one at a time", "call", ALL),
    Row("chat-64", CHAT_64, "call", ALL),
    Row("chat-64", CHAT_64, "call", ("aiohttp", "floor", "openai", "mistralai", "ours-h2"), tls=True),
    *_both("bulk", "500 streamed events, all at once", "event"),
    *_both("live", "streams at a live pace, 32 at once", "event"),
    *_both("embeddings", "embeddings, 64 × 1,024 floats", "call"),
    # mistralai can ask for base64, and cannot read the answer.
    *_both("base64", "the same vectors, as base64", "call", ("aiohttp", "floor", "openai", "ours-h1"), "embeddings"),
    *_both("list", "list of 1,000 items", "call"),
    *_both("upload", "200 MB up", "file"),
    *_both("download", "200 MB down", "file"),
    *_both("held", "1,000 calls, each held for 2 s", "call"),
    Row("import", "import", "import", ("aiohttp", "openai", "mistralai", "ours-h1")),
    *_both("start", "process start to first answer", "start"),
)
BY_NAME = {row.name: row for row in ROWS}
