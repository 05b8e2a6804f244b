"""What every contender can be asked for, and what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

KEY = "benchmark"  # nobody checks it
QUESTION = "What is the capital of France? Answer in one word."
TEXTS = [f"Text {number}: rivers are made of water, and of what the water carries." for number in range(64)]
FILE_ID = "00edaf84-95b0-45db-8f83-f71138491f23"
EMBEDDING_MODEL = "mistral-embed"
Encoding: TypeAlias = Literal["float", "base64"]


class Contender(Protocol):
    """A client with its connections. Each method makes one call and reads what it returns from the decoded answer.

    A contender is made with the server's URL and, for https, the path of the certificate to trust.
    """

    async def chat(self, model: str) -> str:
        """The text of the answer."""
        ...

    async def events(self, model: str) -> int:
        """Stream; the number of events that held text."""
        ...

    async def embeddings(self, encoding: Encoding) -> Sequence[Sequence[float]]:
        """The vectors, as numbers that can be used."""
        ...

    async def models(self) -> Sequence[object]:
        """The items of the list."""
        ...

    async def upload(self, path: Path) -> int:
        """Bytes that the server says it has got."""
        ...

    async def download(self) -> int:
        """Bytes that came, piece by piece."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...
