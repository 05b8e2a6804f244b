"""The content codings that can be undone here, each with a decoder that makes a bounded piece at a time.

Source: RFC 9110 section 8.4.1 (gzip, x-gzip, deflate), RFC 7932 (br), RFC 8878 and RFC 9659 (zstd).
"""

from __future__ import annotations

import functools
import importlib
import zlib
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

ZSTD_WINDOW = 23  # binary logarithm. Source: RFC 9659 section 3 (8 MiB, which every decoder has)


class Decoder(Protocol):
    """Undoes one compressed stream, from its first byte to its last."""

    @property
    def hungry(self) -> bool:
        """Whether it makes nothing more without more data."""
        ...

    @property
    def ended(self) -> bool: ...

    @property
    def rest(self) -> bytes:
        """What came behind the end."""
        ...

    def decode(self, data: bytes, limit: int, /) -> bytes:
        """The next piece, of about that many bytes at most. The data is empty unless the decoder was hungry."""
        ...


class Coding(msgspec.Struct, frozen=True):
    """How to undo one coding."""

    name: str
    decoder: Callable[[bytes], Decoder]  # for a stream that begins with these bytes, which ``decode`` gets after all
    failures: tuple[type[Exception], ...]  # what decoders raise for data that is corrupt
    streams: bool = False  # one stream may follow another
    padding: bytes = b""  # what may stand behind a stream


class _Zlib:
    def __init__(self, window: int) -> None:
        self._inner = zlib.decompressobj(window)
        self.hungry = True

    @property
    def ended(self) -> bool:
        return self._inner.eof

    @property
    def rest(self) -> bytes:
        return self._inner.unused_data

    def decode(self, data: bytes, limit: int, /) -> bytes:
        piece = self._inner.decompress(data or self._inner.unconsumed_tail, limit)
        # Behind a full piece there may be more, even where all data was taken in.
        self.hungry = len(piece) < limit and not self._inner.unconsumed_tail
        return piece


class _Brotli:
    rest = b""  # the decoder itself refuses what stands behind the end

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.hungry = True

    @property
    def ended(self) -> bool:
        return bool(self._inner.is_finished())

    def decode(self, data: bytes, limit: int, /) -> bytes:
        piece: bytes = self._inner.process(data, output_buffer_limit=limit)  # in whole blocks: up to twice as much
        # As above; that it can accept data says only that it took in all that it was given.
        self.hungry = len(piece) < limit and self._inner.can_accept_more_data()
        return piece


class _Zstd:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    @property
    def hungry(self) -> bool:
        return bool(self._inner.needs_input)

    @property
    def ended(self) -> bool:
        return bool(self._inner.eof)

    @property
    def rest(self) -> bytes:
        return bytes(self._inner.unused_data)

    def decode(self, data: bytes, limit: int, /) -> bytes:
        piece: bytes = self._inner.decompress(data, limit)
        return piece


def _gzip(_: bytes) -> Decoder:
    return _Zlib(16 + zlib.MAX_WBITS)


def _deflate(data: bytes) -> Decoder:
    # The coding is zlib's format, yet some servers send what is in it alone. No encoder begins that with these bits:
    # they would be a stored block with something in its padding.
    # Source: RFC 9110 section 8.4.1.2, RFC 1950 section 2.2, RFC 1951 section 3.2.3.
    wrapped = data[0] & 0x0F == 8
    return _Zlib(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


def _brotli() -> Coding | None:
    for name in ("brotli", "brotlicffi"):
        try:
            module: Any = importlib.import_module(name)
            module.Decompressor().process(b"", output_buffer_limit=1)
        except (ImportError, TypeError):
            continue  # absent, or so old that it knows no bound
        return Coding("br", functools.partial(_begin_brotli, module.Decompressor), (module.error,))
    return None


def _zstd() -> Coding | None:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue
        make = functools.partial(
            module.ZstdDecompressor, options={module.DecompressionParameter.window_log_max: ZSTD_WINDOW}
        )
        return Coding("zstd", functools.partial(_begin_zstd, make), (module.ZstdError,), streams=True)
    return None


def _begin_brotli(make: Callable[[], Any], _: bytes) -> Decoder:
    return _Brotli(make())


def _begin_zstd(make: Callable[[], Any], _: bytes) -> Decoder:
    return _Zstd(make())


_GZIP = Coding("gzip", _gzip, (zlib.error,), streams=True, padding=b"\0")
_FOUND = (_GZIP, Coding("deflate", _deflate, (zlib.error,)), _brotli(), _zstd())

CODINGS = {coding.name: coding for coding in _FOUND if coding is not None}
OFFERED = ", ".join(CODINGS)
ALIASES = {"x-gzip": "gzip"}  # Source: RFC 9110 section 8.4.1.3
