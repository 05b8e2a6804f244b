"""The answer to an upload."""

from __future__ import annotations

import msgspec


class File(msgspec.Struct):
    id: str
    object: str
    bytes: int
    created_at: int
    filename: str
    purpose: str
    sample_type: str
    source: str
    num_lines: int | None = None
    mimetype: str | None = None
    signature: str | None = None
    expires_at: int | None = None
    visibility: str | None = None
