"""One request over HTTP/2, while it is under way."""

from __future__ import annotations

from benchmarks.server.answers import BLOCK, DOWNLOADED, Answer
from benchmarks.server.live import Live
from benchmarks.server.multipart import Upload
from benchmarks.server.routes import Route


class Stream:
    __slots__ = ("content", "held", "id", "live", "received", "route", "source", "unsent", "upload", "window")

    def __init__(self, stream_id: int, route: Route, window: int) -> None:
        self.id = stream_id
        self.route = route
        self.window = window  # bytes that the client takes on it
        self.content: bytearray | None = None  # of a request that comes in more than one frame
        self.upload: Upload | None = None
        self.received = 0  # bytes since the client was last given credit
        self.held = False
        self.live: Live | None = None
        self.source = memoryview(b"")  # what is sent, again and again until nothing is unsent
        self.unsent = 0  # bytes

    def begin(self, answer: Answer) -> None:
        """Let ``take`` give its body."""
        self.source = memoryview(BLOCK if answer.how is DOWNLOADED else answer.body)
        self.unsent = answer.size

    def take(self, most: int) -> memoryview:
        """So many bytes of the body, or fewer."""
        at = -self.unsent % len(self.source)
        part = self.source[at : at + min(most, self.unsent)]
        self.unsent -= len(part)
        return part
