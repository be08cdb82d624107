"""The demo within `giamsat up`: seeded if it is not yet, and who may log in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.demo import passwords, seed
from services.cli.demo.passwords import Passwords
from services.cli.demo.province import people
from services.cli.plan import Plan
from services.cli.run_file import LogIn
from services.cli.secret_files import SecretFiles


@dataclass(frozen=True, slots=True)
class Demo:
    """What `up` has to know of the demo."""

    users: Mapping[str, LogIn]
    #: The end of the history, if it was made just now.
    watching_since: datetime | None


async def ensure(engine: AsyncEngine, plan: Plan, *, now: datetime) -> Demo:
    """`now` is where its past ends and the simulated gateways go on."""
    made = passwords.kept(SecretFiles(plan.layout.secrets))
    if not await seed.is_needed(engine):
        return Demo(_shown(made), watching_since=None)
    await seed.seed(engine, made, console_url=plan.console_url, now=now)
    return Demo(_shown(made), watching_since=now)


def _shown(made: Passwords) -> dict[str, LogIn]:
    """One person of each role, the first."""
    shown: dict[str, LogIn] = {}
    for person in people():
        shown.setdefault(person.role, LogIn(person.email, made.people[person.email]))
    return shown
