"""The demo: what the SDK does, shown on a screen. ``mistral-async demo``, or ``python -m mistral_async.demo``."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo and return its exit code: 0, 1 if a scene failed, 2 if it could not begin, 130 if interrupted."""
    try:
        from mistral_async.demo.app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "rich":
            raise
        print("the demo needs the package rich: python -m pip install 'mistral-async[cli]'", file=sys.stderr)
        return 2
    return run(argv)
