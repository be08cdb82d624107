"""Targets that are broken on purpose, by inputs of some length, which soon come."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Planted:
    """Begins with an input that is harmless."""

    one: Callable[[bytes], None]

    @staticmethod
    def seeds() -> list[bytes]:
        return [b"{}"]


def of(name: str) -> Planted:
    return Planted({"raises": _raises, "lingers": _lingers, "hoards": _hoards}[name])


def _raises(data: bytes) -> None:
    if len(data) > 4:
        raise KeyError(data)


def _lingers(data: bytes) -> None:
    if len(data) > 4:
        sum(range(10_000_000))


def _hoards(data: bytes) -> None:
    if len(data) > 4:
        bytearray(100 << 20)
