"""The first bytes of a connection without TLS: which HTTP they are.

Source: RFC 9113 section 3.3 (prior knowledge).
"""

from __future__ import annotations

from benchmarks.server.connection import Connection
from benchmarks.server.frames import PREFACE
from benchmarks.server.http1 import Http1
from benchmarks.server.http2 import Http2
from benchmarks.server.state import Shared


class Opening:
    """Takes the bytes until they tell."""

    def __init__(self, connection: Connection, shared: Shared) -> None:
        self.bulk = False
        self._connection = connection
        self._shared = shared
        self._data = b""

    def receive(self, data: bytes | memoryview, /) -> None:
        self._data += data
        if PREFACE.startswith(self._data[: len(PREFACE)]):
            if len(self._data) < 3:
                return
            self._connection.talk = Http2(self._connection, self._shared)
        else:
            self._connection.talk = Http1(self._connection, self._shared)
        self._connection.talk.receive(self._data)

    def more(self) -> bool:
        return False

    def lost(self) -> None:
        pass
