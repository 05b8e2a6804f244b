"""Embeddings: unit vectors in which texts that share words are near to each other."""

from __future__ import annotations

import array
import base64
import hashlib
import math
import re
import sys
from typing import Any

from mistral_async.testing.answers.tokens import count, usage
from mistral_async.testing.refusals import bad_request, invalid
from mistral_async.testing.replies import Json
from mistral_async.testing.state.account import Account, Checked
from mistral_async.testing.state.catalogue import BaseModel

MOST_TOKENS = 16_384  # of one request; observed
_DEFAULT_DIMENSIONS = {"codestral-embed-2505": 1536}
_FALLBACK = 1024  # dimensions of a model that is not in the catalogue
_WORD = re.compile(r"\w+")
_FEATURES = 24  # dimensions that a word moves
_NOISE = 0.02  # how much the exact text moves each dimension, so that no vector is zero and no two texts are one


def embed(account: Account, checked: Checked) -> Json:
    """``POST /v1/embeddings``."""
    body = checked.body
    model = account.models.for_use(body["model"], "embedding")
    texts: list[str] = [body["input"]] if isinstance(body["input"], str) else body["input"]
    if not texts:
        raise invalid("too_short", ["body", "input"], "List should have at least 1 item")
    tokens = sum(map(count, texts))
    if max(tokens, len(texts)) > MOST_TOKENS:
        message = f"Too many tokens: {tokens}, at most {MOST_TOKENS}; split the request."
        raise bad_request(message, "3210", "input")
    dimensions = _dimensions(body.get("output_dimension"), model if isinstance(model, BaseModel) else None)
    dtype = body.get("output_dtype") or "float"
    encoded = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "embedding": _packed(vector(text, dimensions), dtype, encoded), "index": index}
        for index, text in enumerate(texts)
    ]
    return Json(
        content={
            "id": account.ids.hex("embedding"),
            "object": "list",
            "data": data,
            "model": body["model"],
            "usage": usage(tokens, 0),
        },
        tokens=tokens,
    )


def _dimensions(asked: int | None, model: BaseModel | None) -> int:
    most = model.dimensions if model else _FALLBACK
    if asked is not None and asked > most:
        raise invalid("less_than_equal", ["body", "output_dimension"], f"Input should be less than or equal to {most}")
    return asked or _DEFAULT_DIMENSIONS.get(model.name if model else "", most)


def vector(text: str, dimensions: int) -> list[float]:
    """A vector of length 1: each word of the text moves a few of its dimensions."""
    noise = hashlib.shake_128(text.encode("utf-8", "surrogatepass")).digest(dimensions)
    values = [(byte - 127.5) * (_NOISE / 128) for byte in noise]
    for word in _WORD.findall(text.lower()):
        # The stem counts too: "network" and "networks" shall be near.
        for feature, weight in ((word, 1.0), (word[:5], 0.5)):
            digest = hashlib.shake_128(feature.encode("utf-8", "surrogatepass")).digest(3 * _FEATURES)
            for place in range(0, len(digest), 3):
                index = (digest[place] << 8 | digest[place + 1]) % dimensions
                values[index] += weight if digest[place + 2] & 1 else -weight
    norm = math.sqrt(sum(value * value for value in values))
    return [round(value / norm, 9) for value in values]


def _packed(values: list[float], dtype: str, encoded: bool) -> list[float] | list[int] | str:
    """The vector in the type that was asked for; base64 of its bytes (little endian) where that was asked for."""
    match dtype:
        case "float":
            return _base64(array.array("f", values)) if encoded else values
        case "int8" | "uint8":
            shift = 0 if dtype == "int8" else 128
            scale = 127 / max(abs(value) for value in values)
            numbers = [round(value * scale) + shift for value in values]
        case _:
            bits = "".join("1" if value > 0 else "0" for value in values)
            shift = 128 if dtype == "binary" else 0
            numbers = [int(bits[place : place + 8].ljust(8, "0"), 2) - shift for place in range(0, len(bits), 8)]
    code = "b" if dtype in ("int8", "binary") else "B"
    return _base64(array.array(code, numbers)) if encoded else numbers


def _base64(numbers: array.array[Any]) -> str:
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()
