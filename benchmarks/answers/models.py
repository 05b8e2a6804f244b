"""The list of models."""

from __future__ import annotations

import msgspec


class Capabilities(msgspec.Struct):
    completion_chat: bool = False
    function_calling: bool = False
    reasoning: bool = False
    completion_fim: bool = False
    fine_tuning: bool = False
    vision: bool = False
    ocr: bool = False
    classification: bool = False
    moderation: bool = False
    audio: bool = False
    audio_transcription: bool = False
    audio_transcription_realtime: bool = False
    audio_speech: bool = False
    unified_resources: bool = False


class Transcription(msgspec.Struct):
    modes: list[str] = []
    diarization: bool = False
    context_bias: bool = False
    turn_detection: bool = False
    timestamp_granularities: list[str] = []
    languages: list[str] = []


class Speech(msgspec.Struct):
    modes: list[str] = []
    instruction: bool = False
    response_formats: list[str] = []


class Card(msgspec.Struct):
    id: str
    object: str
    created: int
    owned_by: str
    capabilities: Capabilities
    type: str
    name: str | None = None
    description: str | None = None
    max_context_length: int = 32768
    aliases: list[str] = []
    deprecation: str | None = None
    deprecation_replacement_model: str | None = None
    default_model_temperature: float | None = None
    internal: bool = False
    billing_model_name: str | None = None
    audio_transcription_capabilities: Transcription | None = None
    audio_speech_capabilities: Speech | None = None
    job: str | None = None
    root: str | None = None
    archived: bool = False


class Cards(msgspec.Struct):
    object: str
    data: list[Card]
