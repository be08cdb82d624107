from contextlib import suppress
from typing import Any

import pytest

from services.alerts.tick import Holder, tick
from tests.support.alerting import SENDER, World, after
from tests.support.climbing import (
    COUNTED_S,
    at,
    ladder,
    no_steps,
    one_silent_room,
    shift,
    step,
    take_nothing,
)

MANAGER, OFFICER, DEPARTMENT = "FACILITY_MANAGER", "COMMUNE_CPO", "DEPT_OFFICER"


async def told(world: World) -> list[Any]:
    return await world.rows(
        "SELECT detail FROM event WHERE kind IN ('told', 'reminded', 'step_unreachable') "
        "ORDER BY id"
    )


async def reasons(world: World) -> list[tuple[str, str]]:
    return [(row.detail["role"], row.detail["reason"]) for row in await told(world)]


class KilledError(Exception):
    """The process is no more."""


class Dying:
    """Stands for the sender: whoever writes a message dies of it."""

    def __getattr__(self, name: str) -> str:
        raise KilledError


@pytest.mark.parametrize("killed_s", [-1, 0, 1])
async def test_a_step_is_taken_once_though_the_service_is_killed_around_it(
    world: World, killed_s: int
) -> None:
    """FAULTS F12: what it waits for is in the database and not in the process that died."""
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    await at(world, COUNTED_S + 10)
    due_s = COUNTED_S + 60
    for seconds in (due_s - 1, due_s, due_s + 1, due_s + 2):
        await world.know_until(seconds)
        is_victim = seconds == due_s + killed_s
        await one_tick(world, seconds, Dying() if is_victim else SENDER)
    assert await world.mails() == [("alert", "facility_manager"), ("escalation", "commune_cpo")]


async def one_tick(world: World, seconds: float, sender: Any) -> None:
    """By a service of its own; nothing of a tick that dies is kept, the lease neither."""
    with suppress(KilledError):
        await tick(world.alerts, Holder(f"at {seconds}"), sender, after(seconds))
    await world.rows("UPDATE alert_lease SET expires_at = '-infinity' RETURNING id")


async def test_the_ladder_of_the_facility_is_climbed_before_that_of_its_commune(
    world: World,
) -> None:
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    await ladder(world, (DEPARTMENT, 20), admin_unit_id=world.commune_id)
    await ladder(world, (OFFICER, 30), (MANAGER, 40), facility_id=facility)
    await ladder(world, (DEPARTMENT, 10), facility_id=await world.facility("F2"))
    await at(world, COUNTED_S + 29, COUNTED_S + 30, COUNTED_S + 40, COUNTED_S + 900)
    assert await world.mails() == [("alert", "commune_cpo"), ("escalation", "facility_manager")]


async def test_the_nearest_units_ladder_counts_and_one_for_another_kind_of_zone_does_not(
    world: World,
) -> None:
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    await ladder(world, (DEPARTMENT, 20), admin_unit_id=world.province_id, zone_kind="play_room")
    await ladder(world, (MANAGER, 20), admin_unit_id=world.province_id, zone_kind="kitchen")
    await at(world, COUNTED_S + 20)
    assert await world.mails() == [("alert", "dept_officer")]


async def test_a_ladder_changed_meanwhile_tells_nobody_twice_in_one_role(world: World) -> None:
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    await at(world, COUNTED_S + 10, COUNTED_S + 60)
    await ladder(world, (OFFICER, 0), (DEPARTMENT, 90), (MANAGER, 100), facility_id=facility)
    await at(world, COUNTED_S + 61, COUNTED_S + 90, COUNTED_S + 100, COUNTED_S + 900)
    assert await world.mails() == [
        ("alert", "facility_manager"),
        ("escalation", "commune_cpo"),
        ("escalation", "dept_officer"),
    ]
    (incident,) = await world.rows("SELECT step FROM incident WHERE facility_id IS NOT NULL")
    assert incident.step == 3


async def test_a_step_in_office_hours_waits_for_them_and_lets_the_night_step_by(
    world: World,
) -> None:
    """It is noon on a Friday: offices open again at 13:30."""
    await no_steps(world)
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    await step(world, 1, DEPARTMENT, 20, hours="office")
    await step(world, 2, OFFICER, 30, hours="off_hours")
    await at(world, COUNTED_S + 29)
    assert await world.mails() == []
    await at(world, COUNTED_S + 30, 5399)
    assert ("escalation", "dept_officer") not in await world.mails()
    await at(world, 5400)
    assert [mail for mail in await world.mails() if mail[0] != "reminder"] == [
        ("alert", "commune_cpo"), ("escalation", "dept_officer"),
    ]  # fmt: skip


async def test_on_a_public_holiday_no_office_is_staffed(world: World) -> None:
    await no_steps(world)
    await world.rows(
        "INSERT INTO holiday (day, kind, name, source, recorded_at) "
        "VALUES ('2026-11-20', 'off', 'decided', 'x', now()) RETURNING id"
    )
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    await step(world, 1, DEPARTMENT, 20, hours="office")
    await at(world, 5401)
    assert await world.mails() == []


async def test_whoever_is_on_duty_is_told_and_nobody_else_who_holds_the_role(world: World) -> None:
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    tonight = await world.user(OFFICER, admin_unit_id=world.commune_id, email="tonight@x.org")
    await shift(world, OFFICER, tonight, 0, COUNTED_S + 61, admin_unit_id=world.commune_id)
    await at(world, COUNTED_S + 10, COUNTED_S + 60)
    assert (await world.mails())[1:] == [("escalation", "tonight")]
    assert (await told(world))[-1].detail["how"] == "on_duty"


async def test_a_shift_that_is_over_cancelled_or_of_somebody_without_the_role_is_none(
    world: World,
) -> None:
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    foreign = await world.user("AUDITOR", email="auditor@x.org")
    other = await world.user(OFFICER, admin_unit_id=world.commune_id, email="other@x.org")
    here = {"admin_unit_id": world.commune_id}
    await shift(world, OFFICER, foreign, 0, 9000, **here)
    await shift(world, OFFICER, other, 0, COUNTED_S + 60, **here)
    await shift(world, OFFICER, other, 0, 9000, cancelled_at=after(1), **here)
    await at(world, COUNTED_S + 10, COUNTED_S + 60)
    assert sorted((await world.mails())[1:]) == [
        ("escalation", "commune_cpo"), ("escalation", "other"),
    ]  # fmt: skip


async def test_deputies_are_told_where_no_principal_takes_messages_and_when_it_is_repeated(
    world: World,
) -> None:
    await no_steps(world)
    facility, _ = await one_silent_room(world)
    await world.user(MANAGER, facility_id=facility, email="head@x.org")
    deputy = await world.user(MANAGER, facility_id=facility, email="deputy@x.org")
    await world.rows(
        "UPDATE role_assignment SET is_deputy = true WHERE user_id = :id RETURNING id", id=deputy
    )
    await step(world, 1, MANAGER, 20, repeat_s=60)
    await at(world, COUNTED_S + 20, COUNTED_S + 80)
    assert await world.mails() == [
        ("alert", "head"), ("reminder", "head"), ("reminder", "deputy"),
    ]  # fmt: skip
    await take_nothing(world, "head@x.org")
    await at(world, COUNTED_S + 140)
    assert (await world.mails())[3:] == [("reminder", "deputy")]


async def test_a_step_whose_people_take_no_message_is_skipped_loudly_and_the_next_comes_at_once(
    world: World,
) -> None:
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    await take_nothing(world, "facility_manager@example.org")
    await at(world, COUNTED_S + 10)
    assert await world.mails() == [("alert", "commune_cpo")]
    assert await reasons(world) == [
        (MANAGER, "no_address_works"), (OFFICER, "previous_unreachable"),
    ]  # fmt: skip


async def test_who_has_a_telephone_is_reached_where_short_messages_are_sent(world: World) -> None:
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    await take_nothing(world, "facility_manager@example.org")
    await world.rows(
        "INSERT INTO contact_point (user_id, channel, address, created_at, verified_at) "
        "SELECT id, 'sms', '+84900000001', created_at, created_at FROM user_account "
        "WHERE email = 'facility_manager@example.org' RETURNING id"
    )
    await at(world, COUNTED_S + 10)
    assert await world.mails() == [("alert", "commune_cpo")]


async def test_while_nobody_acknowledges_it_is_said_again_without_end(world: World) -> None:
    await no_steps(world)
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    await step(world, 1, MANAGER, 20, repeat_s=60)
    await step(world, 2, OFFICER, 50)
    for seconds in range(COUNTED_S, COUNTED_S + 400, 10):
        await at(world, seconds)
    assert await world.mails() == [
        ("alert", "facility_manager"),
        ("escalation", "commune_cpo"),
        *[("reminder", "facility_manager")] * 6,
    ]
    found = await world.rows("SELECT occasion FROM notification WHERE kind = 'reminder'")
    assert sorted(row.occasion for row in found) == [1, 2, 3, 4, 5, 6]


async def test_what_is_critical_is_repeated_whatever_the_ladder_says(world: World) -> None:
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    await world.rows("UPDATE incident SET severity = 'critical' RETURNING id")
    await at(world, COUNTED_S + 10, COUNTED_S + 1809, COUNTED_S + 1810)
    assert ("reminder", "facility_manager") in await world.mails()
    assert ("reminder", "commune_cpo") not in await world.mails()


async def test_after_a_long_stop_of_ours_one_reminder_comes_and_not_all_that_were_missed(
    world: World,
) -> None:
    await no_steps(world)
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    await step(world, 1, MANAGER, 20, repeat_s=60)
    await at(world, COUNTED_S + 20, COUNTED_S + 4000, COUNTED_S + 4001, COUNTED_S + 4059)
    assert (await world.mails()).count(("reminder", "facility_manager")) == 1
    await at(world, COUNTED_S + 4060)
    assert (await world.mails()).count(("reminder", "facility_manager")) == 2


async def test_a_reminder_that_finds_nobody_is_on_record(world: World) -> None:
    await no_steps(world)
    await one_silent_room(world)
    await step(world, 1, MANAGER, 20, repeat_s=60)
    await at(world, COUNTED_S + 20, COUNTED_S + 80, COUNTED_S + 81)
    assert await reasons(world) == [(MANAGER, "nobody_holds_the_role")] * 2


async def test_whoever_is_appointed_later_is_reminded_of_what_nobody_could_be_told(
    world: World,
) -> None:
    await no_steps(world)
    facility, _ = await one_silent_room(world)
    await step(world, 1, MANAGER, 20, repeat_s=60)
    await at(world, COUNTED_S + 20)
    await world.user(MANAGER, facility_id=facility)
    await at(world, COUNTED_S + 80)
    assert await world.mails() == [("reminder", "facility_manager")]


async def test_a_child_of_an_area_outage_tells_its_operator_and_leaves_authorities_to_the_parent(
    world: World,
) -> None:
    facility, incident = await one_silent_room(world)
    await world.usual_people(facility)
    (parent,) = await world.rows(
        "INSERT INTO incident (cause, admin_unit_id, state, since_at, opened_at, severity) "
        "VALUES ('area_outage', :unit, 'open', :at, :at, 'warning') RETURNING id",
        unit=world.commune_id, at=after(COUNTED_S),
    )  # fmt: skip
    await world.rows(
        "UPDATE incident SET parent_id = :parent WHERE id = :id RETURNING id",
        parent=parent.id, id=incident,
    )  # fmt: skip
    await at(world, COUNTED_S + 10)
    found = await world.rows("SELECT incident_id, role FROM notification ORDER BY incident_id, id")
    assert (incident, MANAGER) in [(row.incident_id, row.role) for row in found]
    assert not [row for row in found if row.incident_id == incident and row.role != MANAGER]


async def test_what_counts_from_later_is_told_later(world: World) -> None:
    facility, _ = await one_silent_room(world)
    await world.usual_people(facility)
    await world.rows(
        "UPDATE incident SET counts_from = :at RETURNING id", at=after(COUNTED_S + 100)
    )
    await at(world, COUNTED_S + 109)
    assert await world.mails() == []
    await at(world, COUNTED_S + 110)
    assert await world.mails() == [("alert", "facility_manager")]
