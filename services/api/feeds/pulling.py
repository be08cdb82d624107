"""One page of a feed: under which grant, what is on it, and that it was read is on record first."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.transactions import changing, reading
from services.api.access_log import queries as access_log
from services.api.feeds import cursors, queries, reading_rows
from services.api.feeds.agency import Agency
from services.api.feeds.basis import Basis, basis_of
from services.api.feeds.cursors import Cursor, ExpiredError
from services.api.feeds.reading_rows import Found
from services.api.feeds.refusing import refused
from services.api.feeds.showing import Lens
from services.api.problems import InvalidError, TooManyError
from services.api.resources import Resources
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.disclosure import Dataset, Grant, Level, Request, Why, decide
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day, midnight
from shared.runtime import logging

#: How far back coverage is told, if it is not said; and at most.
USUAL_DAYS: Final = timedelta(days=30)
MOST_DAYS: Final = timedelta(days=400)

log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an agency asks for. `cursor` goes on with a page, `since` begins with what changed."""

    dataset: Dataset
    grant_id: int | None = None
    cursor: str | None = None
    since: str | None = None
    facility: str | None = None
    first_day: date | None = None
    end_day: date | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True)
class Pull:
    """What is answered: `next` as long as there is more, then `since` for the next time."""

    grant: Grant
    purpose: str
    legal_basis: str
    known_until: datetime | None
    lines: Sequence[dict[str, Any]]
    next: str | None
    since: str | None


async def pull(resources: Resources, agency: Agency, asked: Asked) -> Pull:
    """Raises `RequestError` for whatever is not theirs to read."""
    now = resources.now()
    async with reading(resources, agency) as connection:
        grant = await _granted(connection, agency, asked, now)
        basis = await basis_of(connection, grant, now)
        purpose, legal_basis = await queries.words_of(connection, grant.id)
        lens = lens_of(resources, agency.code, grant)
        if grant.level is Level.AGGREGATE:
            found = await _counted(connection, basis, asked)
            following: tuple[str | None, str | None] = (None, None)
        else:
            cursor = await _cursor(connection, resources, agency, asked, basis, lens)
            found = await reading_rows.read(connection, asked.dataset, basis, cursor, asked.limit)
            following = _following(resources, agency, cursor, found, basis)
    await _record(resources, agency, grant, found, purpose=purpose)
    return Pull(
        grant=grant,
        purpose=purpose,
        legal_basis=legal_basis,
        known_until=basis.horizon.known_until,
        lines=[*found.lines, *(lens.shown(row) for row in found.rows)],
        next=following[0],
        since=following[1],
    )


def lens_of(resources: Resources, client_code: str, grant: Grant) -> Lens:
    is_masked = grant.level is Level.PSEUDONYMOUS
    secret = cursors.key_of(resources.settings) if is_masked else None
    return Lens(grant.dataset, grant.level, client_code, secret)


async def _granted(
    connection: AsyncConnection, agency: Agency, asked: Asked, now: datetime
) -> Grant:
    on_record = await queries.grants(connection, agency.client_id, asked.dataset)
    request = Request(
        client_id=agency.client_id,
        dataset=asked.dataset,
        scopes=agency.scopes,
        is_bound=agency.is_bound,
        grant_id=asked.grant_id,
    )
    decision = decide(request, on_record, now=now)
    if decision.why is not Why.GRANTED or decision.grant is None:
        log.info("agency_refused", client=agency.code, dataset=asked.dataset, reason=decision.why)
        raise refused(decision)
    return decision.grant


async def _counted(connection: AsyncConnection, basis: Basis, asked: Asked) -> Found:
    if asked.cursor is not None or asked.since is not None or asked.facility is not None:
        raise InvalidError(
            "query", "This grant lets counts through, which are told as a whole.",
            "Leave out cursor, since and facility.",
        )  # fmt: skip
    return await reading_rows.count(connection, asked.dataset, basis, _period(asked, basis))


def _period(asked: Asked, basis: Basis) -> tuple[date, date]:
    today = local_day(basis.now, COUNTRY_TIME_ZONE)
    end = asked.end_day or today
    usual = timedelta(days=1) if asked.dataset is Dataset.COVERAGE else USUAL_DAYS
    first = asked.first_day or end - usual
    if not timedelta() < end - first <= USUAL_DAYS + timedelta(days=1):
        raise InvalidError(
            "query.from", "It must come before `to`, by at most 31 days.", "Ask for less at once."
        )
    return first, end


async def _cursor(
    connection: AsyncConnection,
    resources: Resources,
    agency: Agency,
    asked: Asked,
    basis: Basis,
    lens: Lens,
) -> Cursor:
    """Where to go on: as sent, or from the beginning of everything."""
    if asked.cursor is None and asked.since is None:
        return await _beginning(connection, asked, basis, lens)
    if asked.cursor is not None and asked.since is not None:
        raise InvalidError("query.since", "Send cursor or since, not both.", "Leave one out.")
    field = "cursor" if asked.cursor is not None else "since"
    cursor = cursors.decoded(
        asked.cursor or asked.since or "",
        key=cursors.key_of(resources.settings),
        client_id=agency.client_id,
        field=field,
    )
    is_begun = cursor.until is not None
    if cursor.grant_id != basis.grant.id or is_begun != (field == "cursor"):
        raise InvalidError(
            f"query.{field}", "It is not for this.", "Send `next` as cursor, `since` as since."
        )
    _must_still_hold(cursor, basis)
    return cursor if is_begun else _begun(cursor, basis)


async def _beginning(connection: AsyncConnection, asked: Asked, basis: Basis, lens: Lens) -> Cursor:
    today = local_day(basis.now, COUNTRY_TIME_ZONE)
    first = asked.first_day or today - USUAL_DAYS
    if today - first > MOST_DAYS:
        raise InvalidError("query.from", "That is too long ago.", "Ask for at most 400 days.")
    facility = asked.facility
    if facility is not None:
        known = await queries.codes(connection, basis.reach.scope)
        # What is not in the area and what does not exist are one: there is nothing of it.
        facility = next((code for _, code in known if lens.facility(code) == facility), "")
    fresh = Cursor(
        grant_id=basis.grant.id,
        area=basis.reach.mark,
        epoch=basis.horizon.epoch,
        since=0,
        at=basis.now,
        from_day=first.isoformat(),
        facility=facility,
    )
    return _begun(fresh, basis)


def _must_still_hold(cursor: Cursor, basis: Basis) -> None:
    if cursor.epoch != basis.horizon.epoch or cursor.since > basis.horizon.number:
        raise ExpiredError("Our database was moved or put back.")
    if cursor.area != basis.reach.mark:
        raise ExpiredError("The units of this area were arranged anew.")
    if basis.now - cursor.at > cursors.LIFE:
        raise ExpiredError(f"This is older than {cursors.LIFE.days} days.")


def _begun(cursor: Cursor, basis: Basis) -> Cursor:
    """The upper end is fixed with the first page; what comes after is told the next time."""
    known = basis.horizon.known_until
    if cursor.known_until is not None:
        known = max(cursor.known_until, known or cursor.known_until)
    return replace(
        cursor, until=basis.horizon.number, until_at=basis.now, until_known=known, after=None
    )


def _following(
    resources: Resources, agency: Agency, cursor: Cursor, found: Found, basis: Basis
) -> tuple[str | None, str | None]:
    key = cursors.key_of(resources.settings)
    if found.after is not None:
        more = replace(cursor, after=found.after)
        return cursors.encoded(more, key=key, client_id=agency.client_id), None
    done = cursor.finished()
    is_quiet = not found.rows and cursor.after is None and cursor.since > 0
    if is_quiet and basis.now - cursor.at < cursors.FRESH:
        # Nothing happened: the same answer as the last time, to the letter.
        done = replace(cursor, until=None, until_at=None, until_known=None)
    return None, cursors.encoded(done, key=key, client_id=agency.client_id)


async def _record(
    resources: Resources, agency: Agency, grant: Grant, found: Found, *, purpose: str
) -> None:
    """One line for the pull, and one for each facility, whose people may read it."""
    told = len(found.rows) + len(found.lines)
    day = local_day(resources.now(), COUNTRY_TIME_ZONE)
    asker = agency if agency.purpose else replace(agency, purpose=purpose[:200])
    detail: dict[str, object] = {"grant": grant.id, "level": grant.level, "records": told}
    deed = Deed(Verb.READ, Subject.DATASET, grant.dataset, detail=detail)
    async with changing(resources, asker, deed) as connection:
        if not await queries.charge(
            connection, agency.client_id, day, told, most=agency.daily_records
        ):
            raise _used_up(agency, day, resources.now())
        own = [
            Deed(Verb.READ, Subject.DATASET, grant.dataset, code, detail | {"records": count})
            for code, count in Counter(row.facility for row in found.rows).items()
        ]
        await access_log.add_all(connection, asker.trail, own, now=resources.now())


def _used_up(agency: Agency, day: date, now: datetime) -> TooManyError:
    tomorrow = midnight(day + timedelta(days=1), COUNTRY_TIME_ZONE)
    return TooManyError(
        f"At most {agency.daily_records} records a day. Go on tomorrow from where you are.",
        retry_after_s=int((tomorrow - now).total_seconds()) + 1,
    )
