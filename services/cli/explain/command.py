"""The story of one incident as text: what its page shows, from the same function."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.console import words
from services.api.console.render import near
from services.api.gaps import queries as gaps
from services.api.incidents import queries as incidents
from services.api.incidents.acting import queries as acting
from services.api.incidents.schemas import IncidentDetailOut
from services.api.incidents.story import queries as climbing
from services.api.incidents.story.telling import StoryLine, story
from services.api.incidents.story.upcoming import next_words, upcoming
from services.api.incidents.story.words import SEVERITIES
from services.api.overview.shown import Voice
from services.cli.explain import queries
from services.cli.layout import Layout
from services.cli.owner import MigrateSettings
from shared.db.session import SYSTEM, create_engine, reading
from shared.domain.access import Scope
from shared.domain.schedule import COUNTRY_TIME_ZONE
from shared.domain.states import IncidentState
from shared.i18n import LANGUAGES, translator
from shared.runtime import clock, settings
from shared.runtime.errors import GiamsatError


class ExplainError(GiamsatError):
    """There is nothing to explain."""


async def explain(
    incident_id: int, data: Path, *, database_url: str | None, language: str
) -> list[str]:
    """In the words of the console; addresses are in none of them."""
    if language not in LANGUAGES:
        raise ExplainError(f"There is no language {language}; choose one of {LANGUAGES}.")
    engine = create_engine(database_url or _database_url(Layout(data)), application="explain")
    try:
        async with reading(engine, SYSTEM) as connection:
            return await told(connection, incident_id, language=language, now=clock.now())
    finally:
        await engine.dispose()


def _database_url(layout: Layout) -> str:
    kept = layout.secrets / "migrate_database_url"
    return kept.read_text() if kept.exists() else settings.load(MigrateSettings).database_url


async def told(
    connection: AsyncConnection, incident_id: int, *, language: str, now: datetime
) -> list[str]:
    incident = await _incident(connection, incident_id, now=now)
    place = await queries.place_of(connection, incident_id)
    t = translator(language)
    zone = place.time_zone or COUNTRY_TIME_ZONE
    voice = Voice(t, near(t, zone, now))
    climb = await climbing.climb(connection, incident_id, now=now)
    cause = t.gettext(words.CAUSES[incident.cause])
    where = place.name or t.gettext("The system itself")
    head = [f"{incident.id} · {where} · {cause} · {t.gettext(SEVERITIES[incident.severity])}"]
    head.append(_how_long(incident, voice, zone, now))
    if climb and (next_one := next_words(upcoming(incident, climb, now=now), voice, now=now)):
        head.append(next_one)
    return [*head, "", *_lines(story(incident, place.zones, voice), zone)]


async def _incident(
    connection: AsyncConnection, incident_id: int, *, now: datetime
) -> IncidentDetailOut:
    everywhere = Scope(is_everywhere=True)
    incident = await incidents.one(connection, incident_id, everywhere)
    if incident is None:
        raise ExplainError(f"There is no incident {incident_id}.")
    told = await incidents.notifications(connection, incident_id)
    nameless = [one.model_copy(update={"address": None, "who": None}) for one in told]
    return IncidentDetailOut(
        **incident.model_dump(),
        gaps=list(await gaps.of_incident(connection, incident_id, now=now)),
        timeline=list(await incidents.timeline(connection, incident_id)),
        notifications=nameless,
        acknowledgements=list(await incidents.acknowledgements(connection, incident_id)),
        actions=list(await acting.of_incident(connection, incident_id)),
        children=list(await incidents.children(connection, incident_id)),
    )


def _how_long(incident: IncidentDetailOut, voice: Voice, zone: str, now: datetime) -> str:
    t = voice.t
    begun = t.instant(incident.since, zone)
    if incident.state is IncidentState.OPEN:
        lasting = t.gettext("Lasting for")
        return f"{lasting} {t.duration(now - incident.since)}, " + t.gettext(
            "since %(time)s", time=begun
        )
    end = incident.resolved_at or now
    length = t.gettext("Over; it lasted %(length)s", length=t.duration(end - incident.since))
    return f"{length}, {begun} – {t.instant(end, zone)}"


def _lines(lines: list[StoryLine], zone: str) -> Iterator[str]:
    """The clock to the second: what belongs together happens within a few."""
    day = None
    for line in lines:
        at = line.at.astimezone(ZoneInfo(zone))
        if at.date() != day:
            day = at.date()
            yield f"{day:%Y-%m-%d}"
        yield f"  {at:%H:%M:%S}  {line.words}"
        if line.note:
            yield f"            {line.note}"
