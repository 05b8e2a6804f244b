"""Memory for the pieces of bodies is taken once."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# The threshold as it is after what is usual, and then pieces of which there is more at once than that.
PIECES = """
import resource
from mistral_async.wire.memory import keep_pieces

bytes(200 * 1024)
if {kept}:
    keep_pieces()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(200):
    pieces = [b"x" * 120_000 for _ in range(8)]
    del pieces
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*, kept: bool) -> int:
    """How many pages the system had to map for the pieces."""
    program = PIECES.format(kept=kept)
    return int(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries keep memory in their own ways")
def test_what_pieces_take_is_kept_for_the_next() -> None:
    assert faults(kept=True) < faults(kept=False) / 10
