"""What a foreign message means for our devices, by the rules of whoever published it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from shared.contracts.adapters import frigate, onvif, shelly, sparkplug, tasmota, zigbee2mqtt
from shared.contracts.adapters.base import Heard, Memory, Statement, UnreadableError

#: The name in a rule that stands for whatever name has no rule of its own.
ANY_NAME: Final = "*"
#: The name in a statement that stands for all devices behind the hub that says it. A name that
#: ends in a slash stands for those with a rule for a name below it: `edge/` for `edge/door`.
WHOLE_HUB: Final = ""
BELOW: Final = "/"

Reader: TypeAlias = Callable[[Heard, Memory], list[Statement]]


class Dialect(StrEnum):
    """A module of this package."""

    ONVIF = "onvif"
    FRIGATE = "frigate"
    ZIGBEE2MQTT = "zigbee2mqtt"
    TASMOTA = "tasmota"
    SHELLY = "shelly"
    SPARKPLUG = "sparkplug"


READERS: Final[Mapping[Dialect, Reader]] = {
    Dialect.ONVIF: onvif.read,
    Dialect.FRIGATE: frigate.read,
    Dialect.ZIGBEE2MQTT: zigbee2mqtt.read,
    Dialect.TASMOTA: tasmota.read,
    Dialect.SHELLY: shelly.read,
    Dialect.SPARKPLUG: sparkplug.read,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """Below `prefix`, what `dialect` calls `name` is our `device`.

    The prefix is levels of a topic below the publisher's own, without a slash at its end; it is
    empty where the dialect's topics begin right there.
    """

    dialect: Dialect
    prefix: str
    name: str
    device: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What was stated of which device, and which names no rule knows.

    `dialect` is the one that spoke, or that was asked first if none had anything to say; nothing
    if the topic is below no rule's prefix.
    """

    dialect: Dialect | None = None
    statements: tuple[tuple[str, Statement], ...] = ()
    unmapped: tuple[str, ...] = ()

    @property
    def has_rule(self) -> bool:
        return self.dialect is not None


UNRULED: Final = Meaning()


@dataclass(frozen=True, slots=True)
class _Branch:
    """The rules of one dialect below one prefix."""

    dialect: Dialect
    read: Reader
    memory_key: str
    device_of: Mapping[str, str]
    other: str | None
    devices: tuple[str, ...]
    below: Mapping[str, tuple[str, ...]]

    def meaning(self, stated: list[Statement]) -> Meaning:
        mapped: list[tuple[str, Statement]] = []
        unmapped: dict[str, None] = {}
        for statement in stated:
            name = statement.name
            if name == WHOLE_HUB:
                mapped += [(device, statement) for device in self.devices]
            elif name.endswith(BELOW):
                mapped += [(device, statement) for device in self.below.get(name, ())]
            elif (device := self.device_of.get(name, self.other)) is not None:
                mapped.append((device, statement))
            else:
                unmapped[name] = None
        return Meaning(self.dialect, tuple(mapped), tuple(unmapped))


class RuleBook:
    """The rules of one publisher, prepared once and then only read."""

    __slots__ = ("_branches", "_longest")

    def __init__(self, rules: Iterable[Rule], readers: Mapping[Dialect, Reader] = READERS) -> None:
        grouped: dict[str, dict[Dialect, list[Rule]]] = {}
        for rule in rules:
            grouped.setdefault(rule.prefix, {}).setdefault(rule.dialect, []).append(rule)
        self._branches = {
            prefix: tuple(
                _branch(by_dialect[dialect], readers[dialect]) for dialect in sorted(by_dialect)
            )
            for prefix, by_dialect in grouped.items()
        }
        self._longest = max(map(len, grouped), default=0)

    def interpret(
        self,
        topic: str,
        payload: bytes,
        *,
        received_us: int,
        is_retained: bool,
        memory: Memory | None,
    ) -> Meaning:
        """The meaning of what was published on `topic`, which follows `giamsat/v1/F/P/`.

        `memory` is the publisher's, one for all its prefixes; without one each message is
        understood by itself. Raises UnreadableError.
        """
        prefix, branches = self._below(topic)
        if not branches:
            return UNRULED
        rest = topic[len(prefix) + 1 :] if prefix else topic
        heard = Heard(rest, payload, received_us, is_retained)
        return _heard_by(branches, heard, memory)

    def _below(self, topic: str) -> tuple[str, tuple[_Branch, ...]]:
        """The longest prefix of whole levels, with something after it, that has rules."""
        # No further than the longest prefix: a topic may have thirty thousand levels.
        end = topic.rfind("/", 0, self._longest + 1)
        while end > 0:
            branches = self._branches.get(topic[:end])
            if branches is not None:
                return topic[:end], branches
            end = topic.rfind("/", 0, end)
        return "", self._branches.get("", ())


def interpret(
    rules: Iterable[Rule], topic: str, payload: bytes, *, received_us: int, is_retained: bool
) -> Meaning:
    """The meaning of one message by itself, as shown to an operator. Raises UnreadableError."""
    return RuleBook(rules).interpret(
        topic, payload, received_us=received_us, is_retained=is_retained, memory=None
    )


def _branch(rules: list[Rule], read: Reader) -> _Branch:
    dialect, prefix = rules[0].dialect, rules[0].prefix
    device_of = {rule.name: rule.device for rule in rules}
    return _Branch(
        dialect=dialect,
        read=read,
        memory_key=f"{dialect}:{prefix}",
        device_of={name: device for name, device in device_of.items() if name != ANY_NAME},
        other=device_of.get(ANY_NAME),
        devices=tuple(dict.fromkeys(device_of.values())),
        below=_below(device_of),
    )


def _below(device_of: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """For each level above a name, with its slash, the devices of the names below it."""
    devices: dict[str, dict[str, None]] = {}
    for name, device in device_of.items():
        levels = name.split(BELOW)
        for count in range(1, len(levels)):
            devices.setdefault(BELOW.join(levels[:count]) + BELOW, {})[device] = None
    return {above: tuple(found) for above, found in devices.items()}


def _heard_by(branches: tuple[_Branch, ...], heard: Heard, memory: Memory | None) -> Meaning:
    """What the first dialect says that has something to say.

    Mostly there is one below a prefix. Where several share it, a message that one cannot read may
    be another's.
    """
    unread: UnreadableError | None = None
    for branch in branches:
        own = {} if memory is None else memory.setdefault(branch.memory_key, {})
        try:
            stated = branch.read(heard, own)
        except UnreadableError as problem:
            unread = unread or problem
            continue
        if stated:
            return branch.meaning(stated)
    if unread is not None:
        raise unread
    return Meaning(branches[0].dialect)
