"""Find a generated model by the name an operation gives it."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def model(name: str) -> Any:
    """The type called ``"module.Name"`` below ``mistral_async.models``; its module is imported at first use."""
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(f"mistral_async.models.{module}"), attribute)
