"""The watchdog and the alarm path over real sockets; a minute is cut to a few hundredths."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.deliver.email import Tls
from services.alerts.settings import Settings
from services.alerts.tell.outbox import Sender
from services.alerts.tick import Holder, tick
from services.alerts.watchdog.made import vigil
from services.alerts.watchdog.ping import Kennel, PingError, Signal
from services.alerts.watchdog.settings import WatchdogSettings
from services.alerts.watchdog.vigil import Vigil
from shared.db.session import create_engine, unit_of_work
from shared.db.tables.coverage import ingest_worker
from shared.runtime import clock
from tests.conftest import Database
from tests.support.alerting import World
from tests.support.mail_server import MailServer, mail_server
from tests.support.ping_server import PingServer, ping_server
from tests.support.tcp_proxy import TcpProxy

#: Stands for a minute.
MINUTE_S = 0.2


@pytest.fixture
async def outside() -> AsyncIterator[PingServer]:
    async with ping_server() as running:
        yield running


@pytest.fixture
async def first() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
async def second() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


def settings(port: int) -> Settings:
    return Settings(
        database_url="not used",
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_tls=Tls.NONE,
        mail_from="giamsat@giamsat.example",
        console_url="https://giamsat.example",
        health_port=0,
    )


def own_settings(outside: PingServer | None, **values: object) -> WatchdogSettings:
    scaled = {
        "watchdog_urls": outside.url if outside else "",
        "watchdog_every_s": MINUTE_S,
        "look_every_s": MINUTE_S / 3,
        "stopped_after_s": 2 * MINUTE_S,
    }
    return WatchdogSettings.model_validate(scaled | values)


def with_second(port: int, **values: object) -> dict[str, object]:
    return {
        "alarm_smtp_host": "127.0.0.1", "alarm_smtp_port": port, "alarm_smtp_tls": "none",
        **values,
    }  # fmt: skip


@asynccontextmanager
async def awake(watch: Vigil) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(watch.run(stop))
        yield
        stop.set()


@asynccontextmanager
async def ticking(engine: AsyncEngine) -> AsyncIterator[Callable[[], None]]:
    """What ingest and alerts do when all is well, many times a second; the call ends it."""
    stop = asyncio.Event()

    async def go_on() -> None:
        while not stop.is_set():
            async with unit_of_work(engine) as connection:
                await connection.execute(update(ingest_worker).values(seen_until=clock.now()))
            sender = Sender("giamsat.example", "https://giamsat.example")
            await tick(engine, Holder("one"), sender, clock.now())
            with suppress(TimeoutError):
                async with asyncio.timeout(MINUTE_S / 4):
                    await stop.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(go_on())
        yield stop.set
        stop.set()


async def until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_true():  # noqa: ASYNC110 - nobody tells when a mail arrives
            await asyncio.sleep(0.01)


async def test_a_ping_says_each_minute_that_all_is_well(
    world: World, outside: PingServer, first: MailServer
) -> None:
    watch = vigil(settings(first.port), own_settings(outside), world.alerts, clock.now)
    async with ticking(world.owner), awake(watch):
        await outside.hears("")
        await outside.hears("")
    assert outside.heard[0] == ("/start", "")


async def test_a_stopped_alert_service_is_noticed_outside_within_three_minutes(
    world: World, outside: PingServer, first: MailServer
) -> None:
    """A check of one minute with one minute of grace, as the guide says."""
    watch = vigil(settings(first.port), own_settings(outside), world.alerts, clock.now)
    async with ticking(world.owner), awake(watch):
        await outside.hears("")
    loop = asyncio.get_running_loop()
    stopped_at = loop.time()
    await outside.hears_nothing_good(for_s=2 * MINUTE_S)
    assert loop.time() - stopped_at <= 3 * MINUTE_S


async def test_ticks_that_no_longer_succeed_are_told_as_a_failure(
    world: World, outside: PingServer, first: MailServer
) -> None:
    watch = vigil(settings(first.port), own_settings(outside), world.alerts, clock.now)
    async with ticking(world.owner) as stop_ticks, awake(watch):
        await outside.hears("")
        stop_ticks()
        assert "no_tick" in await outside.hears("/fail")


async def test_a_watermark_that_stands_still_is_told_as_a_failure(
    world: World, outside: PingServer, first: MailServer
) -> None:
    await world.know_until(0)
    sender = Sender("giamsat.example", "https://giamsat.example")
    await tick(world.owner, Holder("one"), sender, clock.now())
    own = own_settings(outside, stopped_after_s=60)
    watch = vigil(settings(first.port), own, world.alerts, clock.now)
    async with awake(watch):
        assert await outside.hears("/fail") == "platform_blind"


async def test_an_outbox_that_does_not_drain_is_told_as_a_failure(
    world: World, outside: PingServer, first: MailServer
) -> None:
    await world.rows(
        "INSERT INTO notification (kind, occasion, channel, address, language, role, subject, "
        "body, message_id, state, created_at, due_at) VALUES ('alert', 1, 'email', 'a@b.example', "
        "'vi', 'DEPT_OFFICER', 's', 'b', '<1>', 'pending', now() - interval '11 minutes', now()) "
        "RETURNING id"
    )
    watch = vigil(settings(first.port), own_settings(outside), world.alerts, clock.now)
    async with ticking(world.owner), awake(watch):
        assert await outside.hears("/fail") == "outbox_stuck"


async def test_a_deaf_watchdog_disturbs_nobody(
    world: World, outside: PingServer, first: MailServer
) -> None:
    urls = f"http://127.0.0.1:1/{outside.check} {outside.url}"
    own = own_settings(None, watchdog_urls=urls)
    watch = vigil(settings(first.port), own, world.alerts, clock.now)
    async with ticking(world.owner), awake(watch):
        await outside.hears("")
        await outside.hears("")


async def test_who_has_no_watchdog_gets_a_regular_mail(world: World, first: MailServer) -> None:
    own = own_settings(None, watchdog_mail_to="duty@example.org", watchdog_mail_every_h=1)
    watch = vigil(settings(first.port), own, world.alerts, clock.now)
    async with awake(watch):
        await until(lambda: bool(first.received))
    assert [str(mail["To"]) for mail in first.received] == ["duty@example.org"]


async def test_administrators_hear_that_the_database_is_away_and_that_it_is_back(
    world: World, database: Database, first: MailServer, second: MailServer
) -> None:
    """Once each, by the second mail server; the first, and the broker, are not needed."""
    await world.user("SYS_ADMIN", email="root@example.org")
    first.refused_recipients["root@example.org"] = "451 not now"
    async with TcpProxy(database.server.port) as line:
        near = database.url_of_service("alerts").replace(
            f":{database.server.port}/", f":{line.port}/"
        )
        engine = create_engine(near, application="vigil", pool_size=1, answer_within_s=1)
        own = own_settings(None, **with_second(second.port))
        watch = vigil(settings(first.port), own, engine, clock.now)
        async with ticking(world.owner), awake(watch):
            await asyncio.wait_for(watch.has_looked.wait(), 10)
            line.conditions.is_refusing = True
            line.cut()
            await until(lambda: len(second.received) == 1)
            line.restore()
            await until(lambda: len(second.received) == 2)
        await engine.dispose()
    assert [str(mail["To"]) for mail in second.received] == ["root@example.org"] * 2
    assert first.received == []


async def test_without_a_second_server_an_outage_is_told_by_the_first(
    world: World, first: MailServer
) -> None:
    own = own_settings(None, alarm_to="root@example.org")
    watch = vigil(settings(first.port), own, world.alerts, clock.now)
    async with awake(watch):
        await until(lambda: bool(first.received))
    assert [str(mail["To"]) for mail in first.received] == ["root@example.org"]


async def blind(world: World) -> None:
    """The platform's own incident is open and its message waits."""
    await world.facility()
    await world.user("SYS_ADMIN", email="root@example.org")
    await world.user("DEPT_OFFICER", email="officer@example.org")
    await world.know_until(0)
    sender = Sender("giamsat.example", "https://giamsat.example")
    now = clock.now()
    async with unit_of_work(world.owner) as connection:
        await connection.execute(text("UPDATE ingest_worker SET seen_until = :at"), {"at": now})
    await tick(world.owner, Holder("one"), sender, now)
    await world.rows(
        "UPDATE ingest_worker SET seen_until = now() - interval '10 minutes' RETURNING slot"
    )
    await tick(world.owner, Holder("one"), sender, clock.now())
    await world.rows("UPDATE incident SET opened_at = opened_at - interval '1 hour' RETURNING id")
    await tick(world.owner, Holder("one"), sender, clock.now())


async def test_what_the_first_server_does_not_take_about_ourselves_goes_by_the_second(
    world: World, first: MailServer, second: MailServer
) -> None:
    await blind(world)
    waiting = await world.rows("SELECT address, state FROM notification")
    assert [tuple(row) for row in waiting] == [("root@example.org", "pending")]
    own = own_settings(None, **with_second(second.port, alarm_after_s=0.05, stopped_after_s=60))
    watch = vigil(settings(first.port), own, world.alerts, clock.now)
    async with awake(watch):
        await until(lambda: bool(second.received))
    assert [str(mail["To"]) for mail in second.received] == ["root@example.org"]
    found = await world.rows("SELECT state, provider FROM notification")
    assert [tuple(row) for row in found] == [("sent", "alarm")]
    tried = await world.rows("SELECT outcome, provider FROM delivery_attempt")
    assert [tuple(row) for row in tried] == [("accepted", "alarm")]


async def test_messages_about_facilities_never_go_by_the_second_server(
    world: World, first: MailServer, second: MailServer
) -> None:
    facility = await world.facility()
    incident = await world.rows(
        "INSERT INTO incident (facility_id, cause, state, since_at, opened_at) "
        "VALUES (:facility, 'device_silent', 'open', now(), now()) RETURNING id",
        facility=facility,
    )
    await world.rows(
        "INSERT INTO notification (incident_id, kind, occasion, channel, address, language, role, "
        "subject, body, message_id, state, created_at, due_at) VALUES (:incident, 'alert', 1, "
        "'email', 'a@b.example', 'vi', 'DEPT_OFFICER', 's', 'b', '<1>', 'pending', "
        "now() - interval '1 hour', now()) RETURNING id",
        incident=incident[0].id,
    )
    own = own_settings(None, **with_second(second.port, alarm_after_s=0.05, stopped_after_s=60))
    watch = vigil(settings(first.port), own, world.alerts, clock.now)
    async with awake(watch):
        await asyncio.wait_for(watch.has_looked.wait(), 10)
    assert second.received == []


async def test_a_ping_goes_to_no_redirect_and_its_address_stands_in_no_error(
    outside: PingServer,
) -> None:
    outside.status = 302
    with pytest.raises(PingError) as refused:
        await Kennel(outside.url, timeout_s=1).tell(Signal.WELL)
    assert outside.check not in str(refused.value)


def test_an_address_in_the_clear_is_refused_unless_it_is_this_machine() -> None:
    with pytest.raises(ValueError, match="https"):
        WatchdogSettings.model_validate({"watchdog_urls": "http://hc.example.org/uuid"})
    near = WatchdogSettings.model_validate({"watchdog_urls": "http://127.0.0.1:8000/ping/uuid"})
    assert near.watchdog_urls
