"""Compressed data, inflated a bounded piece at a time: no more than is asked for, whatever it would come to."""

from __future__ import annotations

from collections.abc import Callable

from mistral_async.wire.decoders import Coding, Decoder

INPUT = 16 * 1024  # bytes per call; a decoder copies the input it has not used, so keep it small
EMPTY_STREAMS = 1000  # in one body: each costs work and gives nothing


class Corrupt(Exception):
    """The data is not what its coding makes. The text names the coding, and says why."""


class Inflated:
    """The data of one coding, as it was before. It is fetched when needed, at most ``INPUT`` bytes at once."""

    def __init__(self, coding: Coding, fetch: Callable[[int], bytes]) -> None:
        self._coding = coding
        self._fetch = fetch  # b"" where there is no more for now
        self._decoder: Decoder | None = None  # of the stream that has begun and not ended
        self._rest = b""  # what came behind the end of a stream
        self._streams = 0  # that have ended
        self._empty = 0  # of these, that held nothing
        self._made_nothing = True

    @property
    def complete(self) -> bool:
        """Whether the data may end here. There may be none at all, whatever the coding."""
        return self._decoder is None

    def take(self, limit: int) -> bytes:
        """The next piece, of about that many bytes at most; empty where there is no more for now.

        Raises ``Corrupt``.
        """
        try:
            while True:
                data = b""
                if self._decoder is None or self._decoder.hungry:
                    data, self._rest = self._rest or self._fetch(INPUT), b""
                    if not data:
                        return b""
                if piece := self._decode(data, limit):
                    return piece
        except self._coding.failures as exc:
            raise self._corrupt(" ".join(str(exc).split())) from exc

    def _decode(self, data: bytes, limit: int) -> bytes:
        decoder = self._decoder
        if decoder is None:
            if self._streams:
                data = data.lstrip(self._coding.padding)
                if not data:
                    return b""
                if not self._coding.streams:
                    raise self._corrupt("it goes on behind its end")
            decoder = self._decoder = self._coding.decoder(data)
            self._made_nothing = True
        piece = decoder.decode(data, limit)
        self._made_nothing = self._made_nothing and not piece
        if decoder.ended:
            self._decoder, self._rest = None, decoder.rest
            self._streams += 1
            self._empty += self._made_nothing
            if self._empty > EMPTY_STREAMS:
                raise self._corrupt(f"more than {EMPTY_STREAMS} streams that hold nothing")
        return piece

    def _corrupt(self, why: str) -> Corrupt:
        return Corrupt(f"{self._coding.name}: {why}")
