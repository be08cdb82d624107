"""Which foreign names were seen lately that no rule knows, from the messages set aside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.api.adapters.queries import Stray
from services.api.adapters.reading import Message, Reading, read
from shared.contracts.adapters.rules import Dialect, Rule


@dataclass(frozen=True, slots=True)
class Named:
    """What a rule for a name would say, but for the device."""

    dialect: Dialect
    prefix: str
    name: str


@dataclass(slots=True)
class Unknown:
    """A name of one publisher, and the entries of quarantine that it was seen in."""

    publisher: str
    named: Named
    is_guess: bool
    last_at: datetime
    count: int = 0
    entries: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Seen:
    """Names to be mapped, and the entries that rules made since would understand by now."""

    unknown: Sequence[Unknown]
    mapped_since: Sequence[int]


def seen(
    strays: Iterable[Stray], rules: Mapping[str, Sequence[Rule]], *, root: str, now_us: int
) -> Seen:
    """`rules` by publisher in service; `root` is the facility's topic. In the order of strays."""
    unknown: dict[tuple[str, Named], Unknown] = {}
    mapped_since: list[int] = []
    for stray in strays:
        publisher, _, topic = stray.topic.removeprefix(f"{root}/").partition("/")
        if publisher not in rules or not topic:
            continue
        reading = read(rules[publisher], Message(publisher, topic, _whole(stray), now_us))
        for one in _named(reading):
            is_guess = reading.dialect is None
            found = Unknown(publisher, one, is_guess, stray.last_at)
            found = unknown.setdefault((publisher, one), found)
            found.count += stray.count
            found.entries.append(stray.id)
        if stray.payload is not None and reading.statements and not reading.unmapped:
            mapped_since.append(stray.id)
    return Seen(list(unknown.values()), mapped_since)


def _whole(stray: Stray) -> bytes:
    """A short message is its own sample."""
    return stray.sample.encode() if stray.payload is None else stray.payload


def _named(reading: Reading) -> list[Named]:
    """The names in a message that no rule knows; without any rule those of the likeliest one."""
    if reading.dialect is not None:
        return [Named(reading.dialect, reading.prefix, name) for name in reading.unmapped]
    return [
        Named(guess.dialect, guess.prefix, name)
        for guess in reading.guesses[:1]
        for name in guess.names
    ]
