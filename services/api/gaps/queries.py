"""Gaps on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    DateTime,
    FromClause,
    RowMapping,
    Select,
    Text,
    bindparam,
    column,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.coverage.excusing import Excuse
from services.api.coverage.exempt import of_gaps
from services.api.coverage.exempt.of_gaps import Hole
from services.api.gaps.schemas import GapOut
from shared.db.tables.alerting import gap
from shared.db.tables.registry import facility, zone
from shared.domain.access import Scope
from shared.domain.coverage import Moments
from shared.domain.incidents import EventKind
from shared.domain.states import GapState


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which gaps are asked for; what is absent does not narrow."""

    facility_id: int | None = None
    state: GapState | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    incident_id: int | None = None
    #: As it was known then; absent: as it is known now.
    as_known_at: datetime | None = None


# Every event of a gap tells its bounds, so the last one until then is what was known then. It was
# over from the first event that gave it an end since it had none.
_KNOWN_THEN = text(
    """
    SELECT g.id, g.facility_id, g.zone_id, g.incident_id, g.opened_at,
           CASE WHEN last.kind = 'gap_repaired' THEN 'repaired'
                WHEN last.to_at IS NULL THEN 'open' ELSE 'closed' END AS state,
           last.from_at, last.to_at, ended.at AS closed_at,
           CASE WHEN last.kind = 'gap_repaired' THEN last.happened_at END AS repaired_at
    FROM gap g
    CROSS JOIN LATERAL (
        SELECT e.kind, e.happened_at, CAST(e.detail ->> 'from' AS timestamptz) AS from_at,
               CAST(e.detail ->> 'to' AS timestamptz) AS to_at
        FROM event e
        WHERE e.gap_id = g.id AND e.happened_at <= :as_known_at AND e.kind = ANY(:kinds)
        ORDER BY e.id DESC LIMIT 1
    ) AS last
    CROSS JOIN LATERAL (
        SELECT min(e.happened_at) AS at FROM event e
        WHERE e.gap_id = g.id AND e.happened_at <= :as_known_at AND e.kind = ANY(:kinds)
          AND e.id > (SELECT max(lasting.id) FROM event lasting
                      WHERE lasting.gap_id = g.id AND lasting.happened_at <= :as_known_at
                        AND lasting.kind = ANY(:kinds) AND lasting.detail ->> 'to' IS NULL)
    ) AS ended
    """
)
_TOLD_BY: Final = (
    EventKind.GAP_OPENED,
    EventKind.GAP_CLOSED,
    EventKind.GAP_SHORTENED,
    EventKind.GAP_MOVED,
    EventKind.GAP_REPAIRED,
)


def _as_known(wanted: Wanted) -> FromClause:
    """The gaps on record, as they are or as they were."""
    if wanted.as_known_at is None:
        return gap
    then = _KNOWN_THEN.bindparams(
        bindparam("as_known_at", wanted.as_known_at, type_=DateTime(timezone=True)),
        bindparam("kinds", list(_TOLD_BY), type_=ARRAY(Text)),
    )
    return then.columns(
        *(column(one.name, one.type) for one in gap.columns if one.name != "changed_in")
    ).subquery("known_then")


async def page(
    connection: AsyncConnection,
    scope: Scope,
    wanted: Wanted,
    *,
    before: tuple[datetime, int] | None,
    limit: int,
    now: datetime,
) -> Sequence[GapOut]:
    """Newest first."""
    known = _as_known(wanted)
    statement = _narrowed(_shown(known).where(within(scope)), known, wanted)
    if before is not None:
        statement = statement.where(tuple_(known.c.from_at, known.c.id) < before)
    rows = await connection.execute(
        statement.order_by(known.c.from_at.desc(), known.c.id.desc()).limit(limit)
    )
    return await _told(connection, rows.mappings().all(), now, as_known_at=wanted.as_known_at)


async def of_incident(
    connection: AsyncConnection, incident_id: int, *, now: datetime
) -> Sequence[GapOut]:
    """In the order in which they began."""
    rows = await connection.execute(
        _shown(gap).where(gap.c.incident_id == incident_id).order_by(gap.c.from_at, gap.c.id)
    )
    return await _told(connection, rows.mappings().all(), now)


def _shown(known: FromClause) -> Select[Any]:
    return (
        select(
            known.c.id,
            facility.c.code.label("facility"),
            zone.c.code.label("zone"),
            known.c.state,
            known.c.from_at,
            known.c.to_at,
            known.c.opened_at,
            known.c.closed_at,
            known.c.repaired_at,
            known.c.incident_id.label("incident"),
            known.c.facility_id,
            known.c.zone_id,
        )
        .select_from(known)
        .join(facility, facility.c.id == known.c.facility_id)
        .join(zone, zone.c.id == known.c.zone_id)
    )


def _narrowed(statement: Select[Any], known: FromClause, wanted: Wanted) -> Select[Any]:
    if wanted.facility_id is not None:
        statement = statement.where(known.c.facility_id == wanted.facility_id)
    if wanted.state is not None:
        statement = statement.where(known.c.state == wanted.state)
    if wanted.incident_id is not None:
        statement = statement.where(known.c.incident_id == wanted.incident_id)
    if wanted.from_at is not None:
        lasts_into = or_(known.c.to_at.is_(None), known.c.to_at > wanted.from_at)
        statement = statement.where(lasts_into)
    if wanted.to_at is not None:
        statement = statement.where(known.c.from_at < wanted.to_at)
    return statement


async def _told(
    connection: AsyncConnection,
    rows: Sequence[RowMapping],
    now: datetime,
    *,
    as_known_at: datetime | None = None,
) -> Sequence[GapOut]:
    """With what of them is excused; of those that last, up to now or to what was known."""
    until = now if as_known_at is None else min(now, as_known_at)
    holes = [
        Hole(
            row["facility_id"], row["zone_id"], row["zone"], (row["from_at"], row["to_at"] or until)
        )
        for row in rows
    ]
    excuses = await of_gaps.excused(connection, holes, as_known_at=as_known_at)
    return [_gap_out(row, excuse) for row, excuse in zip(rows, excuses, strict=True)]


def _gap_out(row: RowMapping, excuse: Excuse) -> GapOut:
    excused, in_time = _seconds(excuse.excused), _seconds(excuse.in_time)
    figures = {"excused_seconds": excused, "corrected_seconds": excused - in_time}
    return GapOut.model_validate(dict(row) | figures, by_name=True)


def _seconds(spans: Moments) -> int:
    return sum(int((end - start).total_seconds()) for start, end in spans)
