"""Why a zone is not watched: one device, its picture, its gateway, the whole facility, or a round.

device ──▶ gateway ──▶ facility        what seemed narrow may turn out to be wide, never back;
                        silent ──▶ link | power        what lasts when the rest is over is split off
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.domain import falling
from shared.domain.incidents import WIDENING, Lapse, Moments, Silence, Witness, silence_of
from shared.domain.intervals import intersect
from shared.domain.places import DeviceKind
from shared.domain.states import WHOLE_FACILITY, Cause, Hint, WatchState

#: A gateway through which only one device speaks cannot be told from that device.
FEWEST_BEHIND_A_GATEWAY: Final = 2
#: Mains that fail are told while batteries last; a line that fails, just before or after.
POWER_BEFORE: Final = timedelta(hours=4)
LINK_BEFORE: Final = timedelta(minutes=10)
#: A last will comes when the broker has waited long enough.
TOLD_AFTER: Final = timedelta(minutes=2)

_LINK: Final = frozenset({Hint.LINK_LOST, Hint.BRIDGE_OFFLINE})
HINTS: Final = frozenset({Hint.POWER_FAILURE, *_LINK})
_BREADTH: Final = {
    Cause.DEVICE_SILENT: 0,
    Cause.GATEWAY_SILENT: 1,
    Cause.FACILITY_SILENT: 2,
    Cause.FACILITY_LINK: 3,
    Cause.FACILITY_POWER: 4,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a gap is put down to; gaps with the same finding are one incident."""

    cause: Cause
    gateway_id: int | None = None
    fault: WatchState | None = None

    @property
    def kin(self) -> "Finding":
        """All ways in which a whole facility is silent are one."""
        return Finding(Cause.FACILITY_SILENT) if self.cause in WHOLE_FACILITY else self


@dataclass(frozen=True, slots=True)
class Piece:
    """A gap that is a part of something wider: of what, and when the last of that fell silent."""

    whole: Finding
    fell_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A hint that holds, and since when."""

    hint: Hint
    since: datetime


def cause_of(lapse: Lapse, witnesses: Sequence[Witness]) -> Finding:
    """The widest thing that explains it."""
    own = _own(lapse, witnesses)
    if _is_round(lapse, own):
        return Finding(Cause.ROUND_MISSED)
    if _is_heard_but_blind(lapse, own):
        return Finding(Cause.PICTURE)
    if is_facility_silent(lapse, witnesses):
        return Finding(Cause.FACILITY_SILENT)
    gateway_id = _silent_gateway(lapse, own, witnesses)
    if gateway_id is not None:
        return Finding(Cause.GATEWAY_SILENT, gateway_id)
    return Finding(Cause.DEVICE_SILENT)


def is_facility_silent(lapse: Lapse, witnesses: Sequence[Witness]) -> bool:
    """Nobody was heard, and most fell silent together: one that died long ago changes nothing."""
    return _fell_silent([one for one in witnesses if _speaks(one)], lapse)


def pieces(lapses: Mapping[int, Lapse], witnesses: Sequence[Witness]) -> dict[int, Piece]:
    """By gap of one facility: the whole of which it turns out to be a part, if it does.

    One room alone proves nothing: a second must have fallen in the same silence.
    """
    speaking = [one for one in witnesses if _speaks(one)]
    facility = Finding(Cause.FACILITY_SILENT)
    found = {n: Piece(facility, at) for n, at in _of_one_fall(lapses, speaking).items()}
    for gateway_id in sorted({one.gateway_id for one in speaking if one.gateway_id is not None}):
        behind = _behind(gateway_id, speaking)
        through = {
            number: lapse
            for number, lapse in lapses.items()
            if number not in found and _is_explained(lapse, gateway_id, _own(lapse, witnesses))
        }
        if len(behind) >= FEWEST_BEHIND_A_GATEWAY:
            whole = Finding(Cause.GATEWAY_SILENT, gateway_id)
            found |= {n: Piece(whole, at) for n, at in _of_one_fall(through, behind).items()}
    return found


def is_silence(finding: Finding) -> bool:
    """Whether it may be a piece of something wider, or have pieces."""
    return finding.cause in _BREADTH


def is_wider(than: Finding, finding: Finding) -> bool:
    """Whether something seen in part turns out to be more, or to be known better."""
    before, after = _BREADTH.get(than.cause), _BREADTH.get(finding.cause)
    return before is not None and after is not None and before < after


def widest(findings: Iterable[Finding]) -> Finding:
    return max(findings, key=lambda finding: _BREADTH.get(finding.cause, -1))


def may_widen(*, cause: Cause, opened_at: datetime, was_told: bool, now: datetime) -> bool:
    """Whether what is open may still turn out to be wider before anybody is told."""
    is_last = _BREADTH.get(cause, 9) > _BREADTH[Cause.FACILITY_SILENT]
    return not is_last and not was_told and now - opened_at <= WIDENING


def fault_of(
    faults: Mapping[WatchState, Moments], start_at: datetime, end_at: datetime
) -> WatchState | None:
    """The fault that was told of for the longest; nothing if none was named."""
    lengths = {
        fault: sum((b - a for a, b in intersect(spans, ((start_at, end_at),))), start=timedelta())
        for fault, spans in faults.items()
    }
    named = {fault: length for fault, length in lengths.items() if length}
    return max(sorted(named), key=lambda fault: named[fault], default=None)


def _own(lapse: Lapse, witnesses: Sequence[Witness]) -> list[Witness]:
    there = [one for one in witnesses if one.stood_in(lapse.zone_id, lapse.start_at)]
    return [one for one in there if lapse.counts(one.kind)]


def _behind(gateway_id: int, witnesses: Sequence[Witness]) -> list[Witness]:
    return [one for one in witnesses if one.gateway_id == gateway_id and _speaks(one)]


def _of_one_fall(lapses: Mapping[int, Lapse], devices: Sequence[Witness]) -> dict[int, datetime]:
    """Those that fell in the same silence of all these devices as another room did; until when.

    What fell while we were blind is not known to have fallen before that ended.
    """
    looks = {falling.last_look(lapse): lapse.blind for lapse in lapses.values()}
    falls = {at: falling.fall_of(devices, until=at, blind=b) for at, b in looks.items()}
    known = {
        number: fall
        for number, lapse in lapses.items()
        if (fall := falls[falling.last_look(lapse)]) is not None and fall.has_piece(lapse)
    }
    return {
        number: max(fall.last_at, lapses[number].start_at)
        for number, fall in known.items()
        if any(
            lapses[other].zone_id != lapses[number].zone_id and fall.is_one_with(beside)
            for other, beside in known.items()
        )
    }


def _fell_silent(devices: Sequence[Witness], lapse: Lapse) -> bool:
    silences = [silence_of(device, lapse) for device in devices]
    if Silence.HEARD in silences:
        return False
    return 2 * silences.count(Silence.FELL_SILENT) > len(silences)


def _speaks(witness: Witness) -> bool:
    """A place on a round says nothing of whether the facility can be heard."""
    return witness.kind is not DeviceKind.ROUND_POINT


def _is_round(lapse: Lapse, own: Sequence[Witness]) -> bool:
    if lapse.kinds is not None:
        return lapse.kinds == {DeviceKind.ROUND_POINT}
    return bool(own) and not any(_speaks(one) for one in own)


def _is_heard_but_blind(lapse: Lapse, own: Sequence[Witness]) -> bool:
    """Enough of the zone's devices speak; that they do not count is the picture's fault."""
    during: Moments = ((lapse.start_at, lapse.end_at),)
    is_impaired = any(intersect(witness.impaired, during) for witness in own)
    heard = sum(silence_of(witness, lapse) is Silence.HEARD for witness in own)
    return is_impaired and heard >= lapse.min_devices


def facility_cause(lapse: Lapse, told: Iterable[Told]) -> Cause:
    """Mains that failed take the line with them."""
    hints = {one.hint for one in told if _is_about(one, lapse)}
    if Hint.POWER_FAILURE in hints:
        return Cause.FACILITY_POWER
    return Cause.FACILITY_LINK if hints & _LINK else Cause.FACILITY_SILENT


def _is_about(one: Told, lapse: Lapse) -> bool:
    before = POWER_BEFORE if one.hint is Hint.POWER_FAILURE else LINK_BEFORE
    return lapse.start_at - before <= one.since <= lapse.start_at + TOLD_AFTER


def _silent_gateway(
    lapse: Lapse, own: Sequence[Witness], witnesses: Sequence[Witness]
) -> int | None:
    """The gateway without whose silence the zone would be watched."""
    for gateway_id in sorted({one.gateway_id for one in own if one.gateway_id is not None}):
        behind = _behind(gateway_id, witnesses)
        if (
            len(behind) >= FEWEST_BEHIND_A_GATEWAY
            and _is_explained(lapse, gateway_id, own)
            and _fell_silent(behind, lapse)
        ):
            return gateway_id
    return None


def _is_explained(lapse: Lapse, gateway_id: int, own: Sequence[Witness]) -> bool:
    """Whether enough would watch there if what is silent through the gateway did."""
    silent = [one for one in own if silence_of(one, lapse) is not Silence.HEARD]
    through = sum(one.gateway_id == gateway_id for one in silent)
    return through > 0 and len(own) - len(silent) + through >= lapse.min_devices
