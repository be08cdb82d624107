"""Which gaps of a window approved maintenance excuses: pure. Without any, nothing is computed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.api.coverage.facts import Device, Record, Zone
from services.api.coverage.schemas import SpanOut
from shared.domain import exemptions
from shared.domain.coverage import Evidence, Moments, Tile
from shared.domain.exemptions import Duty, Watcher
from shared.domain.gaps import Requirement
from shared.domain.intervals import intersect, near, normal, subtract, union
from shared.domain.placements import spans_in
from shared.domain.places import DeviceKind
from shared.domain.states import SecondState


@dataclass(frozen=True, slots=True)
class Excuse:
    """What of a gap is excused, and which part of that was so at the time."""

    excused: Moments = ()
    in_time: Moments = ()


def of_zone(zone: Zone, record: Record, witnesses: Mapping[int, Evidence], gap: Moments) -> Excuse:
    """By its own exemption, or because devices that are exempt were wanting."""
    found = _of_zone(zone, record, witnesses, gap)
    if not found or not any(one.is_correction for one in record.exempt):
        return Excuse(found, found)
    return Excuse(found, _of_zone(zone, record.uncorrected(), witnesses, gap))


def _of_zone(
    zone: Zone, record: Record, witnesses: Mapping[int, Evidence], gap: Moments
) -> Moments:
    concerning = [one for one in record.exempt if one.zone in {None, zone.code}]
    if not gap or not concerning:
        return ()
    whole = union(*(one.spans for one in concerning if one.device is None))
    found = intersect(gap, whole)
    if any(one.device is not None for one in concerning):
        for requirement in zone.requirements:
            found = union(found, _by_devices(requirement, gap, zone, record, witnesses))
    return found


def _by_devices(
    requirement: Requirement,
    gap: Moments,
    zone: Zone,
    record: Record,
    witnesses: Mapping[int, Evidence],
) -> Moments:
    term = normal([(requirement.valid_from, requirement.valid_to or gap[-1][1])])
    watchers = [
        Watcher(
            witnesses[device.id].effective if device.id in witnesses else (),
            intersect(spans_in(zone.id, device.placements), _alive(device, gap)),
            _exempt(device.code, record),
        )
        for device in record.devices
        if requirement.counts(DeviceKind(device.kind))
    ]
    duty = Duty(requirement.min_devices, requirement.max_gap)
    return exemptions.excused(intersect(gap, term), duty, watchers)


def of_device(device: Device, record: Record, gap: Moments) -> Excuse:
    """By its own exemption, or by that of where it stands."""
    if not record.exempt:
        return Excuse()
    return Excuse(
        intersect(gap, _concerning(device, record)),
        intersect(gap, _concerning(device, record.uncorrected())),
    )


def _concerning(device: Device, record: Record) -> Moments:
    codes = {zone.id: zone.code for zone in record.zones}
    spans = [_exempt(device.code, record)]
    for one in record.exempt:
        if one.device is None and one.zone is None:
            spans.append(one.spans)
        elif one.zone is not None:
            stays = [p for p in device.placements if codes.get(p.zone_id) == one.zone]
            spans.append(intersect(one.spans, normal(stay.span for stay in stays)))
    return union(*spans)


def gap_of(tiles: Sequence[Tile]) -> Moments:
    return normal((t.start_at, t.end_at) for t in tiles if t.state is SecondState.GAP)


def _exempt(code: str, record: Record) -> Moments:
    return union(*(one.spans for one in record.exempt if one.device == code))


def _alive(device: Device, gap: Moments) -> Moments:
    """As far as it matters here."""
    end = device.lifetime.retired_at or gap[-1][1]
    return normal([(device.lifetime.registered_at, end)])


def cut(tiles: Sequence[Tile], excuse: Excuse) -> list[SpanOut]:
    """Gaps are cut where they are excused; a second counts as excused only if all of it is."""
    excused = whole(excuse.excused)
    corrected = subtract(excused, whole(excuse.in_time))
    return [span for tile in tiles for span in _cut(tile, excused, corrected)]


def _cut(tile: Tile, excused: Moments, corrected: Moments) -> Iterator[SpanOut]:
    own = (tile.start_at, tile.end_at)
    inside = intersect((own,), near(excused, own)) if tile.state is SecondState.GAP else ()
    later = intersect(inside, corrected)
    pieces = [(*span, False, False) for span in subtract((own,), inside)]
    pieces += [(*span, True, False) for span in subtract(inside, later)]
    pieces += [(*span, True, True) for span in later]
    for start, end, is_excused, is_corrected in sorted(pieces):
        yield SpanOut(start, end, tile.state, tile.quality, tile.fault, is_excused, is_corrected)


def whole(spans: Moments) -> Moments:
    """In to whole seconds."""
    return normal((_ceil(start), _floor(end)) for start, end in spans)


def seconds(spans: Iterable[SpanOut]) -> tuple[int, int]:
    """Excused at all, and of that only afterwards."""
    excused = [one for one in spans if one.excused]
    return _length(excused), _length(one for one in excused if one.corrected)


def _length(spans: Iterable[SpanOut]) -> int:
    return sum(round((one.end - one.start).total_seconds()) for one in spans)


def _floor(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


def _ceil(instant: datetime) -> datetime:
    return instant if not instant.microsecond else _floor(instant) + timedelta(seconds=1)
