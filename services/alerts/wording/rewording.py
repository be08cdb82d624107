"""Says messages in the words that their place wants; where those cannot be used, in ours."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.outbox.drafts import Draft
from services.alerts.wording import queries
from services.alerts.wording.queries import Template
from shared.domain import templates
from shared.domain.delivery import Channel, MessageKind
from shared.domain.templates import CHANNELS, Words
from shared.runtime import logging

log = logging.get(__name__)

#: By what a template is for: unit, kind, channel and language.
Known = Mapping[tuple[int | None, MessageKind, Channel, str], Template]


async def reworded(
    connection: AsyncConnection, drafts: Sequence[Draft], *, now: datetime
) -> list[Draft]:
    """Looked up only if there is something to tell that can be told in other words."""
    kinds = {draft.said_as for draft in drafts if draft.facts}
    if not kinds:
        return list(drafts)
    found = await queries.in_force(connection, kinds, CHANNELS, now=now)
    usable = [template for template in found if _is_usable(template)]
    known = {(one.unit_id, one.kind, one.channel, one.language): one for one in usable}
    units: Mapping[int, tuple[int, ...]] = {}
    if any(one.unit_id is not None for one in usable):
        incidents = {draft.incident_id for draft in drafts if draft.incident_id is not None}
        units = await queries.units_of(connection, incidents, now=now)
    return [_said(draft, known, units.get(draft.incident_id or 0, ())) for draft in drafts]


def _is_usable(template: Template) -> bool:
    """It was when it was written; a later release may know other names."""
    problems = templates.check(template.words, template.kind, template.channel)
    if problems:
        log.error(
            "template_not_usable",
            template_id=template.id,
            flaws=[f"{one.part}: {one.flaw} {one.about}".rstrip() for one in problems],
        )
    return not problems


def _said(draft: Draft, known: Known, units: Sequence[int]) -> Draft:
    """By each channel by itself, because a message may go out through another than it began."""
    if not draft.facts:
        return draft
    mail = _filled(draft, Channel.EMAIL, known, units)
    text = _filled(draft, Channel.SMS, known, units)
    if mail is not None:
        draft = replace(draft, subject=mail.subject, body=mail.body)
    return draft if text is None else replace(draft, short=text.body)


def _filled(draft: Draft, channel: Channel, known: Known, units: Sequence[int]) -> Words | None:
    """The nearest counts; whatever has nothing to say in them is said in ours."""
    language = draft.recipient.language
    wanted = ((unit, draft.said_as, channel, language) for unit in (*units, None))
    template = next((known[key] for key in wanted if key in known), None)
    if template is None:
        return None
    words = templates.filled(template.words, draft.facts, channel)
    if words is None:
        log.error("template_not_filled", template_id=template.id, kind=draft.kind)
    return words
