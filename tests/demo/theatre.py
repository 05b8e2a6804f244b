"""Plays scenes to a screen that can be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from io import StringIO
from pathlib import Path

from rich.console import Console

from mistral_async import MistralClient
from mistral_async.demo.app import perform
from mistral_async.demo.scenes import SCENES
from mistral_async.demo.stage import Stage
from mistral_async.testing import LocalServer


@dataclass
class Theatre:
    """Plays scenes and returns what stood on the screen."""

    server: LocalServer
    client: MistralClient
    prompts: Path | None = None
    failures: int = 0
    lines: list[str] = field(default_factory=list[str])

    async def play(
        self, *names: str, width: int = 100, live: bool = False, at_once: int = 8, terminal: bool = False
    ) -> str:
        screen = StringIO()
        stage = Stage(
            client=self.client,
            console=Console(file=screen, width=width, highlight=False, force_terminal=terminal),
            prompts=self.prompts or files("mistral_async.demo") / "prompts.jsonl",
            at_once=at_once,
            live=live,
        )
        self.failures = await perform(stage, [scene for scene in SCENES if not names or scene.name in names])
        self.lines = [line.rstrip() for line in screen.getvalue().splitlines()]
        return " ".join(screen.getvalue().split())
