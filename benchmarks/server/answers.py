"""What the server answers: bodies made once, before the first request."""

from __future__ import annotations

import array
import base64
import json
import random
import sys
import uuid
from enum import Enum, auto
from typing import Any

_CREATED = 1_765_000_000  # Unix seconds
_WORDS = ("the", "answer", "to", "a", "question", "that", "nobody", "asked", "comes", "in", "small", "pieces")
_CAPABILITIES = (
    "completion_chat", "function_calling", "reasoning", "completion_fim", "fine_tuning", "vision", "ocr",
    "classification", "moderation", "audio", "audio_transcription", "audio_transcription_realtime", "audio_speech",
    "unified_resources",
)  # fmt: skip
JSON, EVENTS, BYTES = b"application/json", b"text/event-stream; charset=utf-8", b"application/octet-stream"

CONTENT_SIZE = 200 * 1024 * 1024  # bytes of the file that is downloaded
BLOCK = random.Random(1).randbytes(1024 * 1024)  # what it consists of, again and again


class How(Enum):
    """How an answer leaves."""

    AT_ONCE = auto()
    LATER = auto()  # at once, when it was held for a while
    STREAMED = auto()  # at once, and without saying how long it is
    PACED = auto()  # an event at a time
    DOWNLOADED = auto()  # ``BLOCK`` until it is ``size``


# To get a member of an enumeration from its class takes long.
AT_ONCE, LATER, STREAMED, PACED, DOWNLOADED = How


class Answer:
    """One answer. It is its own key: there is one object of each answer that is given more than once."""

    __slots__ = ("body", "events", "how", "media_type", "size", "status")

    def __init__(
        self,
        body: bytes = b"",
        media_type: bytes = JSON,
        *,
        how: How = AT_ONCE,
        status: int = 200,
        events: tuple[bytes, ...] = (),
        size: int | None = None,
    ) -> None:
        self.body = body
        self.media_type = media_type
        self.how = how
        self.status = status
        self.events = events  # of a live answer
        self.size = len(body) if size is None else size  # bytes


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _usage(answer: int) -> dict[str, int]:
    return {"prompt_tokens": 19, "total_tokens": 19 + answer, "completion_tokens": answer}


def _completion() -> bytes:
    message = {
        "role": "assistant",
        "tool_calls": None,
        "content": "Paris is the capital of France, and has been for most of the last thousand years. It lies on the "
        "Seine, has about two million inhabitants, and is the seat of the government and of the parliament.",
    }
    return _json(
        {
            "id": "3f1c9d2e8b7a4650a1b2c3d4e5f60718",
            "created": _CREATED,
            "model": "mistral-small-latest",
            "usage": _usage(42),
            "object": "chat.completion",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        }
    )


def _events(count: int) -> tuple[bytes, ...]:
    """So many chunks, the first with the role and the last with the usage, and the end."""
    head: dict[str, Any] = {
        "id": "7b0e4c5d6f3a4b1c9d8e2f1a0b3c4d5e",
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": "mistral-small-latest",
    }
    chunks: list[dict[str, Any]] = []
    for number in range(count):
        delta: dict[str, Any] = {"content": f" {_WORDS[number % len(_WORDS)]}"}
        if number == 0:
            delta = {"role": "assistant", "content": ""}
        reason = "stop" if number == count - 1 else None
        chunks.append({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}]})
    chunks[-1]["usage"] = _usage(count)
    return *(b"data: " + _json(chunk) + b"\n\n" for chunk in chunks), b"data: [DONE]\n\n"


def _embeddings(*, packed: bool) -> bytes:
    chance = random.Random(2)
    vectors: list[str] = []
    for index in range(64):
        floats = array.array("f", (chance.gauss(0, 1024**-0.5) for _ in range(1024)))
        if packed:
            if sys.byteorder == "big":
                floats.byteswap()
            text = f'"{base64.b64encode(floats).decode()}"'
        else:
            text = f"[{','.join(f'{number:.10g}' for number in floats)}]"
        vectors.append(f'{{"object":"embedding","embedding":{text},"index":{index}}}')
    usage = '{"prompt_tokens":640,"total_tokens":640,"completion_tokens":0}'
    head = '{"id":"c0ffee5d6f3a4b1c9d8e2f1a0b3c4d5e","object":"list","data":['
    return f'{head}{",".join(vectors)}],"model":"mistral-embed","usage":{usage}}}'.encode()


def _card(number: int) -> dict[str, Any]:
    """Each tenth one is fine-tuned."""
    name = f"model-{number:04}"
    able = {capability: (number + at) % 3 == 0 for at, capability in enumerate(_CAPABILITIES)}
    card: dict[str, Any] = {
        "id": f"{name}-2512",
        "object": "model",
        "created": _CREATED + number,
        "owned_by": "mistralai",
        "capabilities": able,
        "name": name,
        "description": f"The model with the number {number}, for measurements.",
        "max_context_length": 131072,
        "aliases": [f"{name}-latest"],
        "deprecation": "2027-01-31T12:00:00Z" if number % 4 == 0 else None,
        "deprecation_replacement_model": f"model-{number + 1:04}-2512" if number % 4 == 0 else None,
        "default_model_temperature": 0.3,
        "internal": False,
        "billing_model_name": name,
    }
    if number % 10 == 9:
        job = str(uuid.UUID(int=number, version=4))
        return {**card, "type": "fine-tuned", "job": job, "root": "model-0000-2512", "archived": False}
    transcribes = {
        "modes": ["batch", "realtime"], "diarization": True, "context_bias": False, "turn_detection": False,
        "timestamp_granularities": ["segment", "word"], "languages": ["en", "fr"],
    }  # fmt: skip
    speaks = {"modes": ["batch"], "instruction": False, "response_formats": ["mp3", "wav"]}
    return {
        **card,
        "type": "base",
        "audio_transcription_capabilities": transcribes if able["audio_transcription"] else None,
        "audio_speech_capabilities": speaks if able["audio_speech"] else None,
    }


def uploaded(size: int) -> Answer:
    """For a file of so many bytes."""
    file = {
        "id": "6c5a1f0e-2b3d-4e4f-8a9b-0c1d2e3f4a5b", "object": "file", "bytes": size, "created_at": _CREATED,
        "filename": "upload.jsonl", "purpose": "batch", "sample_type": "batch_request", "num_lines": None,
        "mimetype": "application/jsonl", "source": "upload", "signature": None, "expires_at": None,
        "visibility": "workspace",
    }  # fmt: skip
    return Answer(_json(file))


SMALL = Answer(_completion())
HELD = Answer(SMALL.body, how=LATER)
BULK = Answer(b"".join(_events(500)), EVENTS, how=STREAMED)
LIVE = Answer(media_type=EVENTS, how=PACED, events=_events(100))
FLOATS = Answer(_embeddings(packed=False))
BASE64 = Answer(_embeddings(packed=True))
MODELS = Answer(_json({"object": "list", "data": [_card(number) for number in range(1000)]}))
CONTENT = Answer(media_type=BYTES, how=DOWNLOADED, size=CONTENT_SIZE)
NOT_FOUND = Answer(_json({"object": "error", "message": "There is nothing here.", "type": "not_found"}), status=404)
