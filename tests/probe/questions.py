"""From the API's own description to questions: every operation, about what is not the asker's."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.probe.fill import World
from tests.probe.samples import body_of, is_of_place, nested, sample_of

METHODS: Final = ("get", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"\{(\w+)\}")
#: Where one logs in and proves who one is: nothing there belongs to a place, and asking in
#: earnest would end the asker's own session.
OWN: Final = ("/api/v1/sessions", "/api/v1/factors", "/api/v1/account", "/api/v1/oauth", "/oauth")
ABSENT: Final = World(9, "absent-9", 0, 0)


@dataclass(frozen=True, slots=True)
class Question:
    """A request about a world, and the same about what does not exist."""

    operation: str
    method: str
    path: str
    #: Where the world is named: path, path of one's own with a part of the other, query, body.
    place: str
    #: Whose things it is about.
    world: int
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    #: The same question about nothing, whose answer must not differ.
    twin: tuple[str, Mapping[str, str], Any] | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One of the API's."""

    id: str
    method: str
    path: str
    parameters: tuple[str, ...]
    queries: Mapping[str, Mapping[str, Any]]
    body: Mapping[str, Any] | None


def operations(document: Mapping[str, Any]) -> list[Operation]:
    found = []
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            if method not in METHODS or _is_for_everybody(one, path):
                continue
            given = one.get("parameters", [])
            content = one.get("requestBody", {}).get("content", {})
            found.append(
                Operation(
                    one["operationId"],
                    method,
                    path,
                    tuple(_PARAMETER.findall(path)),
                    {p["name"]: p.get("schema", {}) for p in given if p["in"] == "query"},
                    content.get("application/json", {}).get("schema"),
                )
            )
    return found


def _is_for_everybody(operation: Mapping[str, Any], path: str) -> bool:
    is_own = path.startswith(OWN) and "{" not in path
    return is_own or operation.get("security") == []


def questions(
    operation: Operation, home: World, other: World, document: Mapping[str, Any]
) -> Iterator[Question]:
    """About `other`, which may be home as well: then only its path is asked for."""
    body = body_of(operation.body, document, home) if operation.body else None
    yield from _of_path(operation, home, other, body)
    if other is home:
        return
    yield from _of_query(operation, home, other)
    yield from _of_body(operation, home, other, body)


def _of_path(operation: Operation, home: World, other: World, body: Any) -> Iterator[Question]:
    if not operation.parameters:
        if operation.method == "get":
            yield Question(operation.id, "get", operation.path, "list", other.number)
        return
    whole = _filled(operation, dict.fromkeys(operation.parameters, other))
    if not any(is_of_place(name, operation.path) for name in operation.parameters):
        yield Question(operation.id, operation.method, whole, "path", other.number, body=body)
        return
    absent = _filled(operation, dict.fromkeys(operation.parameters, ABSENT))
    twin: tuple[str, Mapping[str, str], Any] = (absent, {}, body)
    yield Question(
        operation.id, operation.method, whole, "path", other.number, body=body, twin=twin
    )
    inner = nested(operation.parameters, operation.path)
    if other is not home and inner:
        mixed = _filled(operation, {n: other if n in inner else home for n in operation.parameters})
        nothing = _filled(
            operation, {n: ABSENT if n in inner else home for n in operation.parameters}
        )
        yield Question(
            operation.id, operation.method, mixed, "inner path", other.number,
            body=body, twin=(nothing, {}, body),
        )  # fmt: skip


def _of_query(operation: Operation, home: World, other: World) -> Iterator[Question]:
    path = _filled(operation, dict.fromkeys(operation.parameters, home))
    for name, schema in operation.queries.items():
        if is_of_place(name):
            value, nothing = (str(sample_of(name, operation.path, w)) for w in (other, ABSENT))
            yield Question(
                operation.id, operation.method, path, f"query {name}", other.number,
                {name: value}, twin=(path, {name: nothing}, None),
            )  # fmt: skip
            continue
        for choice in _choices(schema):
            yield Question(
                operation.id, operation.method, path, f"query {name}", other.number,
                {name: choice},
            )  # fmt: skip


def _choices(schema: Mapping[str, Any]) -> list[str]:
    """What a sort, a filter or a format can be; for a search, what only the other world has."""
    if "enum" in schema:
        return [str(choice) for choice in schema["enum"]]
    for part in schema.get("anyOf", []):
        if found := _choices(part):
            return found
    if schema.get("type") == "boolean":
        return ["true", "false"]
    return ["qz"] if schema.get("type") == "string" and "format" not in schema else []


def _of_body(operation: Operation, home: World, other: World, body: Any) -> Iterator[Question]:
    """Only what is done at home, but names something of another world."""
    if not isinstance(body, dict):
        return
    path = _filled(operation, dict.fromkeys(operation.parameters, home))
    for name in body:
        if not is_of_place(name) or body[name] is None:
            continue
        foreign = {**body, name: sample_of(name, operation.path, other)}
        nothing = {**body, name: sample_of(name, operation.path, ABSENT)}
        yield Question(
            operation.id, operation.method, path, f"body {name}", other.number,
            body=foreign, twin=(path, {}, nothing),
        )  # fmt: skip


def _filled(operation: Operation, worlds: Mapping[str, World]) -> str:
    path = operation.path
    for name, world in worlds.items():
        path = path.replace(f"{{{name}}}", str(sample_of(name, operation.path, world)))
    return path
