"""The pages of a document: its own text where it is text, made-up text where it is not."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from mistral_async.testing.answers.dice import Dice
from mistral_async.testing.refusals import bad_request
from mistral_async.testing.state.account import Account

LARGEST = 50 * 1024 * 1024  # bytes of a document
MOST_PAGES = 1000
_LINES = 40  # of a page
_TOPICS = ("Invoice", "Minutes", "Report", "Letter", "Contract", "Manual")
_ITEMS = ("Widget", "Gadget", "Bolt", "Bracket", "Hinge", "Spring")


@dataclass(frozen=True, slots=True)
class Document:
    pages: tuple[str, ...]  # Markdown
    size: int | None  # bytes, where they are known
    pictures: bool  # whether a page shows a picture besides its text


def read(account: Account, document: dict[str, Any]) -> Document:
    """The document that a request means. Raises a 404 for an unknown file, a 400 for one that cannot be read."""
    match document.get("type"):
        case "file":
            file = account.files.get(document["file_id"])
            if file.content.size > LARGEST:
                raise bad_request(f"The document is larger than {LARGEST} bytes.", param="document")
            return _from_bytes(file.content.head(LARGEST), file.filename)
        case "image_url":
            image = document["image_url"]
            url: str = image if isinstance(image, str) else image["url"]
            return _from_url(url, "image", one_page=True)
        case _:
            url = document["document_url"]
            return _from_url(url, document.get("document_name") or "document")


def _from_url(url: str, name: str, *, one_page: bool = False) -> Document:
    if url.startswith("data:"):
        return _from_bytes(_data(url), name, one_page=one_page)
    path = urlsplit(url).path
    title = unquote(path.rpartition("/")[2]) or name
    return Document(_made_up(title, url.encode("utf-8", "surrogatepass"), one_page=one_page), None, pictures=True)


def _data(url: str) -> bytes:
    """Source: RFC 2397."""
    head, _, data = url.partition(",")
    if not head.endswith(";base64"):
        return unquote_to_bytes(data)
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise bad_request("The document is not valid base64.", "3740", "document") from None


def _from_bytes(data: bytes, name: str, *, one_page: bool = False) -> Document:
    if not data:
        raise bad_request("The document is empty.", "3740", "document")
    try:
        text = data.decode() if b"\0" not in data else None
    except UnicodeDecodeError:
        text = None
    if text is None or text.startswith("%PDF-"):
        return Document(_made_up(name, data, one_page=one_page), len(data), pictures=True)
    pages = tuple(page for part in text.split("\f") for page in _split(part))
    if len(pages) > MOST_PAGES:
        raise bad_request(f"The document has {len(pages)} pages; at most {MOST_PAGES} can be read.", param="document")
    return Document(pages, len(data), pictures=False)


def _split(text: str) -> list[str]:
    lines = text.splitlines()
    return ["\n".join(lines[start : start + _LINES]) for start in range(0, max(1, len(lines)), _LINES)]


def _made_up(title: str, key: bytes, *, one_page: bool) -> tuple[str, ...]:
    dice = Dice(key)
    topic = dice.pick(_TOPICS)
    number = 1000 + dice.roll(9000)
    return tuple(_page(title, topic, number, page, dice) for page in range(1, 2 if one_page else 3 + dice.roll(3)))


def _page(title: str, topic: str, number: int, page: int, dice: Dice) -> str:
    rows = "\n".join(
        f"| {dice.pick(_ITEMS)} {chr(65 + dice.roll(26))} | {1 + dice.roll(9)} | {10 + dice.roll(990)}.00 |"
        for _ in range(1 + dice.roll(3))
    )
    return (
        f"# {topic} {number}, page {page}\n\n"
        f"Read from {title} by a local server, which has not looked at it.\n\n"
        f"| Item | Quantity | Price |\n| --- | --- | --- |\n{rows}"
    )
