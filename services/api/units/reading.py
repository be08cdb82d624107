"""What is told of units: rows with the facilities and officers in them, and one with its place."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.units import queries
from services.api.units.asked import AsOf, officers_seen_by
from services.api.units.authorities import queries as authorities
from services.api.units.inside import queries as inside
from services.api.units.queries import Following, Row, Which
from services.api.units.schemas import (
    CompetentOut,
    PlaceOut,
    SuccessionOut,
    UnitDetailOut,
    UnitOut,
)
from shared.domain.access import Action
from shared.domain.competence import SubjectMatter, competent
from shared.domain.jurisdiction import Level


@dataclass(frozen=True, slots=True)
class Found:
    """A unit, and its number, which is ours alone."""

    id: int
    shown: UnitDetailOut


async def listed(
    connection: AsyncConnection, caller: Caller, which: Which, as_of: AsOf, *, after: str,
    limit: int,
) -> list[UnitOut]:  # fmt: skip
    rows = await queries.listed(connection, which, after=after, limit=limit)
    return await shown(connection, caller, rows, as_of)


async def shown(
    connection: AsyncConnection, caller: Caller, rows: Sequence[Row], as_of: AsOf
) -> list[UnitOut]:
    """Facilities as far as they are the caller's, officers where people are."""
    ids = [row.id for row in rows]
    lying = await inside.facilities_in(
        connection, ids, caller.scope(Action.SEE), on=as_of.on, at=as_of.at
    )
    seen = officers_seen_by(caller)
    mine = {r.id for r in rows if r.level == Level.COMMUNE and seen.covers_unit(r.id)}
    in_post = await inside.officers_in(connection, sorted(mine), at=as_of.at)
    return [
        _out(row, lying.get(row.id, 0), in_post.get(row.id, 0) if row.id in mine else None)
        for row in rows
    ]


def _out(row: Row, facilities: int, officers: int | None) -> UnitOut:
    fields = {name: getattr(row, name) for name in UnitOut.model_fields if hasattr(row, name)}
    return UnitOut(**fields, facilities=facilities, officers=officers)


async def one(connection: AsyncConnection, caller: Caller, code: str, as_of: AsOf) -> Found | None:
    """The bearer of a code on a day; of a code no longer borne, the last bearer."""
    row = await queries.one(connection, code, as_of.on)
    if row is None:
        return None
    chain = await queries.chain(connection, row.id)
    above = await queries.by_id(connection, chain)
    (out,) = await shown(connection, caller, [row], as_of)
    return Found(
        row.id,
        UnitDetailOut(
            **out.model_dump(),
            path=[
                PlaceOut(code=above[n].code, name=above[n].name, level=Level(above[n].level))
                for n in chain
            ],
            predecessors=_told(await queries.predecessors(connection, row.id)),
            successors=_told(await queries.successors(connection, row.id)),
            competent=await _competent(connection, chain, as_of),
        ),
    )


def _told(rows: Sequence[Following]) -> list[SuccessionOut]:
    fields = SuccessionOut.model_fields
    return [SuccessionOut(**{name: getattr(row, name) for name in fields}) for row in rows]


async def _competent(
    connection: AsyncConnection, chain: Sequence[int], as_of: AsOf
) -> list[CompetentOut]:
    powers = await authorities.powers(connection, list(chain))
    found = {
        subject: competent(subject, chain, powers.authorities, powers.competences, day=as_of.on)
        for subject in SubjectMatter
    }
    return [
        CompetentOut(subject_matter=subject, authorities=[powers.names[n] for n in numbers])
        for subject, numbers in found.items()
        if numbers
    ]
