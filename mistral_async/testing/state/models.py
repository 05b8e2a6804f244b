"""The models of the account: the catalogue, and what fine-tuning adds to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mistral_async.testing.refusals import forbidden, not_found, unknown_model
from mistral_async.testing.state.catalogue import CATALOGUE, BaseModel

ALL_CAPABILITIES = (
    "completion_chat",
    "function_calling",
    "reasoning",
    "completion_fim",
    "fine_tuning",
    "vision",
    "ocr",
    "classification",
    "moderation",
    "audio",
    "audio_transcription",
    "audio_transcription_realtime",
    "audio_speech",
    "unified_resources",
)

WORKSPACE = "00000000-0000-4000-8000-000000000001"


@dataclass(slots=True, kw_only=True)
class FineTunedModel:
    """A model of the account's own."""

    id: str
    root: str
    created: int
    job: str | None = None
    capabilities: frozenset[str] = frozenset({"completion_chat"})
    classifier_targets: list[dict[str, Any]] | None = None  # None for a completion model
    name: str | None = None
    description: str | None = None
    archived: bool = False
    context: int = 32_768
    aliases: list[str] = field(default_factory=list[str])


Model: TypeAlias = BaseModel | FineTunedModel


class Models:
    """Every model by every name it has."""

    def __init__(self, *, any_model: bool = False) -> None:
        self._any = any_model
        self._base = {name: model for model in CATALOGUE for name in model.names}
        self._tuned: dict[str, FineTunedModel] = {}

    def add(self, model: Model) -> None:
        if isinstance(model, FineTunedModel):
            self._tuned[model.id] = model
        else:
            self._base.update((name, model) for name in model.names)

    def find(self, name: str) -> Model | None:
        return self._tuned.get(name) or self._base.get(name)

    def get(self, name: str) -> Model:
        """Raises a 404."""
        if model := self.find(name):
            return model
        raise not_found("Model", name)

    def tuned(self, name: str) -> FineTunedModel:
        """A fine-tuned model; raises a 404 for every other name."""
        if model := self._tuned.get(name):
            return model
        raise not_found("Fine-tuned model", name)

    def delete(self, name: str) -> None:
        if name not in self._tuned and name in self._base:
            raise forbidden(f"Model {name!r} is a base model: only fine-tuned models can be deleted.")
        del self._tuned[self.tuned(name).id]

    def for_use(self, name: str, capability: str) -> Model | None:
        """The model that shall do something; None for a name that is only accepted because any is.

        Raises the API's 400 for a model that does not exist, cannot do that, or is archived.
        """
        model = self.find(name)
        if model is None and self._any:
            return None
        if model is None or capability not in _abilities(model):
            raise unknown_model(name)
        if isinstance(model, FineTunedModel) and model.archived:
            raise unknown_model(f"{name} (it is archived)")
        return model

    def must_exist(self, name: str) -> None:
        """Raises the API's 400 for a model that does not exist."""
        if self.find(name) is None and not self._any:
            raise unknown_model(name)

    def cards(self) -> Iterator[dict[str, Any]]:
        for name, model in self._base.items():
            yield card(name, model)
        for name, tuned in self._tuned.items():
            yield card(name, tuned)


def _abilities(model: Model) -> frozenset[str]:
    if isinstance(model, BaseModel) and model.dimensions:
        return model.capabilities | {"embedding"}  # no flag of a model card says so
    return model.capabilities


def card(name: str, model: Model) -> dict[str, Any]:
    """What ``/v1/models`` shows of a model under one of its names."""
    common: dict[str, Any] = {
        "id": name,
        "object": "model",
        "capabilities": {flag: flag in model.capabilities for flag in ALL_CAPABILITIES},
        "max_context_length": model.context,
        "description": model.description,
        "deprecation": None,
        "internal": False,
        "created": model.created,
    }
    if isinstance(model, FineTunedModel):
        return common | {
            "type": "fine-tuned",
            "owned_by": WORKSPACE,
            "name": model.name,
            "aliases": model.aliases,
            "default_model_temperature": None,
            "job": model.job or "",
            "root": model.root,
            "archived": model.archived,
        }
    return common | {
        "type": "base",
        "owned_by": model.owner,
        "name": model.name,
        "aliases": [other for other in model.names if other != name],
        "default_model_temperature": model.temperature,
    }


def tuned_model(model: FineTunedModel) -> dict[str, Any]:
    """What ``/v1/fine_tuning/models`` shows of a model."""
    flags = ("completion_chat", "completion_fim", "function_calling", "fine_tuning", "classification")
    shown: dict[str, Any] = {
        "id": model.id,
        "object": "model",
        "created": model.created,
        "owned_by": WORKSPACE,
        "workspace_id": WORKSPACE,
        "root": model.root,
        "root_version": model.root,
        "archived": model.archived,
        "name": model.name,
        "description": model.description,
        "capabilities": {flag: flag in model.capabilities for flag in flags},
        "max_context_length": model.context,
        "aliases": model.aliases,
        "job": model.job,
    }
    if model.classifier_targets is None:
        return shown | {"model_type": "completion"}
    return shown | {"model_type": "classifier", "classifier_targets": model.classifier_targets}
