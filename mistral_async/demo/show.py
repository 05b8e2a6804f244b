"""How the demo looks: headings, tables, bars, and the line at the end."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from mistral_async.demo.stage import Scene


def opening(console: Console, where: str, *, live: bool) -> None:
    console.print()
    console.print(f"[bold]mistral_async[/bold]: a demo against {escape(where)}")
    if live:
        console.print("[dim]It costs about a thousand tokens, and leaves nothing behind.[/dim]")
    else:
        console.print("[dim]Its answers are made up; requests, sockets and waiting are real.[/dim]")


def heading(console: Console, number: int, scene: Scene) -> None:
    console.print()
    console.print(Rule(f"[bold]{number}  {escape(scene.title)}[/bold]", align="left", style="bright_black"))
    code = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(scene.code)
    code.rstrip()
    console.print(indented(code))
    console.print()


def indented(shown: RenderableType) -> Padding:
    """Two columns to the right, as everything below a heading is."""
    return Padding(shown, (0, 0, 0, 2), expand=False)


def table(*headers: str) -> Table:
    """A table without lines."""
    return Table(*headers, box=None, padding=(0, 2, 0, 0), header_style="bold")


def skipped(console: Console, reason: str) -> None:
    console.print(indented(f"[yellow]left out:[/yellow] {escape(reason)}"))


def failed(console: Console, error: Exception) -> None:
    """Say what went wrong, in the error's own words."""
    said = f": {error}" if str(error) else ""
    console.print(indented(Text.assemble(("failed: ", "bold red"), (type(error).__name__, "bold"), said)))


def summary(console: Console, played: int, failures: int, seconds: float) -> None:
    console.print()
    console.print(Rule(style="bright_black"))
    verdict = f"[bold red]{failures} failed[/bold red]" if failures else "[bold green]none failed[/bold green]"
    console.print(f"{played} scene{'s' if played != 1 else ''} in {seconds:.1f} s, {verdict}")


def meter(share: float, width: int = 10, *, style: str = "cyan") -> Text:
    """A share from 0 to 1 as a bar of characters."""
    full = round(max(0.0, min(1.0, share)) * width)
    return Text.assemble(("█" * full, style), ("░" * (width - full), "bright_black"))


def shorten(text: str, length: int) -> str:
    """The text on one line, cut to a number of characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"
