"""Opens transactions in a caller's name: the database hears who asks, changes go on record."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access_log import queries as access_log
from services.api.access_log.queries import Trail
from services.api.resources import Resources
from shared.db import session
from shared.db.session import SYSTEM
from shared.domain.deeds import Deed

#: Who looks at the same again within this time goes on looking.
ONE_LOOK: Final = timedelta(minutes=10)


class Asker(Protocol):
    """Whoever is known: a person logged in, or an agency with a token."""

    @property
    def trail(self) -> Trail:
        """Who, from where, to what purpose."""
        ...


@asynccontextmanager
async def reading(resources: Resources, asker: Asker) -> AsyncIterator[AsyncConnection]:
    """A consistent view of what is theirs. For what names nobody; else use `disclosing`."""
    async with session.reading(resources.engine, _named(resources, asker)) as connection:
        yield connection


@asynccontextmanager
async def disclosing(
    resources: Resources, asker: Asker, deed: Deed
) -> AsyncIterator[AsyncConnection]:
    """The same for personal data: that somebody looked is on record before they see anything."""
    async with session.unit_of_work(resources.engine, _named(resources, asker)) as connection:
        await access_log.add(connection, asker.trail, deed, now=resources.now())
    async with session.reading(resources.engine, _named(resources, asker)) as connection:
        yield connection


@asynccontextmanager
async def still_disclosing(
    resources: Resources, asker: Asker, deed: Deed
) -> AsyncIterator[AsyncConnection]:
    """For what is looked at for long, and asked for anew meanwhile: a look that goes on is one."""
    now = resources.now()
    async with session.reading(resources.engine, _named(resources, asker)) as connection:
        is_known = await access_log.is_known(connection, asker.trail, deed, since=now - ONE_LOOK)
    opened = reading(resources, asker) if is_known else disclosing(resources, asker, deed)
    async with opened as connection:
        yield connection


@asynccontextmanager
async def changing(
    resources: Resources, asker: Asker, deed: Deed
) -> AsyncIterator[AsyncConnection]:
    """One transaction, with its line in the access log: both, or neither.

    The line comes last, because from there on others wait for the next number of the log.
    """
    async with session.unit_of_work(resources.engine, _named(resources, asker)) as connection:
        yield connection
        await access_log.add(connection, asker.trail, deed, now=resources.now())


@asynccontextmanager
async def changing_each(
    resources: Resources, asker: Asker
) -> AsyncIterator[tuple[AsyncConnection, list[Deed]]]:
    """The same for many changes at once, each with a line of its own: what is put into the list."""
    deeds: list[Deed] = []
    async with session.unit_of_work(resources.engine, _named(resources, asker)) as connection:
        yield connection, deeds
        await access_log.add_all(connection, asker.trail, deeds, now=resources.now())


@asynccontextmanager
async def reading_as_system(resources: Resources) -> AsyncIterator[AsyncConnection]:
    async with session.reading(resources.engine, SYSTEM) as connection:
        yield connection


@asynccontextmanager
async def changing_as_system(resources: Resources) -> AsyncIterator[AsyncConnection]:
    """For what no person asked for, and for log-ins, which are on record by themselves."""
    async with session.unit_of_work(resources.engine, SYSTEM) as connection:
        yield connection


def _named(resources: Resources, asker: Asker) -> session.Asker:
    return session.Asker(asker.trail.actor, resources.now())
