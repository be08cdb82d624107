"""Rows that speak of something in a facility: what they say, whose it is, and its lock."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from services.api.access.find import facility_to_change
from services.api.access.queries import Facility
from services.api.imports.columns import CellFault, Column, Fault, Understood, understood
from services.api.imports.handlers import queries
from services.api.imports.handlers.queries import There
from services.api.imports.handling import Bench
from services.api.imports.queries import Row
from shared.domain.access import Action
from shared.domain.bulk import Verdict
from shared.domain.deeds import Deed, Subject, Verb


def key(given: Mapping[str, str]) -> str:
    return f"{given.get('facility', '')}/{given.get('code', '')}"


def deed(row: Row, subject: Subject) -> Deed:
    verb = Verb.CREATE if row.verdict is Verdict.CREATE else Verb.CHANGE
    return Deed(verb, subject, row.key, row.given.get("facility"))


def read(
    columns: tuple[Column, ...], row: Row, made_of: Callable[[Mapping[str, Any]], BaseModel]
) -> Understood:
    """What a row says, and which of its cells the registry would not take."""
    found = understood(columns, row.given)
    if found.faults:
        return found
    try:
        made_of(found.values)
    except ValidationError as refusal:
        wrong = {str(error["loc"][0]) for error in refusal.errors()}
        found.faults += [
            Fault(name, CellFault.UNREADABLE, row.given.get(name, "")) for name in sorted(wrong)
        ]
    return found


async def facilities(bench: Bench, rows: Sequence[Row]) -> Mapping[str, There]:
    """Those in service that the starter sees."""
    codes = sorted({row.given.get("facility", "") for row in rows})
    scope = bench.caller.scope(Action.SEE)
    found = await queries.facilities(bench.connection, codes, scope)
    return {code: one for code, one in found.items() if one.retired_at is None}


def not_theirs(bench: Bench, row: Row, home: There | None) -> list[Fault]:
    code = row.given.get("facility", "")
    if not code:
        return []  # that it is missing is told already
    if home is None:
        return [Fault("facility", CellFault.UNKNOWN_FACILITY, code)]
    scope = bench.caller.scope(Action.MANAGE_DEVICES)
    if not scope.covers(facility_id=home.id, admin_unit_id=home.admin_unit_id):
        return [Fault("facility", CellFault.NOT_ALLOWED, code)]
    return []


async def locked(bench: Bench, row: Row) -> Facility:
    """So that nobody puts a camera where a zone is just becoming private."""
    return await facility_to_change(
        bench.connection, row.given.get("facility", ""), bench.caller, Action.MANAGE_DEVICES
    )
