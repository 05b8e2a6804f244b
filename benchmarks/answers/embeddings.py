"""The answer to an embeddings call: vectors as JSON numbers, or as base64."""

from __future__ import annotations

from array import array
from base64 import b64decode

import msgspec

from benchmarks.answers.chat import Usage


class Vector(msgspec.Struct):
    object: str
    index: int
    embedding: list[float]


class Embeddings(msgspec.Struct):
    id: str
    object: str
    model: str
    data: list[Vector]
    usage: Usage


class PackedVector(msgspec.Struct):
    object: str
    index: int
    embedding: str  # base64 of little-endian 32-bit floats

    def unpacked(self) -> array[float]:
        return array("f", b64decode(self.embedding))


class PackedEmbeddings(msgspec.Struct):
    id: str
    object: str
    model: str
    data: list[PackedVector]
    usage: Usage
