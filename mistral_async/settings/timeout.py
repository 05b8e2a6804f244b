"""How long a call may take."""

from __future__ import annotations

import msgspec

from mistral_async.settings.values import check_seconds


class Timeout(msgspec.Struct, frozen=True, kw_only=True):
    """How long a call may take, in seconds; None is without limit. Zero and less are refused with ``ValueError``."""

    connect: float | None = 30.0  # until a connection is there
    read: float | None = 30.0  # without a byte from the server, the head of the response included
    total: float | None = None  # from sending to the last byte of the body, retries and waits included

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            check_seconds(f"timeout: {name}", getattr(self, name), none=True)
