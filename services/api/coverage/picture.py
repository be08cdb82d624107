"""From what is on record to every second of a window: pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.api.coverage import excusing
from services.api.coverage.facts import Device, Exempt, Record
from services.api.coverage.schemas import (
    CorrectionOut,
    CoverageOut,
    DeviceCoverageOut,
    DeviceSecondsOut,
    QualitySecondsOut,
    ZoneCoverageOut,
    ZoneSecondsOut,
)
from services.api.coverage.window import EARLIEST
from shared.domain.coverage import (
    Evidence,
    Knowledge,
    Tile,
    of_device,
    of_zone,
    quality_seconds,
    seconds,
)
from shared.domain.intervals import Span
from shared.domain.places import DeviceKind
from shared.domain.states import Quality, SecondState

NOTHING: Final = Evidence()


def coverage(facility: str, record: Record, window: Span[datetime]) -> CoverageOut:
    """Before the first worker has run nothing is known."""
    knowledge = Knowledge(record.seen_until or EARLIEST, record.blind)
    return CoverageOut(
        facility=facility,
        start=window[0],
        end=window[1],
        as_known_at=record.seen_until,
        zones=_zones(record, knowledge, window),
        devices=[
            _device(device, record, knowledge, window)
            for device in record.devices
            if not device.is_gateway or device.id in record.evidence
        ],
        corrections=[_correction(one) for one in record.exempt if one.is_correction],
    )


def _correction(one: Exempt) -> CorrectionOut:
    (span,) = one.spans
    return CorrectionOut(one.approval, one.zone, one.device, *span, one.decided_at)


def zones(record: Record, window: Span[datetime]) -> list[ZoneCoverageOut]:
    """Without the devices, which take the most work where only figures are asked for."""
    return _zones(record, Knowledge(record.seen_until or EARLIEST, record.blind), window)


def _zones(record: Record, knowledge: Knowledge, window: Span[datetime]) -> list[ZoneCoverageOut]:
    found = []
    for zone in record.zones:
        witnesses = record.witnesses(zone.id)
        tiles = of_zone(zone.requirements, list(witnesses.values()), knowledge, window)
        sums = seconds(tiles)
        figures = ZoneSecondsOut(
            covered=sums[SecondState.COVERED],
            gap=sums[SecondState.GAP],
            unknown=sums[SecondState.UNKNOWN],
            not_required=sums[SecondState.NOT_REQUIRED],
        )
        excuse = excusing.of_zone(zone, record, witnesses, excusing.gap_of(tiles))
        spans = excusing.cut(tiles, excuse)
        of_gap = excusing.seconds(spans)
        found.append(ZoneCoverageOut(zone.code, spans, figures, _grades(tiles), *of_gap))
    return found


def _device(
    device: Device, record: Record, knowledge: Knowledge, window: Span[datetime]
) -> DeviceCoverageOut:
    evidence = record.evidence.get(device.id, Evidence(kind=DeviceKind(device.kind)))
    tiles = of_device(evidence, device.lifetime, knowledge, window)
    sums = seconds(tiles)
    figures = DeviceSecondsOut(
        sums[SecondState.COVERED],
        sums[SecondState.IMPAIRED],
        sums[SecondState.GAP],
        sums[SecondState.UNKNOWN],
    )
    spans = excusing.cut(tiles, excusing.of_device(device, record, excusing.gap_of(tiles)))
    of_gap = excusing.seconds(spans)
    return DeviceCoverageOut(device.code, spans, figures, _grades(tiles), *of_gap)


def _grades(tiles: Sequence[Tile]) -> QualitySecondsOut:
    sums = quality_seconds(tiles)
    return QualitySecondsOut(sums[Quality.PROVEN], sums[Quality.LIVE], sums[Quality.LATE])
