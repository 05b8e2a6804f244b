"""Compressed data, inflated a bounded piece at a time: no more than is asked for, whatever it would come to."""

from __future__ import annotations

from collections.abc import Callable

from mistral_async.wire.decoders import Coding, Decoder

INPUT = 16 * 1024  # bytes per call; a decoder copies the input it has not used, so keep it small
EMPTY_STREAMS = 1000  # in one body: each costs work and gives nothing
IN_ONE_TURN = 64 * 1024  # bytes taken in, by all codings together, before the loop gets a turn though nothing came out
# Bytes that one coding may take in and give nothing for, such as the name in a gzip header without an end. A block of
# zstd, which gives nothing before its end, has 128 KiB at most. Source: RFC 8878 section 3.1.1.2.4.
BARREN = 1024 * 1024


class Turn:
    """What may still be taken in before others get their turn. All codings of a body share one."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = IN_ONE_TURN


class Later(Exception):
    """The turn is over, and nothing has come out yet. Nothing is lost: it goes on with the next call."""


class Corrupt(Exception):
    """The data is not what its coding makes. The text names the coding, and says why."""


class Inflated:
    """The data of one coding, as it was before. It is fetched when needed, at most ``INPUT`` bytes at once."""

    def __init__(self, coding: Coding, fetch: Callable[[int], bytes], turn: Turn) -> None:
        self._coding = coding
        self._fetch = fetch  # b"" where there is no more for now
        self._turn = turn
        self._barren = 0  # bytes taken in since something came out
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

        Raises ``Corrupt``, and ``Later`` where it takes too long to find out.
        """
        try:
            while True:
                if self._turn.left <= 0:
                    raise Later
                data = b""
                if self._decoder is None or self._decoder.hungry:
                    data, self._rest = self._rest or self._fetch(INPUT), b""
                    if not data:
                        return b""
                piece = self._decode(data, limit)
                used = len(data) - len(self._rest)
                self._turn.left -= used
                self._barren = 0 if piece else self._barren + used
                if piece:
                    return piece
                if self._barren > BARREN:
                    raise self._corrupt(f"more than {BARREN} bytes that hold nothing")
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
