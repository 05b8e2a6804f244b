"""Data compressed in every way that an answer may be."""

from __future__ import annotations

import gzip
import importlib
import sys
import zlib
from collections.abc import Callable
from typing import Any

brotli: Any = importlib.import_module("brotli")
zstd: Any = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def raw_deflate(data: bytes) -> bytes:
    """What is in zlib's format, without its head and its checksum."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def _brotli(data: bytes) -> bytes:
    packed: bytes = brotli.compress(data, quality=5)
    return packed


def _zstd(data: bytes) -> bytes:
    packed: bytes = zstd.compress(data)
    return packed


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": _brotli,
    "zstd": _zstd,
}


def compressed(data: bytes, *codings: str) -> bytes:
    """The data after each of these codings in turn, as ``content-encoding`` lists them."""
    for coding in codings:
        data = COMPRESS[coding](data)
    return data


def flushed(coding: str, parts: list[bytes]) -> list[bytes]:
    """One stream, cut where each part can be had from what came before."""
    packer: Any
    match coding:
        case "br":
            packer = brotli.Compressor()
            return [packer.process(part) + packer.flush() for part in parts] + [packer.finish()]
        case "zstd":
            packer = zstd.ZstdCompressor()
            return [packer.compress(part, packer.FLUSH_BLOCK) for part in parts] + [packer.flush()]
        case _:
            packer = zlib.compressobj(wbits=31 if coding == "gzip" else zlib.MAX_WBITS)
            return [packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH) for part in parts] + [packer.flush()]
