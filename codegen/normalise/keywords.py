"""The keywords of a schema, by what they mean to the generator. Any other stops it."""

from __future__ import annotations

from codegen.normalise.limits import LIMITS_OF

# Say nothing of a value's shape, or are read with another keyword (`discriminator` with `anyOf`).
# fmt: off
_IGNORED = frozenset({
    "$comment", "$defs", "$id", "$schema", "contentEncoding", "contentMediaType", "contentSchema", "definitions",
    "discriminator", "example", "examples", "externalDocs", "format", "name", "nullable", "readOnly", "required",
    "title", "uniqueItems", "writeOnly", "xml",
})

# Narrow what a value may be in ways that no type says: the server checks them.
NARROWING = frozenset({
    "contains", "dependentRequired", "dependentSchemas", "else", "if", "maxContains", "minContains", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
})
# fmt: on

KEYWORDS_OF: dict[str, tuple[str, ...]] = {
    "object": ("properties", "additionalProperties", "required", *LIMITS_OF["object"]),
    "array": ("items", "prefixItems", *LIMITS_OF["array"]),
    "string": ("format", *LIMITS_OF["string"]),
    "integer": LIMITS_OF["integer"],
    "number": LIMITS_OF["number"],
    "boolean": (),
    "null": (),
}
"""Type -> the keywords that belong to it."""

MISSPELT = {"bool": "boolean", "float": "number", "int": "integer", "str": "string"}
"""Types as Python calls them, which documents written by hand hold."""

KNOWN = frozenset({"$ref", "type", "const", "enum", "allOf", "anyOf", "oneOf"}).union(
    _IGNORED, NARROWING, *KEYWORDS_OF.values()
)
