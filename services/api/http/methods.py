"""Which methods an address answers to: for the header `Allow`."""

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute


def allowed(routes: list[BaseRoute], path: str) -> str:
    """Of all routes that share the address; the framework names those of the first alone."""
    methods: set[str] = set()
    for route in iter_route_contexts(routes):
        if route.path_regex.match(path):
            methods |= route.methods or set()
    return ", ".join(sorted(methods))
