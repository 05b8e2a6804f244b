"""OCR: pages of a document as the API gives them."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from mistral_async.testing.answers.dice import Dice
from mistral_async.testing.answers.documents import read
from mistral_async.testing.answers.instances import instance
from mistral_async.testing.refusals import invalid
from mistral_async.testing.replies import Json
from mistral_async.testing.state.account import Account, Checked

_DEFAULT_MODEL = "mistral-ocr-latest"
_TABLE = re.compile(r"(?:^\|.*\|[ \t]*$\n?){2,}", re.MULTILINE)
_LINK = re.compile(r"https?://[^\s)>\]]+")
_WIDTH, _HEIGHT, _DPI = 1700, 2200, 200  # pixels of a page, and their density
_IMAGE = {"top_left_x": 300, "top_left_y": 1200, "bottom_right_x": 900, "bottom_right_y": 1600}
_IMAGE_SIDE = 400  # pixels of its shorter side
# One grey pixel: the smallest picture that a viewer shows.
_PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg=="
)
_TITLE = re.compile(r"#+ ")
_LIST = re.compile(r"([-*+]|\d+\.) ")


def ocr(account: Account, checked: Checked) -> Json:
    """``POST /v1/ocr``."""
    body = checked.body
    model = body.get("model") or _DEFAULT_MODEL
    account.models.for_use(model, "ocr")
    document = read(account, body["document"])
    wanted = [index for index in _wanted(body.get("pages"), len(document.pages)) if index < len(document.pages)]
    images = _Images(body, document.pictures)
    pages = [_page(index, document.pages[index], body, images) for index in wanted]
    text = "\n\n".join(document.pages[index] for index in wanted)
    annotation = _annotation(body.get("document_annotation_format"), text)
    return Json(
        content={
            "pages": pages,
            "model": model,
            "document_annotation": annotation,
            "usage_info": {"pages_processed": len(pages), "doc_size_bytes": document.size},
        }
    )


def _wanted(pages: str | list[int] | None, number: int) -> list[int]:
    """The indexes asked for: a list, or text such as ``0-4,7``."""
    if pages is None:
        return list(range(number))
    wanted: list[int] = []
    if isinstance(pages, list):
        wanted = pages
    else:
        for part in pages.split(","):
            first, dash, last = part.strip().partition("-")
            if not first.isdecimal() or (dash and not last.strip().isdecimal()):
                raise invalid("value_error", ["body", "pages"], "Pages are indexes and ranges, such as '0-4,7'")
            start, end = int(first), int(last) if dash else int(first)
            wanted.extend(range(start, min(end, number) + 1))
    if any(index < 0 for index in wanted):
        raise invalid("greater_than_equal", ["body", "pages"], "A page index is 0 or more")
    return sorted(set(wanted))


def _annotation(response_format: dict[str, Any] | None, text: str) -> str | None:
    """JSON by the schema that was asked for."""
    if not response_format or response_format.get("type", "text") == "text":
        return None
    named: dict[str, Any] = response_format.get("json_schema") or {}
    schema: dict[str, Any] = named.get("schema", {"type": "object"})
    return msgspec.json.encode(instance(schema, text, Dice(text.encode("utf-8", "surrogatepass")))).decode()


class _Images:
    """The pictures of a document: one on each page, as far as the request wants them."""

    def __init__(self, body: dict[str, Any], any: bool) -> None:
        limit = body.get("image_limit")
        large_enough = (body.get("image_min_size") or 0) <= _IMAGE_SIDE
        self._left: float = (float("inf") if limit is None else limit) if any and large_enough else 0
        self._format = body.get("bbox_annotation_format")
        self._with_data = bool(body.get("include_image_base64"))

    def on_page(self, index: int) -> list[dict[str, Any]]:
        if self._left <= 0:
            return []
        self._left -= 1
        id = f"img-{index}.png"
        annotation = _annotation(self._format, f"picture {id}")
        data = _PICTURE if self._with_data else None
        return [{"id": id, **_IMAGE, "image_base64": data, "image_annotation": annotation}]


def _page(index: int, markdown: str, body: dict[str, Any], images: _Images) -> dict[str, Any]:
    lines = markdown.split("\n")
    header = footer = None
    if body.get("extract_header") and len(lines) > 1:
        header, lines = lines[0], lines[1:]
    if body.get("extract_footer") and len(lines) > 1:
        footer, lines = lines[-1], lines[:-1]
    text = "\n".join(lines).strip("\n")
    pictures = images.on_page(index)
    for picture in pictures:
        text += f"\n\n![{picture['id']}]({picture['id']})"
    granularity = body.get("confidence_scores_granularity")
    text, tables = _tables(index, text, body.get("table_format"), granularity)
    return {
        "index": index,
        "markdown": text,
        "images": pictures,
        "tables": tables,
        "hyperlinks": _LINK.findall(text),
        "header": header,
        "footer": footer,
        "dimensions": {"dpi": _DPI, "height": _HEIGHT, "width": _WIDTH},
        "confidence_scores": _confidence(text, granularity),
        "blocks": _blocks(text, granularity) if body.get("include_blocks", True) else None,
    }


def _tables(index: int, text: str, form: str | None, granularity: str | None) -> tuple[str, list[dict[str, Any]]]:
    """The text without its tables, and the tables, where a form was asked for."""
    tables: list[dict[str, Any]] = []
    if form is None:
        return text, tables

    def take(match: re.Match[str]) -> str:
        id = f"tbl-{index}-{len(tables)}.{'html' if form == 'html' else 'md'}"
        source = match[0].rstrip("\n")
        content = _html(source) if form == "html" else source
        scores = _words(source) if granularity == "word" else None
        tables.append({"id": id, "content": content, "format": form, "word_confidence_scores": scores})
        return f"[{id}]({id})\n"

    return _TABLE.sub(take, text), tables


def _html(table: str) -> str:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()]
    kept = [row for row in rows if not all(set(cell) <= set("-: ") for cell in row)]
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in kept)
    return f"<table>{body}</table>"


def _sure(text: str) -> float:
    return 0.9 + Dice(text.encode("utf-8", "surrogatepass")).roll(1000) / 10_000


def _words(text: str) -> list[dict[str, Any]]:
    return [
        {"text": match[0], "confidence": _sure(match[0]), "start_index": match.start()}
        for match in re.finditer(r"\S+", text)
    ]


def _confidence(text: str, granularity: str | None) -> dict[str, Any] | None:
    if granularity is None:
        return None
    words = _words(text)
    scores = [word["confidence"] for word in words] or [1.0]
    page = {
        "average_page_confidence_score": sum(scores) / len(scores),
        "minimum_page_confidence_score": min(scores),
    }
    return page | {"word_confidence_scores": words} if granularity == "word" else page


def _blocks(text: str, granularity: str | None) -> list[dict[str, Any]]:
    """The paragraphs of a page, one below the other."""
    parts = [part for part in re.split(r"\n\s*\n", text) if part.strip()]
    step = _HEIGHT // (len(parts) + 1)
    return [_block(part, step * place, step, granularity) for place, part in enumerate(parts, 1)]


def _block(part: str, top: int, height: int, granularity: str | None) -> dict[str, Any]:
    block: dict[str, Any] = {
        "top_left_x": 100,
        "top_left_y": top - height // 2,
        "bottom_right_x": _WIDTH - 100,
        "bottom_right_y": top + height // 2,
        "content": part,
        "confidence_scores": None,
        "type": "text",
    }
    if granularity == "block":
        names = ("average_content", "minimum_content", "block_type")
        block["confidence_scores"] = {f"{name}_confidence_score": _sure(name + part) for name in names}
    if _TITLE.match(part):
        block["type"] = "title"
    elif part.startswith("!["):
        block |= {"type": "image", "image_id": part[2:].partition("]")[0]}
    elif part.startswith(("|", "[tbl-")):
        block |= {"type": "table", "table_id": part[1:].partition("]")[0] if part.startswith("[") else None}
    elif part.startswith("```"):
        block["type"] = "code"
    elif _LIST.match(part):
        block["type"] = "list"
    return block
