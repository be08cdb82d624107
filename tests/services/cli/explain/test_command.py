"""`giamsat explain`: the story that the console shows, as text, and nobody's address."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.explain import command
from services.cli.explain.command import ExplainError
from shared.db.session import SYSTEM, reading, unit_of_work
from shared.db.tables import alerting, ladders, outbox, people, registry
from tests.support.alerting import START, World


async def added(engine: AsyncEngine, table: Any, **values: object) -> int:
    async with unit_of_work(engine) as connection:
        row = await connection.execute(insert(table).values(**values).returning(table.c.id))
        return int(row.scalar_one())


@pytest.fixture
async def incident_id(engine: AsyncEngine) -> int:
    """A zone that fell silent; the facility was told by SMS after five minutes."""
    world = World(engine, engine)
    await world.begin(ladder=())
    for step, role, after_s in ((1, "FACILITY_MANAGER", 300), (2, "COMMUNE_CPO", 900)):
        await added(
            engine, ladders.ladder_step, step=step, role=role, after_s=after_s,
            valid_from=START - timedelta(days=1),
        )  # fmt: skip
    facility_id = await world.facility()
    zone_id = await added(
        engine, registry.zone, facility_id=facility_id, code="z1", name="Phòng chơi",
        kind="play_room", registered_at=START,
    )  # fmt: skip
    where = {"facility_id": facility_id}
    number = await added(
        engine, alerting.incident, **where, cause="device_silent", state="open", since_at=START,
        opened_at=START,
    )  # fmt: skip
    gap_id = await added(
        engine, alerting.gap, **where, zone_id=zone_id, incident_id=number, state="open",
        from_at=START, opened_at=START,
    )  # fmt: skip
    told_at = START + timedelta(minutes=5)
    for at, kind, gap, detail in (
        (START, "gap_opened", gap_id, {"from": START.isoformat()}),
        (START, "incident_opened", None, {"cause": "device_silent"}),
        (
            told_at,
            "told",
            None,
            {
                "step": 1,
                "role": "FACILITY_MANAGER",
                "reason": "due",
                "after_s": 300,
                "ladder": "0.2/warning",
            },
        ),
    ):
        await added(
            engine, alerting.event, **where, happened_at=at, kind=kind, incident_id=number,
            gap_id=gap, detail=detail,
        )  # fmt: skip
    await added(
        engine, outbox.notification, incident_id=number, kind="alert", occasion=1, channel="sms",
        address="+84900000001", language="vi", role="FACILITY_MANAGER", subject="s", body="b",
        message_id="m1", state="sent", attempts=2, provider="esms", created_at=told_at,
        due_at=told_at, sent_at=told_at, receipt="delivered", receipt_at=told_at,
    )  # fmt: skip
    user_id = await world.user("COMMUNE_CPO", admin_unit_id=world.commune_id)
    await added(
        engine, people.acknowledgement, incident_id=number, user_id=user_id, via="link",
        acknowledged_at=told_at + timedelta(minutes=1),
    )  # fmt: skip
    return number


async def told(engine: AsyncEngine, number: int, language: str) -> str:
    async with reading(engine, SYSTEM) as connection:
        now = START + timedelta(minutes=10)
        return "\n".join(await command.told(connection, number, language=language, now=now))


async def test_every_decision_is_told_with_its_reason(
    engine: AsyncEngine, incident_id: int
) -> None:
    text = await told(engine, incident_id, "en")
    assert (
        text
        == f"""\
{incident_id} · Mái ấm Hoa Sen · Devices went silent · serious
Lasting for 10 min, since 12:00, 20 Nov 2026
Somebody sees to it, so nobody further is told.

2026-11-20
  12:00:00  Phòng chơi is no longer being watched
            since 12:00
  12:00:00  Incident opened: Devices went silent
  12:05:00  Decided to tell the facility
            its turn came: nobody had taken it up for 5 min
  12:05:00  Told the facility
            SMS · esms · 2 attempts · arrived 12:05
  12:06:00  COMMUNE_CPO took it up
            by the link in the message"""
    )


async def test_it_speaks_vietnamese_and_names_no_address(
    engine: AsyncEngine, incident_id: int
) -> None:
    text = await told(engine, incident_id, "vi")
    assert "đến lượt: sau 5 phút chưa có ai tiếp nhận" in text
    assert "+84900000001" not in text


async def test_what_is_not_there_is_said_in_one_line(engine: AsyncEngine) -> None:
    with pytest.raises(ExplainError, match="no incident 77"):
        await told(engine, 77, "vi")
