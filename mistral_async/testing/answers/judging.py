"""Moderation and classification: scores that depend on the words of a text."""

from __future__ import annotations

import math
import re
from typing import Any

from mistral_async.testing.answers.dice import Dice
from mistral_async.testing.answers.tokens import count, usage
from mistral_async.testing.answers.writing import text_of
from mistral_async.testing.replies import Json
from mistral_async.testing.state.account import Account, Checked
from mistral_async.testing.state.catalogue import MODERATION_V1, BaseModel
from mistral_async.testing.state.models import FineTunedModel, Model

THRESHOLD = 0.5  # a category with this score or more applies
_WORD = re.compile(r"[\w'-]+")
_TELLING: dict[str, frozenset[str]] = {
    "sexual": frozenset({"sex", "sexual", "nude", "naked", "porn", "erotic"}),
    "hate_and_discrimination": frozenset({"hate", "racist", "inferior", "vermin", "slur"}),
    "violence_and_threats": frozenset({"kill", "murder", "attack", "shoot", "stab", "beat", "threaten", "hurt"}),
    "dangerous": frozenset({"bomb", "explosive", "poison", "weapon", "grenade"}),
    "criminal": frozenset({"steal", "burgle", "launder", "forge", "cocaine", "heroin", "hack", "fraud"}),
    "selfharm": frozenset({"suicide", "selfharm", "self-harm", "cutting"}),
    "health": frozenset({"diagnose", "diagnosis", "dosage", "prescription", "medication", "symptoms"}),
    "financial": frozenset({"invest", "stocks", "shares", "portfolio", "crypto", "loan"}),
    "law": frozenset({"lawsuit", "lawyer", "sue", "contract", "custody", "liable"}),
    "pii": frozenset({"passport", "ssn", "iban", "birthdate", "address"}),
    "jailbreaking": frozenset({"jailbreak", "dan", "unfiltered"}),
}
_TELLING["dangerous_and_criminal_content"] = _TELLING["dangerous"] | _TELLING["criminal"]
_PERSONAL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.\w+|\b\d{3}-\d{2}-\d{4}\b|\+\d{9,}")


def moderate(account: Account, checked: Checked) -> Json:
    """``POST /v1/moderations``."""
    model = account.models.for_use(checked.body["model"], "moderation")
    return _moderation(account, checked.body["model"], model, _texts(checked.body["input"]))


def moderate_chat(account: Account, checked: Checked) -> Json:
    """``POST /v1/chat/moderations``: one result for each conversation, judged by what was said last."""
    model = account.models.for_use(checked.body["model"], "moderation")
    given: list[Any] = checked.body["input"]
    conversations = [given] if not given or isinstance(given[0], dict) else given
    texts = [text_of(conversation[-1].get("content")) if conversation else "" for conversation in conversations]
    return _moderation(account, checked.body["model"], model, texts)


def classify(account: Account, checked: Checked) -> Json:
    """``POST /v1/classifications``."""
    return _classification(account, checked.body["model"], _texts(checked.body["input"]))


def classify_chat(account: Account, checked: Checked) -> Json:
    """``POST /v1/chat/classifications``."""
    given: Any = checked.body["input"]
    conversations: list[dict[str, Any]] = [given] if isinstance(given, dict) else given
    texts = [" ".join(text_of(message.get("content")) for message in one["messages"]) for one in conversations]
    return _classification(account, checked.body["model"], texts)


def _texts(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def _moderation(account: Account, name: str, model: Model | None, texts: list[str]) -> Json:
    classes = model.classes if isinstance(model, BaseModel) else MODERATION_V1
    results: list[dict[str, Any]] = []
    for text in texts:
        scores = {category: score(text, category) for category in classes}
        flags = {category: value >= THRESHOLD for category, value in scores.items()}
        results.append({"categories": flags, "category_scores": scores})
    return _reply(account, "moderation", name, results, texts)


def score(text: str, category: str) -> float:
    """How much a text falls into a category: high where it uses a telling word, low where it does not."""
    words = {word.lower() for word in _WORD.findall(text)}
    hits = len(words & _TELLING[category])
    if category == "pii":
        hits += len(_PERSONAL.findall(text))
    drift = Dice(f"{category}/{text}".encode("utf-8", "surrogatepass")).roll(1000) / 1000
    return round(1 - 0.3 * 0.5**hits - 0.01 * drift if hits else 0.01 * drift, 6)


def _classification(account: Account, name: str, texts: list[str]) -> Json:
    model = account.models.for_use(name, "classification")
    if isinstance(model, FineTunedModel) and model.classifier_targets:
        targets = {target["name"]: target["labels"] for target in model.classifier_targets}
        results = [{target: {"scores": _spread(text, labels)} for target, labels in targets.items()} for text in texts]
    else:
        classes = model.classes if isinstance(model, BaseModel) else MODERATION_V1
        results = [{"moderation": {"scores": {one: score(text, one) for one in classes}}} for text in texts]
    return _reply(account, "classification", name, results, texts)


def _spread(text: str, labels: list[str]) -> dict[str, float]:
    """Scores that add up to 1; a label that the text names gets the most."""
    dice = Dice("/".join([text, *labels]).encode("utf-8", "surrogatepass"))
    raw = [dice.roll(2000) / 1000 + (4 if label.lower() in text.lower() else 0) for label in labels]
    total = sum(math.exp(value) for value in raw)
    return {label: round(math.exp(value) / total, 6) for label, value in zip(labels, raw, strict=True)}


def _reply(account: Account, kind: str, name: str, results: list[dict[str, Any]], texts: list[str]) -> Json:
    tokens = sum(map(count, texts))
    content: dict[str, Any] = {"id": account.ids.hex(kind), "model": name, "results": results}
    return Json(content=content | {"usage": usage(tokens, 0)}, tokens=tokens)
