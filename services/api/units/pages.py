"""`/units`: the order of the state on a day, with who is missing in it; and one unit of it."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.transactions import disclosing, reading
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.problems import MissingError
from services.api.resources import Given, Resources
from services.api.units import queries
from services.api.units import reading as units
from services.api.units.around import ALL, common
from services.api.units.asked import AsOf, AsOfGiven, officers_seen_by
from services.api.units.authorities import queries as authorities
from services.api.units.inside import queries as inside
from services.api.units.notices import notices
from services.api.units.queries import Which
from services.api.units.routes import Post, UnitCode
from services.api.units.schemas import OfficerOut, UnitOut
from services.api.units.tree import Branch, branches
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.i18n import names

router = APIRouter()
MOST_FACILITIES: Final = 500


@router.get("/units")
async def overview(
    request: Request,
    viewer: Viewer,
    resources: Given,
    as_of: AsOfGiven,
    q: str = "",
    officer: Post | None = None,
) -> Response:
    viewer.must_be_able_to_somewhere(Action.SEE)
    which = Which(
        as_of.on,
        words=q[:200],
        vacant_in=officers_seen_by(viewer) if officer is Post.VACANT else None,
        at=as_of.at,
    )
    async with reading(resources, viewer) as connection:
        rows = await units.listed(connection, viewer, which, as_of, after="", limit=ALL)
        mine = await _own_provinces(connection, viewer)
        due = await notices(connection, viewer, as_of)
    is_whole = not q and officer is None
    shown = branches(rows, is_own=mine.__contains__) if is_whole else [Branch(r, 0) for r in rows]
    own = frame(request, viewer, now=resources.now())
    return page(
        own,
        "units.html",
        branches=shown,
        notices=due,
        q=q,
        is_vacant=officer is Post.VACANT,
        **common(viewer, as_of, own.translator),
    )


async def _own_provinces(connection: Any, viewer: Caller) -> frozenset[str]:
    scope = viewer.scope(Action.SEE)
    found = await queries.by_id(connection, scope.admin_unit_ids)
    return frozenset(row.code for row in found.values() if row.parent_id is None)


@router.get("/units/authorities")
async def authorities_page(
    request: Request, viewer: Viewer, resources: Given, as_of: AsOfGiven
) -> Response:
    viewer.must_be_able_to_somewhere(Action.SEE)
    async with reading(resources, viewer) as connection:
        rows = await authorities.listed(
            connection, on=as_of.on, unit=None, kind=None, after="", limit=ALL
        )
        place_names = await queries.names_on(connection, as_of.on)
    own = frame(request, viewer, now=resources.now())
    return page(
        own,
        "units_authorities.html",
        rows=sorted(rows, key=lambda row: (row.unit is not None, row.unit or "", row.code)),
        places=place_names,
        **common(viewer, as_of, own.translator),
    )


@router.get("/units/competences")
async def competences_page(
    request: Request, viewer: Viewer, resources: Given, as_of: AsOfGiven
) -> Response:
    viewer.must_be_able_to_somewhere(Action.SEE)
    async with reading(resources, viewer) as connection:
        rows = await authorities.competences(
            connection, authorities.Which(as_of.on), after="", limit=ALL
        )
    own = frame(request, viewer, now=resources.now())
    return page(
        own,
        "units_competences.html",
        groups=_by_subject(rows),
        **common(viewer, as_of, own.translator),
    )


def _by_subject(rows: Sequence[Any]) -> list[tuple[str, list[Any], int]]:
    """The people's committees of a hundred communes are alike: a few stand for all."""
    groups = []
    for subject, label in names.SUBJECT_MATTERS.items():
        mine = sorted(
            (row for row in rows if row.subject_matter == subject),
            key=lambda row: (row.valid_to is None, row.valid_to, row.authority),
        )
        if mine:
            groups.append((label, mine[:_SHOWN], len(mine) - len(mine[:_SHOWN])))
    return groups


_SHOWN: Final = 5


@router.get("/units/{code}")
async def unit_page(
    request: Request, code: UnitCode, viewer: Viewer, resources: Given, as_of: AsOfGiven
) -> Response:
    scope = viewer.must_be_able_to_somewhere(Action.SEE)
    async with reading(resources, viewer) as connection:
        found = await units.one(connection, viewer, code, as_of)
        if found is None:
            raise MissingError("administrative unit")
        which = Which(as_of.on, parent=code)
        below = await units.listed(connection, viewer, which, as_of, after="", limit=ALL)
        lying = await inside.facilities_of(
            connection, found.id, scope, on=as_of.on, after="", limit=MOST_FACILITIES
        )
        bodies = await authorities.listed(
            connection, on=as_of.on, unit=code, kind=None, after="", limit=ALL
        )
    own = frame(request, viewer, now=resources.now())
    return page(
        own,
        "units_unit.html",
        unit=found.shown,
        is_over=found.shown.valid_to is not None and found.shown.valid_to <= as_of.on,
        below=_flat(below),
        lying=lying,
        authorities=bodies,
        officers=await _officers(resources, viewer, code, found.id, as_of),
        **common(viewer, as_of, own.translator),
    )


def _flat(rows: Sequence[UnitOut]) -> list[Branch]:
    return [Branch(row, 0) for row in rows]


async def _officers(
    resources: Resources, viewer: Caller, code: str, unit_id: int, as_of: AsOf
) -> list[OfficerOut] | None:
    """Nothing for who may not know them; that somebody looked is on record."""
    if not viewer.scope(Action.SEE_PEOPLE).covers_unit(unit_id):
        return None
    deed = Deed(Verb.LIST, Subject.PERSON, code, unit=code)
    async with disclosing(resources, viewer, deed) as connection:
        rows = await inside.officers(connection, unit_id, at=as_of.at)
    return [OfficerOut.model_validate(one) for one in rows]
