"""The imports of a generated module, collected while its source is written."""

from __future__ import annotations

from collections.abc import Iterable


class Imports:
    """Gives out names and remembers where they come from.

    A name that the module defines itself, or has from elsewhere, is imported under another name.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._modules: set[str] = set()
        self._names: dict[tuple[str, str], str] = {}
        self._taken = set(taken)
        self._running: Imports | None = None

    def for_checkers(self) -> Imports:
        """The imports of the same module that only checkers see; what is not ours is imported for all."""
        checked = Imports()
        checked._taken, checked._running = self._taken, self
        return checked

    def module(self, name: str) -> str:
        """Import a module as it is."""
        self._modules.add(name)
        return name

    def name(self, module: str, name: str) -> str:
        """Import a name, and say what it is called here."""
        if self._running is not None and not module.startswith("mistral_async"):
            return self._running.name(module, name)
        if (module, name) not in self._names:
            local = name
            while local in self._taken:
                local += "_"
            self._taken.add(local)
            self._names[module, name] = local
        return self._names[module, name]

    def render(self, indent: str = "") -> str:
        """The import statements, one a line, the isort of ruff does the rest."""
        lines = [f"import {module}" for module in sorted(self._modules)]
        for (module, name), local in sorted(self._names.items()):
            lines.append(f"from {module} import {name}" + ("" if local == name else f" as {local}"))
        return "".join(f"{indent}{line}\n" for line in lines)

    def __bool__(self) -> bool:
        return bool(self._modules or self._names)
