"""All targets by name, each brought in only where it is run."""

import importlib
from collections.abc import Callable, Sequence
from typing import Final, Protocol, cast

from shared.contracts.adapters.rules import Dialect


class Target(Protocol):
    """A module of `targets`, by its functions; or one dialect of them."""

    @property
    def seeds(self) -> Callable[[], Sequence[bytes]]: ...

    @property
    def one(self) -> Callable[[bytes], None]: ...


_MODULES: Final = ("inbox", "contracts", "pictures", "mqtt")
TARGETS: Final = ("inbox", *(dialect.value for dialect in Dialect), *_MODULES[1:])
#: Broken on purpose: who finds nothing must be able to.
PLANTED: Final = ("raises", "lingers", "hoards")


def target(name: str) -> Target:
    if name in _MODULES:
        return cast("Target", importlib.import_module(f"tests.fuzz.targets.{name}"))
    if name in PLANTED:
        return _in("planted", name)
    return _in("dialects", name)


def _in(module: str, name: str) -> Target:
    """One of several targets of a module."""
    of: Callable[[str], Target] = importlib.import_module(f"tests.fuzz.targets.{module}").of
    return of(name)
