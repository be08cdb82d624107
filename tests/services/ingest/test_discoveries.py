import json

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.discoveries import queries
from services.ingest.discoveries.reports import Report, Reports
from shared.contracts import topics
from shared.contracts.discovery import MAX_DISCOVERED, Found
from shared.contracts.topics import Leaf
from shared.db.session import create_engine, unit_of_work
from tests.conftest import Database
from tests.services.ingest.rooms import FACILITY, NOW, Room, a_camera, a_gateway
from tests.support.registry import register

TOPIC = topics.of(FACILITY, "GW", Leaf.DISCOVERED)
ENDPOINT = "urn:uuid:5f5a69c2-e0ae-504f-829b-000000000001"
GATE = {"endpoint": ENDPOINT, "address": "http://192.168.1.20/onvif", "name": "Cổng"}


def report_of(*found: object) -> bytes:
    return json.dumps(found).encode()


def heard(payload: bytes, *, is_retained: bool = False) -> Room:
    room = Room(a_gateway())
    room.hear(TOPIC, payload, is_retained=is_retained)
    return room


def test_the_newest_report_of_a_gateway_counts() -> None:
    room = heard(report_of(GATE, {**GATE, "endpoint": ENDPOINT[:-1] + "2"}))
    room.hear(TOPIC, report_of(GATE))
    (report,) = room.flushed().reports
    assert report.found == (Found(ENDPOINT, "http://192.168.1.20/onvif", "Cổng"),)
    assert report.seen_us == NOW
    assert room.flushed().reports == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\xff", "unreadable"),
        (report_of({**GATE, "endpoint": "cam-1"}), "unreadable"),
        (report_of({**GATE, "address": "http://camera.example/"}), "unreadable"),
        (report_of({**GATE, "address": "javascript:alert(1)"}), "unreadable"),
        (report_of({**GATE, "name": "n" * 81}), "unreadable"),
        (report_of(*[GATE] * 65), "unreadable"),
        (b"[" * 3000, "unreadable"),
        (b" " * (MAX_DISCOVERED + 1), "oversized"),
    ],
)
def test_what_is_no_report_is_set_aside(payload: bytes, reason: str) -> None:
    room = heard(payload)
    assert room.refusals() == {reason: 1}
    assert room.flushed().reports == []


def test_nobody_is_pointed_beyond_the_site() -> None:
    room = heard(report_of({**GATE, "address": "http://8.8.8.8/onvif"}, GATE))
    (report,) = room.flushed().reports
    assert [one.address for one in report.found] == ["http://192.168.1.20/onvif"]


def test_an_old_report_that_the_broker_kept_says_nothing() -> None:
    assert heard(report_of(GATE), is_retained=True).refusals() == {"retained": 1}


def test_only_a_gateway_looks_around() -> None:
    room = Room(a_camera())
    room.hear(topics.of(FACILITY, "CAM-1", Leaf.DISCOVERED), report_of(GATE))
    assert room.refusals() == {"not_a_gateway": 1}


def test_what_cannot_be_seen_in_a_name_is_left_out() -> None:
    room = heard(report_of({**GATE, "name": "a\u202eb\x1b[31m"}))
    (report,) = room.flushed().reports
    assert report.found[0].name == "ab[31m"


async def test_a_report_replaces_the_one_before(engine: AsyncEngine, database: Database) -> None:
    ids = await register(engine, "GW", "GW-2")
    ingest = create_engine(database.url_of_service("ingest"), application="tests")
    one = Found(ENDPOINT, "http://192.168.1.20/onvif")
    other = Found(ENDPOINT[:-1] + "2", "http://192.168.1.21/onvif")

    async def told(*reports: Report) -> None:
        async with unit_of_work(ingest) as connection:
            await queries.replace(connection, reports)

    async def known() -> list[tuple[int, str]]:
        async with engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT gateway_id, address FROM discovered_camera ORDER BY 1, 2")
            )
            return [(row.gateway_id, row.address) for row in rows]

    first, second = ids.devices
    await told(Report(first, (one, other), NOW), Report(second, (one,), NOW))
    await told(Report(first, (other,), NOW))
    assert await known() == [(first, other.address), (second, one.address)]
    await told(Report(second, (), NOW))
    assert await known() == [(first, other.address)]
    await ingest.dispose()


def test_reports_are_few_however_many_come() -> None:
    reports = Reports()
    gateway = a_gateway()
    for _ in range(1000):
        assert reports.add(gateway, report_of(GATE), NOW) is None
    assert len(reports.take()) == 1
