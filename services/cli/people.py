"""What the operator of the server does for people who cannot help themselves any more."""

from typing import Final

from services.api.invitations import queries as invitations
from services.api.invitations.inviting import GOOD_FOR, PAGE
from services.api.invitations.queries import NewLink
from services.api.people.roles import queries as roles
from services.api.sessions import queries as sessions
from services.api.sessions import tokens
from services.cli import first_run, queries
from services.cli.containers import ConsoleSettings
from services.cli.owner import MigrateSettings
from shared.db.session import unit_of_work
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import clock, settings
from shared.runtime.errors import GiamsatError

_BY: Final = "operator"


class NobodyError(GiamsatError):
    """The address is on record with nobody."""

    def __init__(self, email: str) -> None:
        super().__init__(f"Nobody is on record with the address {email}.")


async def reset(email: str) -> str:
    """A link with which somebody begins anew: for the last administrator, whom nobody above can
    help. It stands in the access log, and is good as any other.
    """
    engine = first_run.owners_engine(settings.load(MigrateSettings).database_url)
    root = settings.load(ConsoleSettings).console_url.rstrip("/")
    now, token = clock.now(), tokens.new()
    try:
        async with unit_of_work(engine) as connection:
            user_id = await queries.person(connection, email)
            if user_id is None:
                raise NobodyError(email)
            link = NewLink(tokens.hash_of(token), now, now + GOOD_FOR)
            number = await invitations.add_reset(connection, user_id, link, by=None)
            deed = Deed(Verb.CREATE, Subject.INVITATION, str(number), detail={"by": _BY})
            await queries.put_on_record(connection, deed, now=now)
    finally:
        await engine.dispose()
    return f"{root}{PAGE}?token={token}"


async def disable(email: str) -> None:
    """Close an account at once, with every session of it."""
    engine = first_run.owners_engine(settings.load(MigrateSettings).database_url)
    now = clock.now()
    try:
        async with unit_of_work(engine) as connection:
            user_id = await queries.person(connection, email)
            if user_id is None:
                raise NobodyError(email)
            await roles.disable(connection, user_id, at=now)
            await roles.void_resets(connection, user_id, now=now)
            await sessions.end_all(connection, user_id)
            deed = Deed(Verb.REVOKE, Subject.PERSON, str(user_id), detail={"by": _BY})
            await queries.put_on_record(connection, deed, now=now)
    finally:
        await engine.dispose()
