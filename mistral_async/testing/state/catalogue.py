"""The base models that the server starts with: names and abilities like the vendor's, as of late 2026."""

from __future__ import annotations

from dataclasses import dataclass, field

CHAT = frozenset({"completion_chat", "function_calling", "unified_resources"})
SEEING = CHAT | {"vision"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseModel:
    """A model that everybody may use and nobody may delete. Each of its names has a card of its own."""

    names: tuple[str, ...]  # the first is the dated one
    capabilities: frozenset[str]
    description: str = ""
    context: int = 131_072  # tokens
    temperature: float | None = 0.3
    dimensions: int = 0  # of an embedding, at most; 0 where the model embeds nothing
    owner: str = "mistralai"
    created: int = 1_710_000_000
    classes: tuple[str, ...] = field(default=())  # moderation categories

    @property
    def name(self) -> str:
        return self.names[0]


MODERATION_V1 = (
    "sexual",
    "hate_and_discrimination",
    "violence_and_threats",
    "dangerous_and_criminal_content",
    "selfharm",
    "health",
    "financial",
    "law",
    "pii",
)
MODERATION_V2 = (
    "sexual",
    "hate_and_discrimination",
    "violence_and_threats",
    "dangerous",
    "criminal",
    "selfharm",
    "health",
    "financial",
    "law",
    "pii",
    "jailbreaking",
)

CATALOGUE = (
    BaseModel(
        names=("mistral-large-2512", "mistral-large-latest"),
        capabilities=SEEING | {"fine_tuning"},
        description="The largest general model.",
        context=262_144,
    ),
    BaseModel(
        names=("mistral-medium-2508", "mistral-medium-latest"),
        capabilities=SEEING,
        description="A general model between large and small.",
    ),
    BaseModel(
        names=("mistral-small-2506", "mistral-small-latest"),
        capabilities=SEEING | {"fine_tuning"},
        description="A small and quick general model.",
    ),
    BaseModel(
        names=("open-mistral-nemo-2407", "open-mistral-nemo"),
        capabilities=CHAT | {"fine_tuning"},
        description="An open model with 12 billion weights.",
    ),
    BaseModel(
        names=("ministral-8b-2512", "ministral-8b-latest"),
        capabilities=SEEING | {"fine_tuning"},
        description="A model for small machines.",
        context=262_144,
    ),
    BaseModel(
        names=("ministral-3b-2512", "ministral-3b-latest"),
        capabilities=SEEING | {"fine_tuning"},
        description="A model for very small machines.",
    ),
    BaseModel(
        names=("magistral-medium-2509", "magistral-medium-latest"),
        capabilities=SEEING | {"reasoning"},
        description="A model that thinks before it answers.",
        temperature=0.7,
    ),
    BaseModel(
        names=("magistral-small-2509", "magistral-small-latest"),
        capabilities=SEEING | {"reasoning"},
        description="A small model that thinks before it answers.",
        temperature=0.7,
    ),
    BaseModel(
        names=("codestral-2508", "codestral-latest"),
        capabilities=CHAT | {"completion_fim", "fine_tuning"},
        description="A model that writes and completes code.",
        context=256_000,
    ),
    BaseModel(
        names=("codestral-2404",),
        capabilities=CHAT | {"completion_fim"},
        description="An older model that writes and completes code.",
        context=32_768,
    ),
    BaseModel(
        names=("devstral-medium-2507", "devstral-medium-latest"),
        capabilities=CHAT,
        description="A model for agents that work on code.",
    ),
    BaseModel(
        names=("pixtral-large-2411", "pixtral-large-latest"),
        capabilities=SEEING,
        description="A large model that sees images.",
    ),
    BaseModel(
        names=("mistral-embed-2312", "mistral-embed"),
        capabilities=frozenset({"unified_resources"}),
        description="Turns text into 1,024 numbers.",
        context=16_384,
        temperature=None,
        dimensions=1024,
    ),
    BaseModel(
        names=("codestral-embed-2505", "codestral-embed"),
        capabilities=frozenset({"unified_resources"}),
        description="Turns code into up to 3,072 numbers.",
        context=16_384,
        temperature=None,
        dimensions=3072,
    ),
    BaseModel(
        names=("mistral-moderation-2411", "mistral-moderation-latest"),
        capabilities=frozenset({"moderation", "classification"}),
        description="Judges whether text is harmful.",
        temperature=None,
        classes=MODERATION_V1,
    ),
    BaseModel(
        names=("mistral-moderation-2603",),
        capabilities=frozenset({"moderation", "classification"}),
        description="Judges whether text is harmful, in finer categories.",
        temperature=None,
        classes=MODERATION_V2,
    ),
    BaseModel(
        names=("mistral-ocr-2512", "mistral-ocr-latest"),
        capabilities=frozenset({"ocr"}),
        description="Reads documents and images.",
        temperature=None,
    ),
)
