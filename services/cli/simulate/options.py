"""What a run of the simulator is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

from shared.domain.heartbeat import SECOND_US
from shared.runtime.errors import GiamsatError

#: One message of a gateway must hold them all.
MOST_DEVICES: Final = 100
DEFAULT_S: Final = 60.0
DAY_S: Final = 86_400.0
TROUBLES: Final = ("off", "cut", "faulty")
SHARES: Final = ("jitter", "plain", "signed", "wrong_clocks", "lost", "duplicated", "disordered")


class DialectName(StrEnum):
    """What a facility speaks: our own heartbeat, singly or through a gateway, or a foreign one."""

    GATEWAY = "gateway"
    HEARTBEAT = "heartbeat"
    FRIGATE = "frigate"
    ZIGBEE2MQTT = "zigbee2mqtt"
    TASMOTA = "tasmota"
    SHELLY = "shelly"
    SPARKPLUG = "sparkplug"
    ONVIF = "onvif"


class OptionsError(GiamsatError):
    """What was asked for cannot be done; the text says what can."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What comes and goes: the share of time it takes, and how long it lasts on average."""

    share: float = 0.0
    mean_s: float = 60.0


NEVER: Final = Trouble()


@dataclass(frozen=True, slots=True)
class Options:
    """Everything the plan depends on, besides the instant at which it begins."""

    seed: int = 1
    facilities: int = 1
    devices: int = 16
    interval_s: float = 30.0
    seconds: float = 60.0
    messages: int | None = None
    dialects: Mapping[DialectName, float] = field(default_factory=lambda: {DialectName.GATEWAY: 1})
    #: Shares of the speakers that send no `since`, that sign, whose clock is wrong.
    plain: float = 0.0
    signed: float = 0.0
    wrong_clocks: float = 0.0
    clock_error_s: float = 30.0
    #: How much earlier or later than its interval a message may come.
    jitter: float = 0.1
    #: Device off; link cut, and told afterwards; picture of no use.
    off: Trouble = NEVER
    cut: Trouble = NEVER
    faulty: Trouble = NEVER
    #: Shares of the messages that never leave, that come twice, that are overtaken.
    lost: float = 0.0
    duplicated: float = 0.0
    disordered: float = 0.0
    disorder_s: float = 5.0

    @property
    def end_us(self) -> int:
        """The end of the plan, from its begin."""
        return round(self.seconds * SECOND_US)

    @property
    def interval_us(self) -> int:
        return round(self.interval_s * SECOND_US)


def checked(options: Options) -> Options:
    """The same options, if they can be met. Raises OptionsError."""
    problem = _problem(options)
    if problem is not None:
        raise OptionsError(problem)
    return options


def _problem(options: Options) -> str | None:
    if options.facilities < 1 or not 1 <= options.devices <= MOST_DEVICES:
        return f"At least one facility, of 1 to {MOST_DEVICES} devices."
    if not 0.01 <= options.interval_s <= 3600:
        return "The interval is 0.01 to 3600 seconds."
    if options.seconds <= 0 or (options.messages is not None and options.messages < 1):
        return "The run must last, and at least one message be sent."
    if not options.dialects or min(options.dialects.values()) <= 0:
        return "Every dialect named needs a weight above 0."
    wrong = [name for name in SHARES if not 0 <= getattr(options, name) <= 1]
    for name in TROUBLES:
        trouble: Trouble = getattr(options, name)
        if not 0 <= trouble.share < 1 or trouble.mean_s <= 0:
            wrong.append(name)
    return f"Not a share from 0 to 1: {', '.join(wrong)}." if wrong else None


def of_words(typed: Mapping[str, Any]) -> Options:
    """Options as they were typed, by their names. Raises OptionsError."""
    same = {field.name: typed[field.name] for field in fields(Options) if field.name in typed}
    seconds = typed["seconds"]
    if seconds is None:
        seconds = DAY_S if typed["messages"] else DEFAULT_S
    troubles = {name: Trouble(typed[name], typed[f"{name}_s"]) for name in TROUBLES}
    changed = same | troubles | {"seconds": seconds, "interval_s": typed["interval"]}
    return checked(Options(**changed, dialects=dialects(typed["dialect"] or ["gateway"])))


def dialects(words: list[str]) -> dict[DialectName, float]:
    """`gateway=3` and `frigate` as weights; a name alone weighs 1."""
    weights: dict[DialectName, float] = {}
    for word in words:
        name, _, weight = word.partition("=")
        try:
            weights[DialectName(name)] = float(weight or 1)
        except ValueError as exc:
            known = ", ".join(DialectName)
            raise OptionsError(f"No dialect {word!r}. Known: {known}; with =WEIGHT.") from exc
    return weights
