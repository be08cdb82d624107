from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.deliver.deliverer import Deliverer
from services.alerts.deliver.email import Mailer, Server, Tls
from services.alerts.deliver.mail import Mail
from services.alerts.people_mail.sending import PeopleMail
from shared.db.session import create_engine, unit_of_work
from shared.domain.delivery import Channel
from tests.conftest import Database
from tests.support.mail_server import MailServer, mail_server
from tests.support.people import province_of

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
LINK = "https://giamsat.example/invitation?token=abc"
ADDRESS = "thu.ha@giamsat.example"


@pytest.fixture
async def sink() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
async def waiting(engine: AsyncEngine) -> None:
    await province_of(engine, NOW)
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO invitation (token_hash, email, language, role, invited_at, expires_at)"
                " VALUES ('\\x01', :to, 'vi', 'CAREGIVER', :now, :until)"
            ),
            {"to": ADDRESS, "now": NOW, "until": NOW + timedelta(hours=72)},
        )
        await connection.execute(
            text(
                "INSERT INTO person_mail (invitation_id, address, language, subject, body, "
                "message_id, created_at, due_at, expires_at) SELECT id, :to, 'vi', "
                "'Vai trò của bạn', :body, '<1@giamsat.example>', :now, :now, :until "
                "FROM invitation"
            ),
            {"to": ADDRESS, "body": LINK, "now": NOW, "until": NOW + timedelta(hours=72)},
        )


@pytest.fixture
async def alerts(database: Database) -> AsyncIterator[AsyncEngine]:
    """With the rights of the service."""
    engine = create_engine(database.url_of_service("alerts"), application="tests")
    yield engine
    await engine.dispose()


def sending(engine: AsyncEngine, port: int, *, at: datetime = NOW) -> Deliverer:
    mailer = Mailer(Server("127.0.0.1", port, Tls.NONE, "", "", 5))
    mail = {Channel.EMAIL: Mail(mailer, "giamsat@giamsat.example")}
    return Deliverer(engine, PeopleMail(), mail, lambda: at)


async def row(engine: AsyncEngine) -> tuple[object, ...]:
    async with engine.connect() as connection:
        found = await connection.execute(
            text("SELECT state, address, body, attempts FROM person_mail")
        )
        return tuple(found.one())


@pytest.mark.usefixtures("waiting")
async def test_the_link_arrives_once_and_is_kept_nowhere(
    alerts: AsyncEngine, engine: AsyncEngine, sink: MailServer
) -> None:
    await sending(alerts, sink.port).run()
    await sending(alerts, sink.port, at=NOW + timedelta(hours=1)).run()
    [mail] = sink.received
    assert (mail["To"], mail["Subject"]) == (ADDRESS, "Vai trò của bạn")
    assert mail["In-Reply-To"] is None
    assert LINK in mail.get_content()
    assert await row(engine) == ("sent", "", "", 1)


@pytest.mark.usefixtures("waiting")
async def test_a_server_that_is_away_is_tried_again(
    alerts: AsyncEngine, engine: AsyncEngine, sink: MailServer
) -> None:
    await sending(alerts, 1).run()
    assert (await row(engine))[0] == "pending"
    await sending(alerts, sink.port, at=NOW + timedelta(hours=2)).run()
    assert len(sink.received) == 1


@pytest.mark.usefixtures("waiting")
async def test_an_address_that_is_refused_is_given_up_and_forgotten(
    alerts: AsyncEngine, engine: AsyncEngine, sink: MailServer
) -> None:
    sink.refused_recipients[ADDRESS] = "550 no such user"
    await sending(alerts, sink.port).run()
    assert await row(engine) == ("dead", "", "", 1)


@pytest.mark.usefixtures("waiting")
async def test_a_link_that_is_over_is_not_sent(
    alerts: AsyncEngine, engine: AsyncEngine, sink: MailServer
) -> None:
    await sending(alerts, sink.port, at=NOW + timedelta(hours=72)).run()
    assert sink.received == []
    assert await row(engine) == ("dead", "", "", 0)
