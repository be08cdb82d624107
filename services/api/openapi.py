"""The API's own description: OpenAPI 3.1, with problem details wherever something can go wrong."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.api.problems import MEDIA_TYPE, Problem

#: What any address may answer with.
_ALWAYS = (500, 503)
#: Which models the framework files under `application/json`.
_FILED = frozenset({"Problem", "HTTPValidationError"})
_PROBLEM: Final[Mapping[str, Any]] = {
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may fail so."""
    return {
        status: {"model": Problem, "description": HTTPStatus(status).phrase}
        for status in sorted({*statuses, *_ALWAYS})
    }


def install(app: FastAPI) -> None:
    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=app.description,
                routes=app.routes,
            )
            app.openapi_schema = _with_problem_types(document)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign] # FastAPI's documented way


def _with_problem_types(document: dict[str, Any]) -> dict[str, Any]:
    for path in document["paths"].values():
        for method, operation in path.items():
            _tell_what_anything_may_answer(method, operation)
            for status, answer in operation.get("responses", {}).items():
                if not status.startswith("2"):
                    _retype(answer)
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document


def _tell_what_anything_may_answer(method: str, operation: dict[str, Any]) -> None:
    """What is refused, or saved, before a route is reached."""
    told = operation["responses"]
    refused = set()
    if body := operation.get("requestBody", {}).get("content"):
        refused |= {400, 413, 422} | ({415} if "application/json" in body else set())
    if operation.get("security"):
        refused |= {401, 403}
    if operation.get("parameters"):
        refused.add(422)
    for status in sorted(refused):
        told.setdefault(str(status), {**_PROBLEM, "description": HTTPStatus(status).phrase})
    if method == "get" and "application/json" in told.get("200", {}).get("content", {}):
        told.setdefault("304", {"description": "As you have it, by the ETag you sent"})


def _retype(answer: dict[str, Any]) -> None:
    """The framework files every model under `application/json`."""
    content: Mapping[str, Any] = answer.get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if schema.get("$ref", "").rpartition("/")[2] in _FILED:
        answer |= _PROBLEM


def schema_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The schema of an answer that msgspec writes, in one piece."""
    whole = msgspec.json.schema(struct)
    inlined: dict[str, Any] = _inlined(whole, whole["$defs"])
    return inlined


def _inlined(part: Any, parts: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inlined(entry, parts) for entry in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(parts[part["$ref"].rpartition("/")[2]], parts)
    return {name: _inlined(entry, parts) for name, entry in part.items() if name != "$defs"}
