"""What is to be noted of the devices of a flush, as rows of the tables."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from services.ingest.notes.security import SecurityEvent
from services.ingest.track import Held, Track
from shared.domain.device_clock import DeviceClock
from shared.domain.identity import Identity
from shared.domain.schedule import local_day

Row = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)


def of_identity(device_id: int, identity: Identity) -> Row:
    doubted_us = identity.doubted_until_us
    return {
        "device_id": device_id,
        "boot": identity.boot,
        "began_at": instant(identity.began_us),
        "seq": identity.seq,
        "at": instant(identity.at_us),
        "former": msgspec.json.encode(identity.former).decode(),
        "doubted_until": instant(doubted_us) if doubted_us else None,
    }


def of_clock(device_id: int, clock: DeviceClock) -> Row:
    return {
        "device_id": device_id,
        "state": clock.state.value,
        "offset_ms": round(clock.offset_us / 1000),
        "since": instant(clock.since_us),
        "measured_at": instant(clock.last_us),
    }


def of_conditions(device_id: int, conditions: dict[str, Held]) -> Iterator[Row]:
    for name, held in sorted(conditions.items()):
        yield {
            "device_id": device_id,
            "condition": name,
            "holds": held.holds,
            "since": instant(held.since_us),
        }


def untold(track: Track) -> dict[str, Held]:
    """The conditions that changed since they were last written; they count as written now."""
    changed = {name: held for name, held in (track.conditions or {}).items() if held.must_tell}
    for held in changed.values():
        held.must_tell = False
    return changed


def of_security(events: Iterable[SecurityEvent]) -> list[Row]:
    return [
        {
            "device_id": event.track.device_id,
            "day": local_day(instant(event.last_us), event.track.site.time_zone),
            "kind": event.kind.value,
            "count": event.count,
            "first_at": instant(event.first_us),
            "last_at": instant(event.last_us),
        }
        for event in events
    ]
