"""Who is next is told at once when what a step sent reaches nobody (FAULTS F77)."""

from typing import Any

import pytest

from tests.support.alerting import World, after

MANAGER, OFFICER, DEPARTMENT = "facility_manager", "commune_cpo", "dept_officer"


@pytest.fixture
async def home(world: World) -> dict[str, int]:
    """One room that stops at 100; steps come an hour apart."""
    for step, after_s in enumerate((0, 3600, 7200), start=1):
        await world.rows(
            "UPDATE ladder_step SET after_s = :after WHERE step = :step RETURNING id",
            after=after_s,
            step=step,
        )
    facility = await world.facility()
    zone = await world.zone(facility)
    camera = await world.device(facility, zone)
    await world.usual_people(facility)
    await world.attest(camera, 0, 100)
    await world.pass_time(180, since_s=100, step_s=10)
    assert await told(world) == [MANAGER]
    return {"facility": facility, "camera": camera}


async def told(world: World) -> list[str]:
    return [who for kind, who in await world.mails() if kind in {"alert", "escalation"}
            and who != "sys_admin"]  # fmt: skip


async def becomes(world: World, state: str, *, who: str, at_s: float) -> None:
    await world.rows(
        "UPDATE notification SET state = :state, sent_at = CASE WHEN :state = 'sent' THEN "
        "CAST(:at AS timestamptz) END, dead_at = CASE WHEN :state = 'dead' "
        "THEN CAST(:at AS timestamptz) END WHERE address LIKE :who RETURNING id",
        state=state,
        at=after(at_s),
        who=f"{who}@%",
    )


async def details(world: World, kind: str) -> list[Any]:
    found = await world.rows("SELECT detail FROM event WHERE kind = :kind ORDER BY id", kind=kind)
    return [row.detail for row in found]


async def test_what_arrived_hurries_nobody(world: World, home: dict[str, int]) -> None:
    await becomes(world, "sent", who=MANAGER, at_s=181)
    await world.pass_time(1500, since_s=190, step_s=30)
    assert await told(world) == [MANAGER]


async def test_what_came_back_is_told_to_the_next_at_once_and_stands_in_the_story(
    world: World, home: dict[str, int]
) -> None:
    await becomes(world, "dead", who=MANAGER, at_s=185)
    await world.pass_time(190, since_s=190)
    assert await told(world) == [MANAGER, OFFICER]
    (loud,) = await details(world, "step_undelivered")
    assert (loud["role"], loud["reason"]) == ("FACILITY_MANAGER", "not_delivered")
    first, second = [one for one in await details(world, "told") if one["role"] != "SYS_ADMIN"]
    assert (first["reason"], second["reason"]) == ("due", "previous_undelivered")
    assert second["undelivered_to"] == ["FACILITY_MANAGER"]
    (body,) = (await world.rows("SELECT body FROM notification WHERE role = 'COMMUNE_CPO'"))[0]
    assert "không đến được" in body
    await becomes(world, "sent", who=OFFICER, at_s=191)
    await world.pass_time(1500, since_s=200, step_s=30)
    assert await told(world) == [MANAGER, OFFICER]


async def test_what_waits_for_ten_minutes_is_told_to_the_next_and_so_on(
    world: World, home: dict[str, int]
) -> None:
    (created,) = (await world.rows("SELECT extract(epoch FROM created_at) FROM notification"))[0]
    begun_s = float(created) - after(0).timestamp()
    await world.pass_time(begun_s + 590, since_s=190, step_s=100)
    await world.pass_time(begun_s + 599, since_s=begun_s + 599)
    assert await told(world) == [MANAGER]
    await world.pass_time(begun_s + 600, since_s=begun_s + 600)
    assert await told(world) == [MANAGER, OFFICER]
    await world.pass_time(begun_s + 1199, since_s=begun_s + 610, step_s=100)
    assert await told(world) == [MANAGER, OFFICER]
    await world.pass_time(begun_s + 1200, since_s=begun_s + 1200)
    assert await told(world) == [MANAGER, OFFICER, DEPARTMENT]
    await world.pass_time(begun_s + 3000, since_s=begun_s + 1210, step_s=100)
    assert await told(world) == [MANAGER, OFFICER, DEPARTMENT], "there is nobody else"


async def test_a_message_by_another_channel_that_arrived_is_enough(
    world: World, home: dict[str, int]
) -> None:
    await becomes(world, "dead", who=MANAGER, at_s=185)
    await world.rows(
        "INSERT INTO notification (incident_id, user_id, kind, occasion, channel, address, "
        "language, role, subject, body, message_id, state, created_at, due_at, sent_at, "
        "instead_of) SELECT incident_id, user_id, kind, occasion, 'sms', '+84900000001', "
        "language, role, subject, body, 'x', 'sent', CAST(:at AS timestamptz), "
        "CAST(:at AS timestamptz), CAST(:at AS timestamptz), id FROM notification "
        "WHERE role = 'FACILITY_MANAGER' RETURNING id",
        at=after(186),
    )
    await world.pass_time(1500, since_s=190, step_s=30)
    assert OFFICER not in await told(world)


async def test_who_took_it_up_otherwise_is_heard(world: World, home: dict[str, int]) -> None:
    (row,) = await world.rows("SELECT incident_id, user_id FROM notification")
    await becomes(world, "dead", who=MANAGER, at_s=185)
    await world.acknowledge(row.incident_id, row.user_id, 186)
    await world.pass_time(1500, since_s=190, step_s=30)
    assert await told(world) == [MANAGER]
