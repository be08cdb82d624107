"""docker-compose.yml as `docker compose` reads it, with one file of settings."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"

Service = Mapping[str, Any]
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*)|:\?([^}]*))?\}")


def settings_of(file: Path) -> dict[str, str]:
    lines = (line for line in file.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def text() -> str:
    return (ROOT / "docker-compose.yml").read_text()


def variables() -> dict[str, bool]:
    """Whatever the file asks the person for, and whether it must be given."""
    found = _VARIABLE.findall(text())
    return {name: any(n == name and asked for n, _, asked in found) for name, _, _ in found}


def read(given: Mapping[str, str]) -> dict[str, Any]:
    loaded: dict[str, Any] = _filled_in(yaml.safe_load(text()), given)
    return loaded


def _filled_in(node: Any, given: Mapping[str, str]) -> Any:
    """Variables are replaced within texts only, after the file was parsed."""
    if isinstance(node, dict):
        return {key: _filled_in(value, given) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled_in(value, given) for value in node]
    return _VARIABLE.sub(lambda m: _value(m, given), node) if isinstance(node, str) else node


def _value(found: re.Match[str], given: Mapping[str, str]) -> str:
    name, default, asked = found.groups()
    if asked is not None and not given.get(name):
        raise KeyError(name)
    return given.get(name) or default or ""
