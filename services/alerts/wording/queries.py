"""Which words are in force, and where what is told happened."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import in_charge
from shared.db.in_charge import Place
from shared.domain.delivery import Channel, MessageKind
from shared.domain.templates import Words


@dataclass(frozen=True, slots=True)
class Template:
    """Words that somebody wants for a unit and all below it, or, with none, everywhere."""

    id: int
    unit_id: int | None
    kind: MessageKind
    channel: Channel
    language: str
    words: Words


_IN_FORCE = text(
    """
    SELECT id, admin_unit_id, kind, channel, language, subject, body
    FROM message_template
    WHERE valid_from <= CAST(:now AS timestamptz)
      AND coalesce(valid_to, 'infinity') > CAST(:now AS timestamptz)
      AND kind = ANY(CAST(:kinds AS text[])) AND channel = ANY(CAST(:channels AS text[]))
    ORDER BY id
    """
)


async def in_force(
    connection: AsyncConnection,
    kinds: Collection[MessageKind],
    channels: Collection[Channel],
    *,
    now: datetime,
) -> list[Template]:
    found = await connection.execute(
        _IN_FORCE, {"now": now, "kinds": list(kinds), "channels": list(channels)}
    )
    return [
        Template(
            row.id,
            row.admin_unit_id,
            MessageKind(row.kind),
            Channel(row.channel),
            row.language,
            Words(row.subject, row.body),
        )
        for row in found
    ]


async def units_of(
    connection: AsyncConnection, incident_ids: Collection[int], *, now: datetime
) -> dict[int, tuple[int, ...]]:
    """By incident: the units that it lies in, the nearest first."""
    found = await connection.execute(
        text(
            "SELECT id, facility_id, admin_unit_id FROM incident "
            "WHERE id = ANY(CAST(:incidents AS bigint[]))"
        ),
        {"incidents": list(incident_ids)},
    )
    places = {
        row.id: Place(row.facility_id) if row.facility_id else Place(unit_id=row.admin_unit_id)
        for row in found
    }
    units = await in_charge.units_of(connection, set(places.values()), now=now)
    return {number: units.get(place, ()) for number, place in places.items()}
