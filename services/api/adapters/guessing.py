"""Which rule would make a message understood that no rule knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.contracts.adapters.base import UnreadableError
from shared.contracts.adapters.rules import ANY_NAME, BELOW, WHOLE_HUB, Dialect, Rule, RuleBook

#: A sensor's message is any object on any topic, so it is only a guess where nothing else fits.
_TAKES_ANYTHING: Final = Dialect.ZIGBEE2MQTT
_STRICTEST_FIRST: Final = (
    Dialect.SPARKPLUG,
    Dialect.ONVIF,
    Dialect.FRIGATE,
    Dialect.TASMOTA,
    Dialect.SHELLY,
    _TAKES_ANYTHING,
)
#: Base topics that programs have as they are shipped.
_AS_SHIPPED: Final = {Dialect.FRIGATE: "frigate", Dialect.ZIGBEE2MQTT: "zigbee2mqtt"}
#: One of these that names nobody speaks of itself: it publishes right below its own topic.
_SPEAK_FOR_THEMSELVES: Final = frozenset({Dialect.ONVIF, Dialect.TASMOTA, Dialect.SHELLY})
_MOST_LEVELS: Final = 4


@dataclass(frozen=True, slots=True)
class Guess:
    """With rules of this dialect below this prefix, the message speaks of these names."""

    dialect: Dialect
    prefix: str
    names: tuple[str, ...]


def guesses(topic: str, payload: bytes, *, received_us: int) -> list[Guess]:
    """The likeliest first, one a dialect. `topic` is below the publisher's own."""
    found: list[Guess] = []
    for dialect in _STRICTEST_FIRST:
        guess = _best(dialect, topic, payload, received_us=received_us)
        if guess is not None and not (found and guess.dialect is _TAKES_ANYTHING):
            found.append(guess)
    return found


def _best(dialect: Dialect, topic: str, payload: bytes, *, received_us: int) -> Guess | None:
    """Below the base topic that the program is shipped with, else below as little as possible."""
    possible = _possible(dialect, topic, payload, received_us=received_us)
    shipped = _AS_SHIPPED.get(dialect)
    if shipped in topic.split("/")[:-1]:
        possible = (guess for guess in possible if guess.prefix.rpartition("/")[2] == shipped)
    return next(possible, None)


def _possible(dialect: Dialect, topic: str, payload: bytes, *, received_us: int) -> Iterator[Guess]:
    levels = topic.split("/")
    for length in range(min(len(levels), _MOST_LEVELS)):
        prefix = "/".join(levels[:length])
        book = RuleBook([Rule(dialect, prefix, ANY_NAME, ANY_NAME)])
        try:
            meaning = book.interpret(
                topic, payload, received_us=received_us, is_retained=False, memory=None
            )
        except UnreadableError:
            continue
        stated = dict.fromkeys(statement.name for _, statement in meaning.statements)
        names = tuple(name for name in stated if not (name == WHOLE_HUB or name.endswith(BELOW)))
        if stated and not names and dialect in _SPEAK_FOR_THEMSELVES:
            names = (ANY_NAME,)
        if names:
            yield Guess(dialect, prefix, names)
