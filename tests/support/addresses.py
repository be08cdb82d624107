"""Every address of the API and of the console, from the tables by which they are found."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

from services.api.app import build
from services.api.console.install import console


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """One method at one address."""

    path: str
    method: str

    @property
    def is_of_the_api(self) -> bool:
        return self.path.startswith("/api/")

    def filled(self, values: Mapping[str, str]) -> str:
        """With a value for each part that has a name; `1` where none is known."""
        return re.sub(r"\{(\w+)(:\w+)?\}", lambda part: values.get(part[1], "1"), self.path)


@cache
def of_the_api() -> list[Address]:
    """Also what watches over us asks: /livez and the like."""
    return _addresses(build().routes)


@cache
def of_the_console() -> list[Address]:
    return _addresses(console().routes)


def _addresses(routes: Iterable[BaseRoute]) -> list[Address]:
    return sorted(
        Address(str(route.path), method)
        for route in iter_route_contexts(list(routes))
        for method in route.methods or ()
    )


def methods_at(path: str, table: Iterable[Address]) -> set[str]:
    """By a naive reading of the patterns, part by part."""
    return {address.method for address in table if _is_at(path, address.path)}


def _is_at(path: str, pattern: str) -> bool:
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(
        want == part or want.startswith("{") for part, want in zip(parts, wanted, strict=True)
    )
