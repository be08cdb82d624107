"""`/quarantine`: what devices sent that could not be counted, why, and what to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console import words
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.quarantine import queries
from services.api.quarantine.schemas import QuarantinedOut
from services.api.resources import Given
from shared.db.session import reading
from shared.domain.access import Action
from shared.i18n import Translator

router = APIRouter()
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Row:
    """Messages of one topic set aside for one reason."""

    id: int
    why: str
    advice: str
    topic: str
    sample: str
    count: int
    first_at: datetime
    last_at: datetime


@router.get("/quarantine")
async def quarantine(request: Request, viewer: Viewer, resources: Given) -> Response:
    scope = viewer.must_be_able_to_somewhere(Action.SEE_QUARANTINE)
    async with reading(resources.engine) as connection:
        found = await queries.page(
            connection, scope, facility_code=None, reason=None, before=None, limit=MOST
        )
    own = frame(request, viewer)
    return page(own, "quarantine.html", rows=[_row(one, own.translator) for one in found])


def _row(one: QuarantinedOut, t: Translator) -> Row:
    why, advice = words.REFUSALS[one.reason]
    return Row(
        one.id, t.gettext(why), t.gettext(advice), one.topic, one.sample, one.count,
        one.first_at, one.last_at,
    )  # fmt: skip
