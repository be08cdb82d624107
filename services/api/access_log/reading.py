"""Reads the log for somebody, which is on record itself."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access import queries as places
from services.api.access.caller import Caller
from services.api.access.transactions import disclosing, reading, reading_as_system
from services.api.access_log import queries
from services.api.access_log.asked import Asked
from services.api.access_log.schemas import HeadOut, InclusionOut, LineOut
from services.api.access_log.seals import proofs
from services.api.access_log.seals import queries as seals
from services.api.access_log.shown import is_within, lines_for
from services.api.problems import ConflictError, InvalidError, MissingError
from services.api.resources import Resources
from shared.domain import merkle
from shared.domain.access import POLICY, Action, Scope
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.ledger import GENESIS

MOST_EXPORTED: Final = 20_000
EVERYTHING: Final = "all"


async def page(
    resources: Resources, caller: Caller, asked: Asked, *, before: int | None, limit: int
) -> list[LineOut]:
    """Newest first."""
    scope = caller.must_be_able_to_somewhere(Action.SEE_ACCESS_LOG)
    async with disclosing(resources, caller, _deed(Verb.LIST, caller, asked)) as connection:
        if asked.facility is not None:
            await _must_be_theirs(connection, asked.facility, scope)
        found = await queries.page(connection, scope, asked, before=before, limit=limit)
        return await lines_for(connection, caller, found)


async def export(resources: Resources, caller: Caller, asked: Asked) -> list[LineOut]:
    """Without a name and without an address: those need four eyes."""
    scope = caller.must_be_able_to_somewhere(Action.SEE_ACCESS_LOG)
    async with disclosing(resources, caller, _deed(Verb.EXPORT, caller, asked)) as connection:
        if asked.facility is not None:
            await _must_be_theirs(connection, asked.facility, scope)
        found = await queries.page(connection, scope, asked, before=None, limit=MOST_EXPORTED + 1)
        if len(found) > MOST_EXPORTED:
            raise InvalidError(
                "query.day", f"More than {MOST_EXPORTED} lines match.", "Ask for one day."
            )
        lines = await lines_for(connection, caller, found)
    return [_nameless(line) for line in lines]


def _nameless(line: LineOut) -> LineOut:
    nobody = line.by.model_copy(update={"name": None})
    return line.model_copy(update={"by": nobody, "address": None})


async def own(
    resources: Resources, caller: Caller, *, before: int | None, limit: int
) -> list[LineOut]:
    """What the caller did."""
    async with reading(resources, caller) as connection:
        found = await queries.own(
            connection, caller.trail.actor, caller.scope(Action.SEE), before=before, limit=limit
        )
        return await lines_for(connection, caller, found)


async def inclusion(resources: Resources, caller: Caller, n: int) -> InclusionOut:
    """Proves to who may see a line that it is under a head."""
    scope = caller.must_be_able_to_somewhere(Action.SEE_ACCESS_LOG)
    deed = Deed(Verb.READ, Subject.ACCESS_LOG, str(n), _only_facility(caller))
    async with disclosing(resources, caller, deed) as connection:
        found = await queries.one(connection, n, scope)
    if found is None:
        raise MissingError("line")
    # Hashes alone tell nothing of the lines that are not theirs.
    async with reading_as_system(resources) as connection:
        signed = await seals.first_over(connection, n)
        if signed is None:
            raise ConflictError(
                "This line is not sealed yet. Ask again in a minute.", code="not_sealed"
            )
        path = await proofs.roots(connection, merkle.inclusion(n - 1, signed.head.size))
        hashes = await seals.hashes(connection, [(max(n - 2, 0), n)])
    is_open = is_within(found, caller.scope(Action.SEE_PEOPLE))
    return InclusionOut(
        n=n,
        previous=hashes.get(n - 2, GENESIS).hex(),
        hash=hashes[n - 1].hex(),
        line=found.line if is_open else None,
        head=HeadOut(**signed.as_json()),
        proof=[one.hex() for one in path],
    )


async def _must_be_theirs(connection: AsyncConnection, code: str, scope: Scope) -> None:
    if await places.facility_in(connection, code, scope) is None:
        raise MissingError("facility")


def _deed(verb: Verb, caller: Caller, asked: Asked) -> Deed:
    facility = asked.facility or _only_facility(caller)
    return Deed(verb, Subject.ACCESS_LOG, facility or EVERYTHING, facility, {**asked.query})


def _only_facility(caller: Caller) -> str | None:
    """The one whose log it is, for those who may see no other."""
    codes = {
        one.facility for one in caller.held if Action.SEE_ACCESS_LOG in POLICY[one.assignment.role]
    }
    return codes.pop() if len(codes) == 1 else None
