"""The README's Python: ``python -m tests.readme_code DIR`` writes each whole example to a file of its own."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def blocks() -> list[str]:
    """Every block of Python, in order."""
    return re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)


def main(directory: Path) -> None:
    """Write the blocks that stand alone: those that import what they use."""
    directory.mkdir(parents=True, exist_ok=True)
    for number, source in enumerate(blocks()):
        if "import " in source:
            (directory / f"example_{number}.py").write_text(source, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
