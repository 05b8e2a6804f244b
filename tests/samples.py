"""Small models with everything in them that generated ones have."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType, field

from mistral_async.model import PRESUMED, Model


class Text(Model, kw_only=True, tag_field="type", tag="text"):
    type: ClassVar[Literal["text"]] = "text"
    text: str


class Image(Model, kw_only=True, tag_field="type", tag="image"):
    type: ClassVar[Literal["image"]] = "image"
    url: str
    detail: Literal["low", "high"] | str | UnsetType | None = UNSET


class Group(Model, kw_only=True, tag_field="type", tag="group"):
    """Holds what it is a member of."""

    type: ClassVar[Literal["group"]] = "group"
    members: list[Chunk]


Chunk: TypeAlias = Text | Image | Group


class Call(Model, kw_only=True):
    answer_only_fields: ClassVar[frozenset[str]] = frozenset({"index"})
    name: str
    arguments: dict[str, Any] | str
    index: int | UnsetType = UNSET


class Message(Model, kw_only=True):
    role: str
    content: str | list[Chunk] | UnsetType | None = UNSET
    calls: list[Call] | UnsetType | None = UNSET


class Usage(Model, kw_only=True):
    tokens: int
    cost: float | UnsetType | None = UNSET


class Answer(Model, kw_only=True):
    secret_fields: ClassVar[frozenset[str]] = frozenset({"key"})
    id: str = PRESUMED
    kind: Literal["answer"] | str = "answer"
    messages: list[Message]
    first: Chunk | UnsetType | None = UNSET
    usage: Usage = PRESUMED
    scores: dict[str, float] | UnsetType = UNSET
    labels: list[str] = []  # noqa: RUF012  # msgspec copies it
    flags: dict[str, dict[str, bool]] | UnsetType | None = UNSET
    key: str | UnsetType = UNSET
    from_: int | UnsetType = field(name="from", default=UNSET)
    extra: Any = UNSET


class Tree(Model, kw_only=True):
    """Refers to itself, straight and through another."""

    name: str
    left: Tree | UnsetType | None = UNSET
    branches: list[Branch] | UnsetType = UNSET


class Branch(Model, kw_only=True):
    tree: Tree
    weight: Annotated[float, Meta(ge=0, le=1, description="a share")] | UnsetType = UNSET


class Ask(Model, kw_only=True):
    """A request."""

    model: str
    messages: Annotated[list[Message], Meta(min_length=1)]
    temperature: Annotated[float, Meta(ge=0, le=1.5)] | UnsetType | None = UNSET
    labels: dict[str, Annotated[str, Meta(min_length=1, max_length=5)]] | UnsetType = UNSET
    effort: Literal["low", "high"] | str | UnsetType = UNSET
    from_: int | UnsetType = field(name="from", default=UNSET)
    tree: Tree | UnsetType = UNSET
    stream: bool | UnsetType = UNSET


# An answer that fits, with every field and every kind of value in it.
FULL: dict[str, Any] = {
    "id": "a-1",
    "kind": "answer",
    "messages": [
        {"role": "user", "content": "hello"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "see"},
                {"type": "image", "url": "u", "detail": "low"},
                {"type": "group", "members": [{"type": "text", "text": "deep"}, {"type": "group", "members": []}]},
            ],
            "calls": [
                {"name": "f", "arguments": {"x": [1, None, {"y": 2.5}]}, "index": 0},
                {"name": "g", "arguments": "{}"},
            ],
        },
        {"role": "tool", "content": None, "calls": None},
    ],
    "first": {"type": "text", "text": "first"},
    "usage": {"tokens": 7, "cost": 0.25},
    "scores": {"good": 1.0, "bad": 0.5},
    "labels": ["a", "b"],
    "flags": {"x": {"y": True}},
    "key": "secret-key",
    "from": 3,
    "extra": [1, {"anything": "goes"}],
}
