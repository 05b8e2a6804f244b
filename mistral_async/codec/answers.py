"""From the bytes of an answer to its model: strictly first, then keeping what fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import msgspec
from msgspec import inspect as mi

if TYPE_CHECKING:
    from mistral_async.codec.lenient import Misfit

T = TypeVar("T")

UNFIT = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What strict decoding raises: ``msgspec.ValidationError`` is a ``DecodeError``."""

TOO_DEEP = "JSON nested deeper than Python can follow"


class NotReadable(Exception):
    """The bytes are no JSON, or of another shape than the model altogether. Its text says which."""


class AnswerDecoder(Generic[T]):
    """Decodes one type of answer. ``leniently`` also returns what did not fit."""

    __slots__ = ("_type", "_type_info", "strictly")

    def __init__(self, answer_type: Any) -> None:
        self._type = answer_type
        self._type_info: mi.Type | None = None
        decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(answer_type)
        self.strictly = decoder.decode
        """Raises ``msgspec.ValidationError`` for what does not fit, ``msgspec.DecodeError`` for what is no JSON."""

    def leniently(self, data: bytes) -> tuple[T, list[Misfit]]:
        """The answer as far as it fits, and what did not. Raises ``NotReadable``."""
        return self.build(json_value(data))

    def build(self, value: object) -> tuple[T, list[Misfit]]:
        """The same, from JSON that was read already."""
        from mistral_async.codec.lenient import build, fits_outside  # by those whose answers do not fit

        if self._type_info is None:
            self._type_info = mi.type_info(self._type)
        misfits: list[Misfit] = []
        try:
            built = build(self._type_info, value, misfits)
        except RecursionError as exc:
            raise NotReadable(TOO_DEEP) from exc
        if not fits_outside(self._type_info, built):
            raise NotReadable(misfits[0].what if misfits else "another shape than the model's")
        return cast(T, built), misfits


def json_value(data: bytes) -> Any:
    """What the JSON says, without a model. Raises ``NotReadable``."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise NotReadable(f"no JSON: {exc}") from exc
    except RecursionError as exc:
        raise NotReadable(TOO_DEEP) from exc
