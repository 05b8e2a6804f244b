"""What one process that did one work has used."""

from __future__ import annotations

import msgspec


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """Of one cell, in one round. What could not be measured is None."""

    units: int  # calls, events, files ...
    cpu: float  # seconds of user and system time for a unit, threads included
    wall: float  # seconds for a unit; where calls are made at once, less than a call takes
    peak: int | None = None  # bytes of memory, the interpreter and all imports included
    growth: int | None = None  # bytes by which the peak was above what the process had before
    held: int | None = None  # calls that the server held at the same moment
    server: float | None = None  # seconds of the server's CPU for a unit
