"""Through which gateway a short message goes next, after what became of it so far.

A gateway that knows our key is asked again under the same key while its answer is lost: if it has
the message, it says so and sends it once. Everything else goes on to the next one in the order of
the settings; what failed this message goes last. A gateway that took it and kept silent is not
asked again, and whatever goes out after it says that it may be a repeat.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: No longer than this is one gateway asked what became of a message: it must be told, even twice.
#: As long as a report may take.
STAYS: Final = timedelta(minutes=5)
#: For how long a gateway that knows keys knows them.
KEY_LASTS: Final = timedelta(hours=24)


class End(StrEnum):
    """How a try ended."""

    TAKEN = "taken"
    NOT_TAKEN = "not_taken"
    UNKNOWN = "unknown"
    #: Taken for another number or by another name, and did not arrive.
    DID_NOT_ARRIVE = "did_not_arrive"
    #: Taken for this number, and no report came in time.
    UNREPORTED = "unreported"


@dataclass(frozen=True, slots=True)
class Try:
    gateway: str
    end: End
    at: datetime


@dataclass(frozen=True, slots=True)
class Route:
    """`gateways` in order. `may_repeat` are those that may send what went out already.

    No gateway at all: each has taken it, or may have.
    """

    gateways: tuple[str, ...]
    may_repeat: frozenset[str]


def route(
    keyed: Mapping[str, bool], tries: Sequence[Try], *, resting: frozenset[str], now: datetime
) -> Route:
    """`keyed`: the gateways in the order of the settings, and whether each knows keys."""
    silent = {one.gateway for one in tries if one.end is End.UNREPORTED}
    lost = [one for one in tries if one.end is End.UNKNOWN and one.gateway not in silent]
    left = {
        name: is_keyed
        for name, is_keyed in keyed.items()
        if name not in silent and not (silent and _had_its_turn(name, keyed, lost, now))
    }
    asked = _to_ask_again(left, lost, now)
    failures = {name: sum(_has_failed(one, name) for one in tries) for name in left}
    order = sorted(left, key=lambda name: (failures[name], name in resting))
    return Route(
        gateways=tuple(order) if asked is None else (asked,),
        may_repeat=frozenset(
            name
            for name, is_keyed in left.items()
            if silent
            or any(one.gateway != name or not is_keyed or _is_forgotten(one, now) for one in lost)
        ),
    )


def was_taken(tries: Sequence[Try]) -> bool:
    """Whether it may have arrived already, and is only sent to be sure."""
    return any(one.end is End.UNREPORTED for one in tries)


def _had_its_turn(name: str, keyed: Mapping[str, bool], lost: Sequence[Try], now: datetime) -> bool:
    """Whether it may have it already, and cannot be asked about it any more."""
    own = [one.at for one in lost if one.gateway == name]
    return bool(own) and not (keyed[name] and now - min(own) < STAYS)


def _to_ask_again(keyed: Mapping[str, bool], lost: Sequence[Try], now: datetime) -> str | None:
    name = lost[-1].gateway if lost else ""
    if not keyed.get(name, False):
        return None
    first_at = min(one.at for one in lost if one.gateway == name)
    return name if now - first_at < STAYS else None


def _has_failed(one: Try, name: str) -> bool:
    return one.gateway == name and one.end is not End.TAKEN


def _is_forgotten(one: Try, now: datetime) -> bool:
    return now - one.at >= KEY_LASTS
