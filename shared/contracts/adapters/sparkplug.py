"""Sparkplug B: births and data attest, deaths are hints, what was stored attests its own time.

As the specification (3.0, chapters 4 to 6) tells it. An edge node is called `edge`, a device
`edge/device`; the rule's prefix ends before the namespace, or after the group. What is historical
says nothing of now. A death that belongs to an earlier session than the birth last heard comes
late, and holes in `seq` are messages lost: both show only to who remembers, and only to who hears
every message of the node, so with several workers at once no memory is to be given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Final

from shared.contracts.adapters import sparkplug_wire as wire
from shared.contracts.adapters.base import (
    Attestation,
    Condition,
    Heard,
    Memory,
    Statement,
    UnreadableError,
)
from shared.contracts.adapters.readings import sensible
from shared.contracts.adapters.recall import remember
from shared.domain.states import Hint

_NAMESPACE: Final = "spBv1.0"
_OF_NODES: Final = frozenset({"NBIRTH", "NDATA", "NDEATH"})
_OF_DEVICES: Final = frozenset({"DBIRTH", "DDATA", "DDEATH"})
_BIRTHS: Final = frozenset({"NBIRTH", "DBIRTH"})
_SESSION: Final = b"bdSeq"
#: The last level of a metric's name, in small letters.
_READINGS: Final = {b"battery": "battery", b"rssi": "rssi", b"fps": "fps"}
#: 2020-01-01 UTC: a clock behind that was never set.
_SET_CLOCK_US: Final = 1_577_836_800_000_000
_MOST_TYPES: Final = 512


@dataclass(frozen=True, slots=True)
class _Source:
    """Who a message is of, by its topic."""

    kind: str
    group: str
    edge: str
    device: str | None

    @property
    def name(self) -> str:
        return self.edge if self.device is None else f"{self.edge}/{self.device}"


@dataclass(slots=True)
class _Edge:
    """What is known of an edge node's session.

    `types`: which reading a metric is, and of what type, by its alias or by whose it is and its
    name, for both may be told at birth only.
    """

    session: int | None = None
    seq: int | None = None
    has_missed: bool = False
    is_alive: bool = False
    types: dict[int | tuple[str, bytes], tuple[str, int]] = field(default_factory=dict)

    def learn(self, source: _Source, metrics: list[wire.Metric]) -> None:
        for metric in metrics:
            reading = _reading(metric.name)
            if reading is None or len(self.types) >= _MOST_TYPES:
                continue
            self.types[source.name, metric.name] = reading, metric.datatype
            if metric.HasField("alias"):
                self.types[metric.alias] = reading, metric.datatype

    def readings(self, source: _Source, metrics: list[wire.Metric]) -> Mapping[str, float]:
        found: dict[str, object] = {}
        for metric in metrics:
            reading = _reading(metric.name) if metric.name else None
            if metric.name and reading is None:
                continue
            key = (source.name, metric.name) if metric.name else metric.alias
            known, datatype = self.types.get(key, (reading, 0))
            if known is not None:
                found[known] = wire.value_of(metric, metric.datatype or datatype)
        return sensible(**found)


def read(heard: Heard, memory: Memory) -> list[Statement]:
    """What the message states; nothing if it is none of our business. Raises UnreadableError."""
    source = _source(heard.topic)
    if source is None:
        return []
    payload = wire.parse(heard.payload)
    # None of these may be retained; one that is shows a broker's past.
    if heard.is_retained:
        return []
    key = f"{source.group}/{source.edge}"
    edge: _Edge = memory.get(key) or _Edge()
    if source.kind == "NDEATH":
        return _death(source, payload, edge, heard.received_us)
    told = _sequence(source, payload, edge, heard.received_us)
    remember(memory, key, edge)
    if source.kind == "DDEATH":
        at_us = _instant(payload.timestamp, heard.received_us)
        return [Condition(source.name, Hint.OFFLINE, holds=True, at_us=at_us), *told]
    return [*_alive(source, payload, edge, heard.received_us), *told]


def _source(topic: str) -> _Source | None:
    levels = topic.split("/")
    group = ""
    if levels[0] == _NAMESPACE and len(levels) > 1:
        group, levels = levels[1], levels[2:]
    match levels:
        case [kind, edge] if kind in _OF_NODES and edge:
            return _Source(kind, group, edge, None)
        case [kind, edge, device] if kind in _OF_DEVICES and edge and device:
            return _Source(kind, group, edge, device)
    return None


def _death(
    source: _Source, payload: wire.Payload, edge: _Edge, received_us: int
) -> list[Statement]:
    """Its own time is that of the connection it was left with, so arrival is what counts."""
    session = _session(payload)
    if session is None:
        raise UnreadableError("expected the metric bdSeq in a death certificate")
    if edge.session is not None and edge.session != session:
        return []
    edge.seq, edge.is_alive = None, False
    return _node(source, is_offline=True, at_us=received_us)


def _session(payload: wire.Payload) -> int | None:
    for metric in payload.metrics:
        if metric.name == _SESSION:
            value = wire.value_of(metric, metric.datatype)
            return None if value is None or not isfinite(value) else int(value)
    return None


def _sequence(
    source: _Source, payload: wire.Payload, edge: _Edge, received_us: int
) -> list[Statement]:
    """A hole is told until messages follow one another again."""
    if not payload.HasField("seq") or payload.seq > 255:
        raise UnreadableError("expected seq from 0 to 255")
    before, edge.seq = edge.seq, payload.seq
    is_first = before is None or source.kind == "NBIRTH"
    if before == payload.seq and not is_first:
        return []  # the same again
    has_missed = not is_first and payload.seq != ((before or 0) + 1) % 256
    if has_missed is edge.has_missed:
        return []
    edge.has_missed = has_missed
    return [Condition(source.edge, Hint.MESSAGES_MISSED, has_missed, received_us)]


def _alive(
    source: _Source, payload: wire.Payload, edge: _Edge, received_us: int
) -> list[Statement]:
    live = [metric for metric in payload.metrics if not metric.is_historical]
    stated: list[Statement] = [Attestation(source.name, at) for at in _stored(payload, received_us)]
    if source.kind == "NBIRTH":
        edge.session, edge.is_alive = _session(payload), False
        edge.types.clear()
    if source.kind in _BIRTHS:
        edge.learn(source, live)
    elif not live and (payload.metrics or source.device is not None):
        return stated
    at_us = _instant(payload.timestamp, received_us)
    if source.kind == "DDATA":
        # The node sends for the device: what counts is when the device was last read.
        at_us = _instant(max(metric.timestamp for metric in live) or payload.timestamp, received_us)
    stated.append(Attestation(source.name, at_us, readings=edge.readings(source, live)))
    return stated + _back(source, edge, at_us)


def _stored(payload: wire.Payload, received_us: int) -> list[int]:
    """The instants of what is historical, each once."""
    told = {metric.timestamp * 1000 for metric in payload.metrics if metric.is_historical}
    return sorted(at_us for at_us in told if _SET_CLOCK_US <= at_us < received_us)


def _instant(stamp_ms: int, received_us: int) -> int:
    """Of a clock that was never set, or is ahead, nothing is believed but that it is now."""
    at_us = stamp_ms * 1000
    return at_us if _SET_CLOCK_US <= at_us < received_us else received_us


def _back(source: _Source, edge: _Edge, at_us: int) -> list[Statement]:
    """Who speaks is not offline; that its node is back is told to all others once."""
    told: list[Statement] = [Condition(source.name, Hint.OFFLINE, holds=False, at_us=at_us)]
    if source.device is not None:
        told.append(Condition(source.name, Hint.BRIDGE_OFFLINE, holds=False, at_us=at_us))
    elif not edge.is_alive:
        edge.is_alive = True
        told = _node(source, is_offline=False, at_us=at_us)
    return told


def _node(source: _Source, *, is_offline: bool, at_us: int) -> list[Statement]:
    """Without their node its devices cannot speak, and so are unknown rather than down."""
    return [
        Condition(source.edge, Hint.OFFLINE, is_offline, at_us),
        Condition(f"{source.edge}/", Hint.BRIDGE_OFFLINE, is_offline, at_us),
    ]


def _reading(name: bytes) -> str | None:
    return _READINGS.get(name[name.rfind(b"/") + 1 :].lower())
