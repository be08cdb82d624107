"""What every test may ask for: a server, a fresh database, an engine on it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from services.cli.postgres import OWNER, Postgres
from shared.db.session import create_engine
from tests.support import databases
from tests.support.broker import Broker, running_broker

#: They measure how long things take, or need most of the machine: one after the other.
IN_TURN = (
    "tests/e2e",
    "tests/chaos",
    "tests/fuzz",
    "tests/probe",
    "tests/api_schema",
    "test_disconnects",
)


def pytest_configure() -> None:
    """Tracebacks as text: drawn with every local in a box, one takes seconds of the event loop."""
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, console])


class InTurn(LoadScopeScheduling):  # type: ignore[misc] # ships no types
    """A file stays together, and the heavy ones form one queue, the first to begin."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "heavy" if any(heavy in file for heavy in IN_TURN) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> InTurn:
    """In place of xdist's own groups: they rename tests, which pytest 9.2 does not let them."""
    return InTurn(config, log)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with databases.running_postgres() as server:
        yield server


@dataclass(frozen=True)
class Database:
    """One test's own database, by the address of each role."""

    server: Postgres
    name: str

    @property
    def url(self) -> str:
        return self.server.url_of(OWNER, self.server.password, self.name)

    def url_of_service(self, service: str) -> str:
        """The address with which ingest, alerts or api connects."""
        return self.server.url_of(f"giamsat_{service}", service, self.name)


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[Database]:
    name = await databases.fresh_database(postgres)
    yield Database(postgres, name)
    await databases.drop_database(postgres, name)


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    """The owner's engine: for arranging and looking; services are tested with their own role."""
    engine = create_engine(database.url, application="tests")
    yield engine
    await engine.dispose()


@pytest.fixture
def broker() -> Iterator[Broker]:
    """A Mosquitto of the test's own; `admit` devices, then `stop` and `start` to let them in."""
    with running_broker() as broker:
        yield broker
