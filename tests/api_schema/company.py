"""Those who ask: one of every role, an agency, and nobody; with tokens that always hold."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from sqlalchemy import insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.access_log import queries as access_log
from services.api.access_log.queries import Trail
from services.api.access_log.seals.sealing import Sealer
from services.api.access_log.seals.witness import Witness
from services.api.broker_access import BrokerAccess
from services.api.resources import Resources
from services.api.sessions import passwords, tokens
from services.api.settings import Settings
from shared.db.session import SYSTEM, create_engine, unit_of_work
from shared.db.tables.agencies import sharing_grant
from shared.db.tables.people import session, user_account
from shared.db.tables.registry import device
from shared.domain.access import Role
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.places import DeviceKind
from shared.domain.rounds import INTERVAL_S
from shared.runtime import clock
from shared.runtime.ed25519 import SigningKey
from shared.runtime.sealed_box import new_key
from tests.probe.fill import World
from tests.probe.run import Stage
from tests.support.people import Headers, add_user, log_in

PASSPHRASE: Final = "a long walk beside the river"
AGENCY: Final = "agency"
SECOND: Final = "second"
ROUND_POINT: Final = "round-schema"
#: A role, a second person of the department, or an agency.
Asking = Role | Literal["agency", "second"]
#: These end the session in which they are asked, or weaken it.
_OWN: Final = (
    "list_own_sessions", "end_own_session", "log_out", "change_passphrase", "prove_anew",
    "show_second_factor", "propose_app", "confirm_app", "renew_recovery_codes", "remove_app",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody with a role at home, an agency, or nobody."""

    name: str
    user_id: int = 0
    url: str = ""
    given: Mapping[str, str] = field(default_factory=dict)

    def headers(self, operation: str) -> dict[str, str]:
        """In a session of its own, where asking ends it."""
        if self.user_id and operation in _OWN:
            return asyncio.run(_new_session(self.url, self.user_id))
        return dict(self.given)


async def _new_session(url: str, user_id: int) -> Headers:
    engine = create_engine(url, application="schema")
    try:
        async with unit_of_work(engine) as connection:
            return await log_in(connection, user_id, clock.now())
    finally:
        await engine.dispose()


@dataclass(frozen=True, slots=True)
class Company:
    """All of them; nobody is one as well."""

    guests: Mapping[str, Guest]

    def some(self, number: int, seed: int, *, of: int) -> list[Guest]:
        """A few for each operation, others each time."""
        chance = random.Random(f"{seed}/{number}")  # noqa: S311 - a sample, not a secret
        return chance.sample(list(self.guests.values()), of)


def company(url: str, on: Stage) -> Company:
    return asyncio.run(_company(url, on))


async def _company(url: str, on: Stage) -> Company:
    engine = create_engine(url, application="schema")
    try:
        async with unit_of_work(engine) as connection:
            rows = await connection.execute(select(session.c.token_hash, session.c.user_id))
            users = {bytes(token_hash): user_id for token_hash, user_id in rows}
            await connection.execute(
                update(user_account).values(password_hash=passwords.hashed(PASSPHRASE))
            )
            await _loosen_grants(connection)
            await _put_on_the_round(connection, on.worlds[0])
            place = {"admin_unit_id": on.worlds[0].province_id}
            at = clock.now()
            user_id = await add_user(connection, SECOND, Role.DEPT_OFFICER, place, at)
            second = Guest(SECOND, user_id, url, await log_in(connection, user_id, at))
        await _sealed(engine, url)
    finally:
        await engine.dispose()
    guests = {"nobody": Guest("nobody"), SECOND: second}
    for actor in on.actors:
        if actor.name == "agency with a grant":
            guests[AGENCY] = Guest(AGENCY, given=actor.headers)
        if actor.name.startswith("agency") or "until" in actor.name or "former" in actor.name:
            continue
        token = actor.headers["Authorization"].removeprefix("Bearer ")
        guests[actor.role] = Guest(actor.name, users[tokens.hash_of(token)], url, actor.headers)
    return Company(guests)


async def _loosen_grants(connection: AsyncConnection) -> None:
    """What is granted by name goes only to bound tokens; nameless it goes to ours too."""
    columns = [column for column in sharing_grant.c if column.name not in {"id", "level"}]
    nameless = select(*columns, literal("pseudonymous")).where(sharing_grant.c.level == "named")
    names = [*(column.name for column in columns), "level"]
    await connection.execute(insert(sharing_grant).from_select(names, nameless))


async def _put_on_the_round(connection: AsyncConnection, home: World) -> None:
    """A place at home where people check in."""
    await connection.execute(
        insert(device).values(
            facility_id=home.rows["facility"]["id"],
            zone_id=home.rows["zone"]["id"],
            code=ROUND_POINT,
            name="A place on the round",
            kind=DeviceKind.ROUND_POINT,
            interval_s=INTERVAL_S,
            registered_at=clock.now(),
        )
    )


async def _sealed(engine: AsyncEngine, url: str) -> None:
    """The access log under two heads, so that growth can be proved."""
    with TemporaryDirectory() as folder:
        settings = Settings(database_url=url, mqtt_password="", people_key=new_key())
        broker = BrokerAccess(host="", port=0, username="", password="")
        resources = Resources(engine, broker, settings, clock.now)
        sealer = Sealer(
            resources, SigningKey.new(), witness=Witness(Path(folder) / "heads"), now=clock.now
        )
        await sealer.seal()
        async with unit_of_work(engine, SYSTEM) as connection:
            deed = Deed(Verb.LOG_IN, Subject.SESSION, "user:1")
            await access_log.add(connection, Trail("system", "", "", ""), deed, now=clock.now())
        await sealer.seal()
