"""The models package: a module of Structs for each part of the API, made by datamodel-code-generator and tidied."""

from __future__ import annotations

from codegen.document import Document
from codegen.models.generator import annotations_of
from codegen.models.module import render
from codegen.packages import package_init

_PACKAGE = "mistral_async.models"
_DOC = "Every model of the API. A module is loaded when one of its models is first asked for."


def emit_models(document: Document) -> dict[str, str]:
    """Source text of every file of the package, by its path."""
    annotations = annotations_of(document.schemas)
    exports: dict[str, list[str]] = {}
    for name in sorted(document.schemas):
        exports.setdefault(document.modules[name], []).append(name)
    files = {
        f"mistral_async/models/{module}.py": render(module, names, document, annotations)
        for module, names in sorted(exports.items())
    }
    files["mistral_async/models/__init__.py"] = package_init(_PACKAGE, _DOC, exports)
    return files
