"""Every statement about exemptions: which hold, what they cover, what they keep quiet."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.approvals import Approval, Decision, Kind, Repeats, Window
from shared.domain.exemptions import SILENCED, Duty, Moments, Watcher
from shared.domain.intervals import intersect, normal, union
from shared.domain.states import GapState

# Asked at every tick, so it must cost nothing while nothing is exempt. One time of a series is
# shorter than a week.
_IS_ANY = text(
    """
    SELECT EXISTS (
        SELECT FROM approval
        WHERE decision = 'approved' AND ended_at IS NULL AND kind <> 'named_export'
          AND ends_at > CAST(:now AS timestamptz) AND starts_at <= CAST(:now AS timestamptz)
    ) OR EXISTS (
        SELECT FROM approval
        WHERE decision = 'approved' AND ended_at IS NULL AND repeats IS NOT NULL
          AND repeats_until > CAST(:now AS timestamptz) - interval '7 days'
    ) OR EXISTS (SELECT FROM incident WHERE state = 'open' AND muted_by IS NOT NULL)
    """
)


async def is_any(connection: AsyncConnection, *, now: datetime) -> bool:
    """Whether anything may be exempt, or was."""
    return bool(await connection.scalar(_IS_ANY, {"now": now}))


@dataclass(frozen=True, slots=True)
class Exemption:
    """One approved request, by its number."""

    id: int
    approval: Approval


_APPROVED = text(
    """
    SELECT id, kind, requested_by, requested_at, expires_at, starts_at, ends_at, repeats,
           repeats_until, decision, decided_by, decided_at, ended_by, ended_at
    FROM approval
    WHERE decision = 'approved' AND kind <> 'named_export'
      AND (id IN (SELECT muted_by FROM incident WHERE state = 'open' AND muted_by IS NOT NULL)
           OR (starts_at <= CAST(:now AS timestamptz)
               AND greatest(ends_at, repeats_until + interval '7 days')
                   > coalesce(CAST(:since AS timestamptz),
                              (SELECT min(from_at) FROM gap WHERE state = 'open'))))
    ORDER BY id
    """
)


async def approved(
    connection: AsyncConnection, *, since: datetime | None = None, now: datetime
) -> dict[int, Exemption]:
    """All that may have a part in what happened since then, or in what lasts now, by number."""
    return {
        row.id: Exemption(
            row.id,
            Approval(
                kind=Kind(row.kind),
                requested_by=row.requested_by,
                requested_at=row.requested_at,
                expires_at=row.expires_at,
                window=Window(
                    row.starts_at,
                    row.ends_at,
                    Repeats(row.repeats) if row.repeats else None,
                    row.repeats_until,
                ),
                decision=Decision(row.decision),
                decided_by=row.decided_by,
                decided_at=row.decided_at,
                ended_by=row.ended_by,
                ended_at=row.ended_at,
            ),
        )
        for row in await connection.execute(_APPROVED, {"now": now, "since": since})
    }


@dataclass(frozen=True, slots=True)
class Lasting:
    """A gap, with what is exempt about it; `to_at` is absent while it lasts."""

    id: int
    incident_id: int
    zone_id: int
    from_at: datetime
    to_at: datetime | None
    duty: Duty
    kinds: frozenset[str] | None
    #: Exemptions of all of the zone, and by device those of devices in it.
    whole: frozenset[int] = frozenset()
    devices: Mapping[int, frozenset[int]] = field(default_factory=dict)

    @property
    def touched(self) -> list[int]:
        """Every exemption that may have something to do with it."""
        return sorted(self.whole.union(*self.devices.values()))


# A unit stands for all below it.
_LASTING = text(
    """
    WITH RECURSIVE granted AS MATERIALIZED (
        SELECT id, facility_id, admin_unit_id, subject ->> 'zone' AS zone,
               subject ->> 'device' AS device
        FROM approval WHERE id = ANY(CAST(:approvals AS bigint[]))
    ), lasting AS MATERIALIZED (
        SELECT g.id, g.incident_id, g.zone_id, g.facility_id, g.from_at, g.to_at
        FROM gap g
        WHERE g.state = ANY(CAST(:states AS text[]))
          AND g.incident_id = ANY(CAST(:incidents AS bigint[]))
    ), place AS (
        SELECT f.id AS facility_id, f.admin_unit_id AS unit_id FROM facility f
        WHERE f.id IN (SELECT facility_id FROM lasting)
        UNION
        SELECT place.facility_id, u.parent_id
        FROM place JOIN admin_unit u ON u.id = place.unit_id
        WHERE u.parent_id IS NOT NULL
    ), touched AS (
        SELECT lasting.id, granted.id AS approval_id, granted.device, granted.zone
        FROM lasting JOIN granted ON granted.facility_id = lasting.facility_id
        UNION ALL
        SELECT lasting.id, granted.id, NULL, NULL
        FROM lasting JOIN place ON place.facility_id = lasting.facility_id
        JOIN granted ON granted.admin_unit_id = place.unit_id
    )
    SELECT l.id, l.incident_id, l.zone_id, l.from_at, l.to_at,
           coalesce(r.min_devices, 1) AS min_devices,
           coalesce(r.max_gap_s, 0) AS max_gap_s, r.kinds, t.approval_id, d.id AS device_id
    FROM lasting l
    JOIN zone z ON z.id = l.zone_id
    LEFT JOIN LATERAL (
        SELECT min_devices, max_gap_s, kinds FROM requirement
        WHERE zone_id = l.zone_id AND valid_from <= CAST(:now AS timestamptz)
        ORDER BY valid_from DESC LIMIT 1) AS r ON true
    LEFT JOIN touched t ON t.id = l.id AND (t.zone IS NULL OR t.zone = z.code)
    LEFT JOIN device d ON d.facility_id = l.facility_id AND d.code = t.device
        AND d.zone_id = l.zone_id
    WHERE t.device IS NULL OR d.id IS NOT NULL OR t.id IS NULL
    """
)


async def lasting(
    connection: AsyncConnection,
    approvals: Iterable[int],
    incident_ids: Sequence[int],
    *,
    states: Collection[GapState] = (GapState.OPEN,),
    now: datetime,
) -> list[Lasting]:
    """Every gap of these incidents that lasts, or is in such a state."""
    values = {
        "approvals": list(approvals),
        "incidents": list(incident_ids),
        "states": list(states),
        "now": now,
    }
    rows = await connection.execute(_LASTING, values)
    gaps: dict[int, Lasting] = {}
    whole: dict[int, set[int]] = defaultdict(set)
    devices: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        duty = Duty(row.min_devices, timedelta(seconds=row.max_gap_s))
        kinds = None if row.kinds is None else frozenset(row.kinds)
        gaps[row.id] = Lasting(
            row.id, row.incident_id, row.zone_id, row.from_at, row.to_at, duty, kinds
        )
        if row.device_id is not None:
            devices[row.id][row.device_id].add(row.approval_id)
        elif row.approval_id is not None:
            whole[row.id].add(row.approval_id)
    return [
        replace(
            gap,
            whole=frozenset(whole[number]),
            devices={device: frozenset(of) for device, of in devices[number].items()},
        )
        for number, gap in gaps.items()
    ]


# A camera that may not record is missed by nobody.
_WATCHERS = text(
    """
    SELECT d.id, d.zone_id, d.kind, greatest(d.registered_at, d.placed_at, d.approved_at) AS since,
           range_agg(dd.watched + dd.late - dd.impaired) AS spans
    FROM device d
    LEFT JOIN device_day dd ON dd.device_id = d.id
        AND dd.day BETWEEN CAST(:first_day AS date) AND CAST(:last_day AS date)
    WHERE d.zone_id = ANY(CAST(:zones AS bigint[])) AND d.retired_at IS NULL
      AND (d.kind <> 'camera' OR (d.approved_at IS NOT NULL
           AND coalesce(d.approved_until, 'infinity') > CAST(:now AS timestamptz)))
    GROUP BY d.id
    """
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A device that stands in a zone now."""

    id: int
    kind: str
    watcher: Watcher


async def watchers(
    connection: AsyncConnection, zone_ids: Collection[int], *, since: datetime, now: datetime
) -> dict[int, list[Standing]]:
    """By zone: who stands there, since when, and when they watched."""
    if not zone_ids:
        return {}
    day = timedelta(days=1)
    values = {
        "zones": list(zone_ids),
        "first_day": since.astimezone(UTC).date() - day,
        "last_day": now.astimezone(UTC).date() + day,
        "now": now,
    }
    found: dict[int, list[Standing]] = defaultdict(list)
    for row in await connection.execute(_WATCHERS, values):
        present: Moments = normal([(row.since, now)])
        watched: Moments = tuple((span.lower, span.upper) for span in row.spans or ())
        one = Watcher(intersect(watched, present), union(present))
        found[row.zone_id].append(Standing(row.id, row.kind, one))
    return found


async def quiet(connection: AsyncConnection) -> dict[int, int]:
    """Open incidents that are kept quiet, and by which approval."""
    rows = await connection.execute(
        text("SELECT id, muted_by FROM incident WHERE state = 'open' AND muted_by IS NOT NULL")
    )
    return {row.id: row.muted_by for row in rows}


async def keep_quiet(connection: AsyncConnection, by: Mapping[int, int | None]) -> None:
    """By incident: the approval that keeps it quiet now, or none any more."""
    if by:
        await connection.execute(
            text(
                """
                UPDATE incident SET muted_by = fresh.muted_by, version = version + 1
                FROM unnest(CAST(:incidents AS bigint[]), CAST(:approvals AS bigint[]))
                     AS fresh (id, muted_by)
                WHERE incident.id = fresh.id
                """
            ),
            {"incidents": list(by), "approvals": list(by.values())},
        )


async def count_from(connection: AsyncConnection, moments: Mapping[int, datetime]) -> None:
    """By incident: from when its ladder counts."""
    if moments:
        await connection.execute(
            text(
                """
                UPDATE incident SET counts_from = greatest(fresh.at, incident.opened_at)
                FROM unnest(CAST(:incidents AS bigint[]), CAST(:moments AS timestamptz[]))
                     AS fresh (id, at)
                WHERE incident.id = fresh.id
                """
            ),
            {"incidents": list(moments), "moments": list(moments.values())},
        )


async def silence(connection: AsyncConnection, incident_ids: Collection[int]) -> None:
    """What waits to be told to the facility's own people about these is not sent any more."""
    if incident_ids:
        await connection.execute(
            text(
                """
                UPDATE notification
                SET state = CASE WHEN sent_at IS NULL THEN 'cancelled' ELSE 'sent' END
                WHERE incident_id = ANY(CAST(:incidents AS bigint[])) AND state = 'pending'
                  AND role = ANY(CAST(:roles AS text[]))
                """
            ),
            {"incidents": list(incident_ids), "roles": list(SILENCED)},
        )
