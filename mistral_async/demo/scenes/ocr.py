"""A document as Markdown."""

from __future__ import annotations

from rich.markdown import Markdown
from rich.panel import Panel

from mistral_async.demo.show import indented
from mistral_async.demo.stage import OCR_MODEL, Scene, Stage

DOCUMENT = "https://example.com/report.pdf"
WIDTH = 64  # columns that a page takes on the screen


async def play(stage: Stage) -> None:
    answer = await stage.client.ocr.post(
        model=OCR_MODEL,
        document={"type": "document_url", "document_url": DOCUMENT},
        pages=[0],
    )

    for page in answer.pages:
        paper = Panel(Markdown(page.markdown), title=f"page {page.index + 1}", border_style="bright_black", width=WIDTH)
        stage.console.print(indented(paper))
    read = answer.usage_info.pages_processed
    stage.console.print(f"  [dim]{read} page{'s' if read != 1 else ''} read by {answer.model}[/dim]")


OCR = Scene(
    name="ocr",
    title="OCR",
    code=f'''\
answer = await client.ocr.post(
    model="{OCR_MODEL}",
    document={{
        "type": "document_url",
        "document_url": "{DOCUMENT}",
    }},
    pages=[0],
)''',
    play=play,
    not_live="every page costs",
)
