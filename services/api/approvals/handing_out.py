"""Hands an approved export to whoever asked for it: each row says whose copy it is, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.transactions import changing, reading
from services.api.access_log import queries as log
from services.api.access_log.asked import HOME_ZONE
from services.api.access_log.shown import number_of
from services.api.approvals import queries
from services.api.approvals.asking import visible_to
from services.api.approvals.exports import queries as exports
from services.api.approvals.queries import Request
from services.api.approvals.schemas import OBSTACLES
from services.api.problems import ConflictError, ForbiddenError, MissingError
from services.api.resources import Resources
from shared.domain import approvals
from shared.domain.access import Scope
from shared.domain.approvals import MAY_REQUEST, NEEDED_FOR, Dataset, Kind
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.schedule import midnight

MOST_LINES: Final = 100_000
HEADS: Final = {
    Dataset.PEOPLE: (
        "number", "name", "email", "role", "facility", "unit", "valid_from", "valid_to",
        "legal_basis",
    ),
    Dataset.ACCESS_LOG: (
        "n", "at", "actor", "name", "roles", "verb", "subject", "key", "facility", "purpose",
        "address", "detail",
    ),
}  # fmt: skip
MARK: Final = "issued"


@dataclass(frozen=True, slots=True)
class File:
    """What is handed out."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[object]]


async def fetch(resources: Resources, caller: Caller, approval_id: int) -> File:
    """On record before it is handed out. Still only what the caller may see at that time."""
    async with reading(resources, caller) as connection:
        known = await queries.one(connection, approval_id, visible_to(caller))
    if known is None or known.approval.kind is not Kind.NAMED_EXPORT:
        raise MissingError("export")
    place = known.place
    unit = place.unit if place.facility is None else None
    deed = Deed(
        Verb.EXPORT, Subject.NAMED_EXPORT, str(approval_id), place.facility, dict(known.subject),
        unit=unit,
    )  # fmt: skip
    async with changing(resources, caller, deed) as connection:
        await queries.lock(connection, approval_id)
        there = await queries.one(connection, approval_id, visible_to(caller)) or known
        now = resources.now()
        if obstacle := approvals.why_not_fetched(there.approval, caller.user_id, now=now):
            raise ConflictError(" ".join(OBSTACLES[obstacle]), code=obstacle.value)
        dataset = Dataset(there.subject["dataset"])
        _must_still_be_allowed(caller, there, dataset)
        copy = await queries.count_copy(connection, approval_id)
        deed.detail["copy"] = copy
        mark = mark_of(caller, there, copy, now)
        if dataset is Dataset.PEOPLE:
            rows = await _people(connection, caller, there, now)
        else:
            rows = await _lines(connection, caller, there)
    name = f"approval-{approval_id}-{dataset}-{copy}.csv"
    return File(name, (*HEADS[dataset], MARK), [(*row, mark) for row in rows])


def mark_of(caller: Caller, there: Request, copy: int, now: datetime) -> str:
    """Whose copy it is, of when, and why: it stands on every row."""
    return (
        f"giamsat · approval {there.id} · copy {copy} · issued to {caller.name} "
        f"(user:{caller.user_id}) · {now:%Y-%m-%dT%H:%M:%SZ} · approved by {there.decided} "
        f"(user:{there.approval.decided_by}) · {there.reason[:200]}"
    )


def _must_still_be_allowed(caller: Caller, there: Request, dataset: Dataset) -> None:
    for action in (MAY_REQUEST[Kind.NAMED_EXPORT], NEEDED_FOR[dataset]):
        if not there.place.is_in(caller.scope(action)):
            raise ForbiddenError("Your role here does not allow this any more.")


async def _people(
    connection: AsyncConnection, caller: Caller, there: Request, now: datetime
) -> list[Sequence[object]]:
    found = await exports.workers(connection, _scope_of(caller, there), now=now)
    return [astuple(one) for one in found]


async def _lines(
    connection: AsyncConnection, caller: Caller, there: Request
) -> list[Sequence[object]]:
    day, last = (date.fromisoformat(there.subject[name]) for name in ("first_day", "last_day"))
    end = midnight(last + timedelta(days=1), HOME_ZONE)
    scope = _scope_of(caller, there)
    found = await log.between(
        connection, scope, midnight(day, HOME_ZONE), end, limit=MOST_LINES + 1
    )
    if len(found) > MOST_LINES:
        raise ConflictError(
            f"More than {MOST_LINES} lines. Ask for fewer days.", code="too_many_lines"
        )
    numbers = {number for one in found if (number := number_of(one.line.actor)) is not None}
    names = await log.names(connection, numbers)
    return [_row(one, names) for one in found]


def _row(one: log.Found, names: dict[int, str]) -> Sequence[object]:
    line = one.line
    number = number_of(line.actor)
    name = None if number is None else names.get(number)
    return (
        line.n, line.at.isoformat(), line.actor, name, line.role, line.verb, line.subject,
        line.key, one.facility, line.purpose, line.address, line.detail,
    )  # fmt: skip


def _scope_of(caller: Caller, there: Request) -> Scope:
    """The place that was asked for, with all in it."""
    place = there.place
    if place.facility_id is not None:
        return Scope(facility_ids=(place.facility_id,))
    below = set(_below(place.unit_id, caller))
    return Scope(admin_unit_ids=tuple(sorted(below)))


def _below(unit_id: int, caller: Caller) -> Iterator[int]:
    yield unit_id
    for child in caller.children_of.get(unit_id, ()):
        yield from _below(child, caller)
