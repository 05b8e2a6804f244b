"""The parts of a form, whatever a file is called.

aiohttp splits a Content-Disposition at every semicolon, those in a quoted name included, and mends one of them at most.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from aiohttp import BodyPartReader, MultipartReader
from aiohttp.hdrs import CONTENT_DISPOSITION
from multidict import CIMultiDict, CIMultiDictProxy

_QUOTED = re.compile(r'([\w-]+)\s*=\s*"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")


class _Part(BodyPartReader):
    """A part whose names are read as a whole."""

    def __init__(self, boundary: bytes, headers: CIMultiDictProxy[str], *given: Any, **options: Any) -> None:
        if disposition := headers.get(CONTENT_DISPOSITION):
            copy = CIMultiDict(headers)
            copy[CONTENT_DISPOSITION] = without_semicolons(disposition)
            headers = CIMultiDictProxy(copy)
        super().__init__(boundary, headers, *given, **options)


class Parts(MultipartReader):
    """Reads a form part by part."""

    part_reader_cls = _Part


def without_semicolons(disposition: str) -> str:
    """The same Content-Disposition, with the values that hold a semicolon written the extended way.

    Source: RFC 8187 section 3.2; that RFC 7578 section 4.2 forbids it in forms does not matter between us and aiohttp.
    """
    return _QUOTED.sub(_extended, disposition)


def _extended(parameter: re.Match[str]) -> str:
    if ";" not in parameter[2]:
        return parameter[0]
    value = _ESCAPE.sub(r"\1", parameter[2])
    return f"{parameter[1]}*=utf-8''{quote(value, safe='', errors='replace')}"
