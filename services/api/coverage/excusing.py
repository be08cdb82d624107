"""Which gaps of a window approved maintenance excuses: pure. Without any, nothing is computed."""

from collections.abc import Iterator, Mapping, Sequence
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


def of_zone(
    zone: Zone, record: Record, witnesses: Mapping[int, Evidence], tiles: Sequence[Tile]
) -> Moments:
    """By its own exemption, or because devices that are exempt were wanting."""
    gap = _gap(tiles)
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


def of_device(device: Device, record: Record, tiles: Sequence[Tile]) -> Moments:
    """By its own exemption, or by that of where it stands."""
    if not record.exempt:
        return ()
    codes = {zone.id: zone.code for zone in record.zones}
    spans = [_exempt(device.code, record)]
    for one in record.exempt:
        if one.device is None and one.zone is None:
            spans.append(one.spans)
        elif one.zone is not None:
            stays = [p for p in device.placements if codes.get(p.zone_id) == one.zone]
            spans.append(intersect(one.spans, normal(stay.span for stay in stays)))
    return intersect(_gap(tiles), union(*spans))


def _gap(tiles: Sequence[Tile]) -> Moments:
    return normal((t.start_at, t.end_at) for t in tiles if t.state is SecondState.GAP)


def _exempt(code: str, record: Record) -> Moments:
    return union(*(one.spans for one in record.exempt if one.device == code))


def _alive(device: Device, gap: Moments) -> Moments:
    """As far as it matters here."""
    end = device.lifetime.retired_at or gap[-1][1]
    return normal([(device.lifetime.registered_at, end)])


def cut(tiles: Sequence[Tile], excused: Moments) -> list[SpanOut]:
    """Gaps are cut where they are excused; a second counts as excused only if all of it is."""
    excused = normal((_ceil(start), _floor(end)) for start, end in excused)
    return [span for tile in tiles for span in _cut(tile, excused)]


def _cut(tile: Tile, excused: Moments) -> Iterator[SpanOut]:
    own = (tile.start_at, tile.end_at)
    inside = intersect((own,), near(excused, own)) if tile.state is SecondState.GAP else ()
    pieces = [(*span, False) for span in subtract((own,), inside)]
    pieces += [(*span, True) for span in inside]
    for start, end, is_excused in sorted(pieces):
        yield SpanOut(start, end, tile.state, tile.quality, tile.fault, is_excused)


def seconds(spans: Sequence[SpanOut]) -> int:
    return sum(round((one.end - one.start).total_seconds()) for one in spans if one.excused)


def _floor(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


def _ceil(instant: datetime) -> datetime:
    return instant if not instant.microsecond else _floor(instant) + timedelta(seconds=1)
