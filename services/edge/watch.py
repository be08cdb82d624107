"""The unbroken watch of one device: how what is seen of it extends, ends and begins a watch.

    none ──seen──▶ watching ──seen in time, same state──▶ watching, longer
                      ├──seen in time, other state──▶ ended; the next begins where this one ends
                      └──seen after too long a silence──▶ ended; the next begins now

The time between two looks is credited to a state only if both saw it. Between a good look and a
bad one it counts as bad, so nothing is ever called watched that may not have been.
"""

from dataclasses import dataclass, replace

from shared.contracts.heartbeat import GatewayHeartbeat
from shared.domain.states import WatchState


@dataclass(frozen=True, slots=True)
class Watch:
    """A device was in one state over [since, until), in milliseconds since the epoch."""

    device: str
    state: WatchState
    since_ms: int
    until_ms: int

    @property
    def is_empty(self) -> bool:
        return self.since_ms >= self.until_ms


@dataclass(frozen=True, slots=True)
class Reading:
    """What a device says of itself beside its watch; for display only."""

    battery: float | None = None
    rssi: float | None = None
    fps: float | None = None


NOTHING_READ = Reading()


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a device at one instant."""

    device: str
    state: WatchState
    at_ms: int


def begun(look: Look) -> Watch:
    return Watch(look.device, look.state, look.at_ms, look.at_ms)


def after(watch: Watch, look: Look, *, patience_ms: int) -> tuple[Watch | None, Watch]:
    """(the watch that ended, if one did; the one that goes on)."""
    silence_ms = look.at_ms - watch.until_ms
    if abs(silence_ms) > patience_ms:
        # Too long a silence, or the clock was set back: neither may be bridged.
        return _ended(watch), begun(look)
    now_ms = max(look.at_ms, watch.until_ms)
    if look.state is watch.state:
        return None, replace(watch, until_ms=now_ms)
    border_ms = now_ms if look.state is WatchState.OK else watch.until_ms
    following = Watch(look.device, look.state, border_ms, now_ms)
    return _ended(replace(watch, until_ms=border_ms)), following


def _ended(watch: Watch) -> Watch | None:
    return None if watch.is_empty else watch


def heartbeat(watch: Watch, reading: Reading = NOTHING_READ) -> GatewayHeartbeat:
    return GatewayHeartbeat(
        device=watch.device,
        at=watch.until_ms,
        since=watch.since_ms,
        state=watch.state,
        battery=reading.battery,
        rssi=reading.rssi,
        fps=reading.fps,
    )
