import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt
import pytest

from services.cli.demo.province import FACILITIES, GATEWAY, Facility
from services.cli.demo.site import Site
from services.edge.journal import Journal
from services.edge.link import Account
from services.edge.watch import Look
from shared.contracts import topics
from shared.contracts.heartbeat import GatewayHeartbeat, decode_entry, decode_many
from shared.domain.states import WatchState
from tests.support.broker import Broker, running_broker

PLACE = next(place for place in FACILITIES if place.code == "ban-mai")
PASSWORD = "a-password"


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with running_broker([(PLACE.code, GATEWAY.code, PASSWORD)]) as running:
        yield running


@pytest.fixture
async def site(broker: Broker, tmp_path: Path) -> AsyncIterator[Site]:
    def account_of(device: str) -> Account:
        username = topics.username(PLACE.code, device)
        return Account(broker.host, broker.port, username, PASSWORD)

    made = Site(PLACE, account_of, Journal(tmp_path / "journal.json"), interval_s=0.5)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


class Ear:
    """Hears what the site tells, as ingest does."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._messages = aiter(client.messages)

    async def beat_of(self, device: str) -> GatewayHeartbeat:
        """The next heartbeat that says anything of a device."""
        async with asyncio.timeout(15):
            while True:
                message = await anext(self._messages)
                assert isinstance(message.payload, bytes)
                for entry in map(decode_entry, decode_many(message.payload)):
                    if entry.device == device:
                        return entry


@pytest.mark.parametrize("place", FACILITIES, ids=lambda place: place.code)
def test_every_watch_begins_where_history_ended_however_long_the_start_took(
    place: Facility, tmp_path: Path
) -> None:
    def no_account(device: str) -> Account:
        raise AssertionError(device)

    site = Site(place, no_account, Journal(tmp_path / "journal.json"))
    history_end = datetime(2026, 3, 1, 8, 0, 0, 749_575, tzinfo=UTC)
    site.resume(history_end, now=history_end + timedelta(minutes=2))
    first_look_ms = int((history_end + timedelta(minutes=2, seconds=9)).timestamp() * 1000)
    behind = {device.code for device in place.devices if not device.is_plain} | {GATEWAY.code}
    for code in behind:
        site._gateway.see(Look(code, WatchState.OK, first_look_ms))
    watches = site._gateway.going_on
    assert {watch.device for watch in watches} == behind
    assert all(watch.since_ms <= history_end.timestamp() * 1000 for watch in watches)


@asynccontextmanager
async def ear(broker: Broker) -> AsyncIterator[Ear]:
    async with aiomqtt.Client(
        broker.host, broker.port, username="giamsat-ingest", password=broker.ingest_password
    ) as client:
        await client.subscribe("giamsat/v1/+/+/heartbeats", qos=1)
        yield Ear(client)


async def test_what_a_cut_link_held_back_is_told_when_it_is_restored(
    broker: Broker, site: Site
) -> None:
    async with ear(broker) as listening:
        before = await listening.beat_of("cam-1")
        site.cut()
        await site.restore()
        after = await listening.beat_of("cam-1")
    assert before.since == after.since
    assert after.at > before.at  # type: ignore[operator]  # both are numbers


async def test_a_covered_camera_is_told_at_once(broker: Broker, site: Site) -> None:
    async with ear(broker) as listening:
        await listening.beat_of("cam-1")
        await site.cover("cam-1")
        # A heartbeat may have been on its way, and one more ends the good watch.
        states = [(await listening.beat_of("cam-1")).state for _ in range(3)]
    assert "covered" in states
