"""What every generated resource is: a place in the URL."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from mistral_async.engine import Engine


class Resource:
    """A path, and the engine that its calls are sent by."""

    __slots__ = ("_engine", "_path")

    def __init__(self, engine: Engine, path: str) -> None:
        self._engine = engine
        self._path = path

    def _item(self, value: object) -> str:
        """The path of an item. The value becomes one segment: whatever it holds is percent-encoded.

        Raises ``ValueError`` for the empty text and the dot segments, which would name another resource.

        Source: RFC 3986 sections 3.3 (segments) and 5.2.4 (dot segments).
        """
        # A bool is an int to Python, and never an id.
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise TypeError(f"a path value below {self._path} is text, not {type(value).__name__}")
        text = str(value)
        if text in ("", ".", ".."):
            raise ValueError(f"{text!r} cannot be a path value below {self._path}: it would name another resource")
        return f"{self._path}/{quote(text, safe='')}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._path}>"
