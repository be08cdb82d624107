"""Tells once a day, while it lasts, which communes have no officer, and which competences end.

Each message has a name made of its province, its day and its reader, so that it is sent once,
however often and by however many services it is looked for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.outbox import posting
from services.alerts.outbox.drafts import Draft, reader_of
from services.alerts.tell.letters import Letter
from services.alerts.tell.outbox import Sender
from services.alerts.vacancies import letters, queries
from services.alerts.vacancies.queries import Held
from shared.domain.competence import review_due
from shared.domain.delivery import MessageKind
from shared.domain.escalation import Recipient
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.i18n import Translator, translator

EVERY_S: Final = 300.0
#: Nobody is woken for it.
FROM_HOUR: Final = 7


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told to a province's department, once on a day."""

    kind: MessageKind
    province_id: int | None
    day: date
    write: Callable[..., Letter]


async def tell(connection: AsyncConnection, sender: Sender, *, now: datetime) -> int:
    """How many messages were new."""
    if now.astimezone(ZoneInfo(COUNTRY_TIME_ZONE)).hour < FROM_HOUR:
        return 0
    today = local_day(now, COUNTRY_TIME_ZONE)
    vacant = await queries.vacancies(connection, today=today, now=now)
    notices = [
        Notice(MessageKind.VACANCY, province, today, partial(letters.vacant, list(group)))
        for province, group in groupby(vacant, key=lambda one: one.province_id)
    ]
    notices += reviews(await queries.ending(connection, today=today), today=today)
    people = await queries.recipients(connection, [one.province_id for one in notices], now=now)
    return await posting.post(connection, list(_drafts(notices, people, sender)), now=now)


def reviews(ending: Iterable[Held], *, today: date) -> list[Notice]:
    """Those that came due on the same day in one province are one notice."""
    due: dict[tuple[int | None, date], list[Held]] = {}
    for one in ending:
        if (day := review_due(one.competence, today=today)) is not None:
            due.setdefault((one.province_id, day), []).append(one)
    return [
        Notice(MessageKind.REVIEW, province, day, partial(letters.review, held))
        for (province, day), held in due.items()
    ]


def _drafts(
    notices: Sequence[Notice],
    people: Mapping[int | None, Sequence[Recipient]],
    sender: Sender,
) -> Iterable[Draft]:
    for notice in notices:
        for person in people[notice.province_id]:
            to: Translator = translator(person.language)
            letter = notice.write(to, console_url=sender.console_url.rstrip("/"))
            name = _message_id(notice, person.address, sender.mail_domain)
            day = notice.day.toordinal()
            yield Draft(None, notice.kind, day, person, letter.subject, letter.body, name)


def _message_id(notice: Notice, address: str, mail_domain: str) -> str:
    """It names nobody."""
    reader = reader_of(address)
    place = notice.province_id or "state"
    return f"<{notice.kind}-{place}-{notice.day.isoformat()}.{reader}@{mail_domain}>"
