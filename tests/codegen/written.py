"""Documents as a vendor would write them, the hard one and small ones; and their models, loaded."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from codegen import load, overlay
from codegen.document import Document, Schema
from codegen.models import emit_models
from codegen.normalise import normalise

HERE = Path(__file__).parent
OPENAPI = HERE.parent.parent / "openapi"


def hard() -> Document:
    return normalise(load.load(HERE / "hard.yaml"))


def core() -> Document:
    spec, unmatched = overlay.apply(load.load(OPENAPI / "mistral.yaml"), load.read(OPENAPI / "overlay.yaml"))
    assert unmatched == []
    return normalise(spec)


def answering(answer: Any, **schemas: Any) -> dict[str, Any]:
    """A document with one operation, ``GET /v1/it``, whose answer has this schema."""
    content = {"application/json": {"schema": answer}}
    get = {"operationId": "getIt", "responses": {"200": {"description": "It.", "content": content}}}
    return written({"/v1/it": {"get": get}}, schemas)


def asking(body: Any, **schemas: Any) -> dict[str, Any]:
    """A document with one operation, ``POST /v1/it``, whose body has this schema."""
    request = {"required": True, "content": {"application/json": {"schema": body}}}
    post = {"operationId": "postIt", "requestBody": request, "responses": {"204": {"description": "Done."}}}
    return written({"/v1/it": {"post": post}}, schemas)


def written(paths: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Made up", "version": "1"},
        "paths": dict(paths),
        "components": {"schemas": dict(schemas)},
    }


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def only(schema: Any, **schemas: Any) -> Any:
    """What normalising makes of a field with this schema, in an answer."""
    return normalise(answering({"type": "object", "properties": {"it": schema}}, **schemas)).schemas["GetItResponse"][
        "properties"
    ]["it"]


def fields(document: Document, name: str) -> dict[str, Schema]:
    found: dict[str, Schema] = document.schemas[name]["properties"]
    return found


def models_of(document: Document, folder: Path, package: str) -> ModuleType:
    """The generated models of a document, imported as a package of their own."""
    for path, text in emit_models(document).items():
        file = folder / package / Path(path).name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("mistral_async.models", package), encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        loaded = importlib.import_module(package)
        for name in loaded.__all__:
            getattr(loaded, name)
    finally:
        sys.path.remove(str(folder))
    return loaded
