"""What this process has used: CPU, and memory at its peak. Source: proc_pid_status(5) and proc_pid_clear_refs(5)."""

from __future__ import annotations

import re
from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")


def resident() -> int:
    """Bytes of memory that the process has now."""
    return _kibibytes("VmRSS") * 1024


def peak() -> int:
    """The most bytes that it has had since it began, or since ``forget_peak``.

    Not ``ru_maxrss``: a process inherits that from the one that started it.
    """
    return _kibibytes("VmHWM") * 1024


def forget_peak() -> None:
    """Let the peak be what the process has now."""
    CLEAR_REFS.write_text("5")


def _kibibytes(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", STATUS.read_text("ascii"), re.MULTILINE)
    if found is None:
        raise OSError(f"{STATUS} does not say {name}: the benchmarks need Linux")
    return int(found[1])
