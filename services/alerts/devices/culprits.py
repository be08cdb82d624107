"""Which devices of a zone that is not watched do not watch, and what is known of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.domain.places import DeviceKind
from shared.domain.states import WatchState

#: Ingest writes the latest word of a device every five seconds at most, so it may be that old.
SLACK: Final = timedelta(seconds=6)


@dataclass(frozen=True, slots=True)
class Watcher:
    """A device that should watch, with its latest word, as far as anything is known."""

    name: str
    code: str
    kind: DeviceKind
    patience: timedelta
    heard_at: datetime | None
    state: WatchState | None
    known_until: datetime | None


@dataclass(frozen=True, slots=True)
class Culprit:
    """A device that does not watch: it reports a fault, or is silent, perhaps from the start."""

    name: str
    code: str
    kind: DeviceKind
    heard_at: datetime | None
    fault: WatchState | None


def culprits(watchers: Iterable[Watcher], *, since: datetime) -> tuple[Culprit, ...]:
    """Those silent since the gap began or by now, and those that tell of a fault."""
    return tuple(
        Culprit(one.name, one.code, one.kind, one.heard_at, None if is_silent else one.state)
        for one in watchers
        if (is_silent := _is_silent(one, since)) or one.state is not WatchState.OK
    )


def _is_silent(watcher: Watcher, since: datetime) -> bool:
    if watcher.heard_at is None or watcher.heard_at <= since + SLACK:
        return True
    if watcher.known_until is None:
        return False
    return watcher.known_until - watcher.heard_at > watcher.patience + SLACK
