"""A simple way to count and cut text into tokens: not a model's own, but always the same."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence
from typing import Any

_MOST_ALTERNATIVES = 20  # of a token; the schema sets no limit
_PIECE = re.compile(r"\s*\w{1,7}|\s*[^\w\s]|\s+")


def pieces(text: str) -> list[str]:
    """The tokens of a text. Joined they are the text again."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    return sum(1 for _ in _PIECE.finditer(text))


def usage(prompt: int, completion: int) -> dict[str, int]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def logprobs(tokens: Sequence[str], top: int | None) -> dict[str, Any]:
    """Made-up log probabilities, with ``top`` alternatives each: the token itself, then less likely ones."""
    return {"content": [{**_logprob(token, 0), "top_logprobs": _alternatives(token, top)} for token in tokens]}


def _alternatives(token: str, top: int | None) -> list[dict[str, Any]] | None:
    if top is None:
        return None
    ranks = range(min(top, _MOST_ALTERNATIVES))
    return [_logprob(token if rank == 0 else f"{token}{rank}", rank) for rank in ranks]


def _logprob(token: str, rank: int) -> dict[str, Any]:
    number = zlib.crc32(token.encode("utf-8", "surrogatepass"))
    probability = (0.5 + (number % 1000) / 2001) / 3**rank
    return {
        "token": token,
        "logprob": round(math.log(probability), 6),
        "bytes": list(token.encode("utf-8", "surrogatepass")),
        "token_id": number % 131_072,
    }
