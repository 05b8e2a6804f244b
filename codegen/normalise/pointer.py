"""Where a reference inside the document leads."""

from __future__ import annotations

from urllib.parse import unquote

from codegen.errors import SpecError


def pointer(reference: str, place: str) -> list[str]:
    """The keys that lead from the root of the document to what ``reference``, which stands at ``place``, means.

    Source: RFC 6901 section 6 (percent-encoding), and after it section 4 (``~1`` and ``~0``).
    """
    if not reference.startswith("#"):
        raise SpecError(place, f"{reference!r} leads into another document, which is not supported")
    root, *keys = unquote(reference[1:]).split("/")
    if root:
        raise SpecError(place, f"{reference!r} leads nowhere")
    return [key.replace("~1", "/").replace("~0", "~") for key in keys]
