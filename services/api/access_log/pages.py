"""`/access-log`: who read and changed what, and until when it is sealed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.access.transactions import reading, reading_as_system
from services.api.access_log import queries, words
from services.api.access_log import reading as log
from services.api.access_log.asked import Asked, actor_of
from services.api.access_log.routes import table
from services.api.access_log.schemas import LineOut
from services.api.access_log.seals import queries as seals
from services.api.console.forms import day_of
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.deeds import Subject, Verb
from shared.domain.ledger import SignedHead, fingerprint
from shared.i18n import Translator

router = APIRouter()
A_PAGE: Final = 50
#: There is a head each hour at least.
SEALED_WITHIN: Final = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Row:
    """A line in words."""

    n: int
    at: datetime
    who: str
    roles: str
    actor: str
    did: str
    what: str
    key: str
    facility: str | None
    purpose: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Seal:
    """The newest head, as far as people compare it."""

    number: int
    size: int
    at: datetime
    root: str
    key: str
    is_late: bool


def _chosen(request: Request) -> Asked:
    """As chosen in the form; what is no choice filters nothing."""
    given = {name: text[:200] for name, text in request.query_params.items()}
    verb, subject = given.get("verb", ""), given.get("subject", "")
    return Asked(
        actor=actor_of(given.get("actor", "")),
        facility=given.get("facility") or None,
        verb=Verb(verb) if verb in set(Verb) else None,
        subject=Subject(subject) if subject in set(Subject) else None,
        day=day_of(given.get("day", "")),
    )


#: A page's parameter of this type is given what its reader chose.
Chosen = Annotated[Asked, Depends(_chosen)]


@router.get("/access-log")
async def access_log(
    request: Request,
    viewer: Viewer,
    resources: Given,
    asked: Chosen,
    after: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """`after`: the number of the last line of the page before."""
    lines = await log.page(resources, viewer, asked, before=after, limit=A_PAGE + 1)
    async with reading(resources, viewer) as connection:
        homes = await queries.homes(connection, viewer.scope(Action.SEE_ACCESS_LOG))
    async with reading_as_system(resources) as connection:
        head = await seals.last(connection)
    own = frame(request, viewer)
    older = {**asked.query, "after": str(lines[A_PAGE - 1].n)} if len(lines) > A_PAGE else None
    return page(
        own,
        "access_log.html",
        rows=[_row(one, own.translator) for one in lines[:A_PAGE]],
        asked=asked,
        homes=homes,
        verbs=words.VERBS,
        subjects=words.SUBJECTS,
        query=urlencode(asked.query),
        older=urlencode(older) if older else None,
        seal=_seal(head, own.now),
    )


@router.get("/access-log/mine")
async def mine(
    request: Request,
    viewer: Viewer,
    resources: Given,
    after: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """What is on record of the reader."""
    lines = await log.own(resources, viewer, before=after, limit=A_PAGE + 1)
    own = frame(request, viewer)
    return page(
        own,
        "access_log_mine.html",
        rows=[_row(one, own.translator) for one in lines[:A_PAGE]],
        older=lines[A_PAGE - 1].n if len(lines) > A_PAGE else None,
    )


@router.get("/access-log/export")
async def export(viewer: Viewer, resources: Given, asked: Chosen) -> Response:
    """The same lines as a table, without names."""
    return table(await log.export(resources, viewer, asked))


def _row(line: LineOut, t: Translator) -> Row:
    roles = ", ".join(t.gettext(words.ROLES.get(role, role)) for role in line.by.roles)
    return Row(
        n=line.n,
        at=line.at,
        who=_who(line, t),
        roles=roles,
        actor=line.by.actor,
        did=t.gettext(words.VERBS.get(line.verb, line.verb)),
        what=t.gettext(words.SUBJECTS.get(line.subject, line.subject)),
        key=line.key,
        facility=line.facility_name,
        purpose=line.purpose,
        address=line.address,
    )


def _who(line: LineOut, t: Translator) -> str:
    if line.by.name is not None:
        return line.by.name
    kind, _, number = line.by.actor.partition(":")
    match kind:
        case "user":
            return t.gettext("Person no. %(number)s", number=number)
        case "client":
            return t.gettext("Agency no. %(number)s", number=number)
    return t.gettext("The system itself")


def _seal(head: SignedHead | None, now: datetime) -> Seal | None:
    if head is None:
        return None
    its = head.head
    is_late = now - its.at > SEALED_WITHIN
    return Seal(its.number, its.size, its.at, its.root.hex(), fingerprint(its.public_key), is_late)
