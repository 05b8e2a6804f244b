"""Small normalised documents, made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from codegen.document import Document, EventsSpec, OperationSpec, PagesSpec, PathParameter, Schema
from codegen.names import field_name, module_name

STRING: Schema = {"type": "string"}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def obj(required: str = "", /, **properties: Schema) -> Schema:
    """An object schema; ``required`` holds names, separated by spaces."""
    return {"type": "object", "properties": properties, "required": required.split()}


def operation(line: str, **changes: Any) -> OperationSpec:
    """An operation from ``"GET /v1/models"``, with what the test is about."""
    method, path = line.split()
    plain = OperationSpec(
        method=method,
        path=path,
        operation_id=f"{method.lower()} {path}",
        summary=f"{method.capitalize()} it",
        description="",
        deprecated=False,
        path_parameters=tuple(
            PathParameter(name=segment[1:-1], description=f"The {segment[1:-1]}.")
            for segment in path.split("/")
            if segment.startswith("{")
        ),
        query=None,
        headers=None,
        body=None,
        body_required="body" in changes,
        files=(),
        required_files=(),
        file_descriptions={},
        multipart="files" in changes,
        answer=None,
        events=None,
        pages=None,
        download=False,
        accept="application/json",
        repeatable=False,
    )
    return replace(plain, **changes)


def document(
    *operations: OperationSpec, schemas: Mapping[str, Schema] | None = None, modules: Mapping[str, str] | None = None
) -> Document:
    """A document whose schemas are used by requests and answers alike, in one module unless ``modules`` differs."""
    schemas = dict(sorted((schemas or {}).items()))
    module = module_name(operations[0].path) if operations else "shared"
    return Document(
        title="Things",
        version="1",
        schemas=schemas,
        modules=dict.fromkeys(schemas, module) | dict(modules or {}),
        requests=frozenset(schemas),
        answers=frozenset(schemas),
        operations=operations,
        field_names={
            name: {wire: field_name(wire) for wire in schema.get("properties", ())}
            for name, schema in schemas.items()
            if "properties" in schema
        },
    )


def events(schema: str, flag: str | None = "stream") -> EventsSpec:
    return EventsSpec(schema=schema, flag=flag, end="[DONE]")


def pages(items: str = "data", **changes: Any) -> PagesSpec:
    return replace(PagesSpec(items=items, by="page", parameter="page"), **changes)
