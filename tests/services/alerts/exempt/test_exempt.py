"""Exemptions in a small province, tick by tick; times are seconds since its beginning."""

from typing import Any

import pytest
from sqlalchemy import insert, update

from shared.db.session import unit_of_work
from shared.db.tables.approvals import approval
from shared.db.tables.ladders import ladder_step
from tests.support.alerting import World, after

HOUR = 3600


class Desk:
    """Two people who approve what the world's facility asks for."""

    def __init__(self, world: World, asker: int, decider: int) -> None:
        self.world, self.asker, self.decider = world, asker, decider

    async def approve(
        self,
        start_s: float,
        end_s: float,
        *,
        kind: str = "maintenance",
        decided_s: float = 0,
        subject: dict[str, str] | None = None,
        **values: Any,
    ) -> int:
        async with unit_of_work(self.world.owner) as connection:
            return int(
                (
                    await connection.execute(
                        insert(approval)
                        .values(
                            kind=kind,
                            subject=subject or {},
                            reason="Thay cáp",
                            requested_by=self.asker,
                            requested_at=after(decided_s - 60),
                            starts_at=after(start_s),
                            ends_at=after(end_s),
                            expires_at=after(end_s),
                            decision="approved",
                            decided_by=self.decider,
                            decided_at=after(decided_s),
                            **values,
                        )
                        .returning(approval.c.id)
                    )
                ).scalar_one()
            )

    async def revoke(self, approval_id: int, at_s: float) -> None:
        async with unit_of_work(self.world.owner) as connection:
            await connection.execute(
                update(approval)
                .where(approval.c.id == approval_id)
                .values(ended_by=self.decider, ended_at=after(at_s))
            )


@pytest.fixture
async def home(world: World) -> dict[str, int]:
    """One facility of one room with one camera, heard until second 100."""
    facility = await world.facility()
    zone = await world.zone(facility)
    camera = await world.device(facility, zone)
    await world.usual_people(facility)
    await world.attest(camera, 0, 100)
    return {"facility": facility, "zone": zone, "camera": camera}


@pytest.fixture
async def desk(world: World, home: dict[str, int]) -> Desk:
    asker = await world.user("CAREGIVER", email="asker@example.org", facility_id=home["facility"])
    decider = await world.user("INSPECTOR", email="decider@example.org")
    return Desk(world, asker, decider)


async def muted(world: World) -> list[int | None]:
    return [row[0] for row in await world.rows("SELECT muted_by FROM incident ORDER BY id")]


async def test_nobody_is_told_of_a_gap_within_maintenance_and_it_is_on_record(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    number = await desk.approve(90, HOUR, facility_id=home["facility"])
    await world.pass_time(1000, since_s=100, step_s=20)
    assert await world.mails() == []
    assert await world.gaps() == [("open", 100, None)]
    assert (await world.events()).count("muted") == 1
    (detail,) = (await world.rows("SELECT detail FROM event WHERE kind = 'muted'"))[0]
    assert detail["approval"] == number
    assert detail["reason"] == "maintenance"
    assert detail["until"] == after(HOUR).isoformat()


async def test_work_done_within_its_window_leaves_no_message(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    await desk.approve(90, HOUR, facility_id=home["facility"])
    await world.pass_time(500, since_s=100, step_s=20)
    await world.attest(home["camera"], 500, 700)
    await world.pass_time(690, since_s=510, step_s=20)
    assert await world.incidents() == [("facility_silent", "resolved")]
    assert await world.mails() == []


async def test_a_window_that_ends_while_the_gap_lasts_is_told_and_the_ladder_begins(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    await desk.approve(90, 1000, facility_id=home["facility"])
    await world.pass_time(1100, since_s=100, step_s=20)
    assert await world.mails() == [
        ("exemption_ended", "facility_manager"),
        ("escalation", "commune_cpo"),
    ]
    counted = await world.rows("SELECT counts_from, muted_by FROM incident")
    assert [tuple(row) for row in counted] == [(after(1000), None)]
    (told,) = (
        await world.rows("SELECT detail FROM event WHERE kind = 'told' ORDER BY id LIMIT 1")
    )[0]
    assert (told["step"], told["role"], told["reason"]) == (
        1,
        "FACILITY_MANAGER",
        "exemption_ended",
    )
    (body,) = (await world.rows("SELECT body FROM notification WHERE kind = 'exemption_ended'"))[0]
    assert "bảo trì" in body


async def test_the_authority_is_told_of_what_is_muted_and_the_facility_is_not(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    await desk.approve(50, HOUR, kind="mute", facility_id=home["facility"])
    await world.pass_time(500, since_s=100, step_s=20)
    pending = await world.rows(
        "SELECT role FROM notification WHERE state <> 'cancelled' ORDER BY id"
    )
    assert [row.role for row in pending] == ["COMMUNE_CPO", "DEPT_OFFICER"]
    cancelled = await world.rows("SELECT role FROM notification WHERE state = 'cancelled'")
    assert {row.role for row in cancelled} == {"FACILITY_MANAGER"}


async def test_what_lasts_when_a_mute_ends_is_told_to_the_facility(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    await desk.approve(50, 600, kind="mute", facility_id=home["facility"])
    await world.pass_time(700, since_s=100, step_s=20)
    told = await world.rows("SELECT kind, role FROM notification WHERE role = 'FACILITY_MANAGER' "
                            "AND state <> 'cancelled'")  # fmt: skip
    assert [tuple(row) for row in told] == [("exemption_ended", "FACILITY_MANAGER")]
    assert await muted(world) == [None]


async def test_a_window_does_not_reach_back_before_its_approval(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    await desk.approve(90, HOUR, decided_s=400, facility_id=home["facility"])
    await world.pass_time(600, since_s=100, step_s=20)
    assert ("alert", "facility_manager") in await world.mails()
    assert await muted(world) == [None]


async def test_revoking_it_begins_to_tell(world: World, home: dict[str, int], desk: Desk) -> None:
    number = await desk.approve(90, HOUR, facility_id=home["facility"])
    await world.pass_time(500, since_s=100, step_s=20)
    await desk.revoke(number, 500)
    await world.pass_time(620, since_s=510, step_s=20)
    assert (await world.mails())[0] == ("exemption_ended", "facility_manager")
    (detail,) = (await world.rows("SELECT detail FROM event WHERE kind = 'exemption_ended'"))[0]
    assert detail["reason"] == "ended"


async def test_another_place_is_told_of_as_ever(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    other = await world.facility("F2", "Mái ấm Hoa Mai")
    zone = await world.zone(other)
    await world.attest(await world.device(other, zone), 0, 100)
    await world.user("FACILITY_MANAGER", email="mai@example.org", facility_id=other)
    await desk.approve(90, HOUR, facility_id=home["facility"])
    await world.pass_time(200, since_s=100, step_s=20)
    assert {to for kind, to in await world.mails() if kind == "alert"} == {"mai"}


async def test_a_unit_stands_for_all_below_it(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    await desk.approve(90, HOUR, admin_unit_id=world.province_id)
    await world.pass_time(500, since_s=100, step_s=20)
    assert await world.mails() == []


async def test_a_room_beside_the_one_in_maintenance_is_told_from_when_it_goes_dark(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    zone = await world.zone(home["facility"], "z2")
    other = await world.device(home["facility"], zone, "d2")
    third = await world.device(home["facility"], await world.zone(home["facility"], "z3"), "d3")
    await world.attest(third, 0, 2000)
    await world.attest(other, 0, 600)
    await desk.approve(90, HOUR, facility_id=home["facility"], subject={"zone": "z1"})
    await world.pass_time(600, since_s=100, step_s=20)
    assert await world.mails() == []
    await world.pass_time(720, since_s=610, step_s=10)
    assert await world.mails() == [("alert", "facility_manager")]


async def test_the_only_camera_of_a_room_excuses_the_room(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    await desk.approve(90, HOUR, facility_id=home["facility"], subject={"device": "d1"})
    await world.pass_time(500, since_s=100, step_s=20)
    assert await world.mails() == []


async def test_one_camera_in_maintenance_does_not_excuse_the_silence_of_another(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    other = await world.device(home["facility"], home["zone"], "d2")
    await world.attest(other, 0, 400)
    await desk.approve(90, HOUR, facility_id=home["facility"], subject={"device": "d1"})
    await world.pass_time(380, since_s=100, step_s=20)
    assert await world.gaps() == []
    await world.pass_time(600, since_s=400, step_s=20)
    assert ("alert", "facility_manager") in await world.mails()


async def test_what_repeats_is_kept_quiet_each_night_and_told_in_between(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    await desk.approve(
        90, 1000, facility_id=home["facility"], repeats="daily", repeats_until=after(30 * 86400)
    )
    day = 86400
    await world.attest(home["camera"], 500, day + 100)
    await world.attest(home["camera"], day + 500, day + 1200)
    await world.pass_time(500, since_s=100, step_s=20)
    await world.catch_up(day + 90)
    await world.pass_time(day + 520, since_s=day + 100, step_s=20)
    assert await world.mails() == []
    assert (await world.events()).count("muted") == 2
    await world.pass_time(day + 1400, since_s=day + 1200, step_s=20)
    assert ("alert", "facility_manager") in await world.mails()


async def test_several_that_end_together_are_one_letter(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    """A device that is silent and a picture that shows nothing are two incidents."""
    zone = await world.zone(home["facility"], "z2")
    covered = await world.device(home["facility"], zone, "d2")
    await world.attest(covered, 0, 100)
    await world.attest(covered, 100, 1500, kind="impaired")
    await desk.approve(90, 1000, facility_id=home["facility"])
    await world.pass_time(1061, since_s=100, step_s=31)
    await world.pass_time(1100, since_s=1061, step_s=1)
    assert len(await world.incidents()) == 2
    to_manager = [kind for kind, who in await world.mails() if who == "facility_manager"]
    assert to_manager == ["exemption_ended"]
    await world.attest(home["camera"], 1100, 1300)
    await world.attest(covered, 1500, 1600)
    await world.pass_time(1600, since_s=1110, step_s=10)
    to_manager = [kind for kind, who in await world.mails() if who == "facility_manager"]
    assert to_manager.count("recovery") == 2, "who heard of both in one letter hears how both ended"


async def test_a_restart_after_the_end_tells_it_once(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    await desk.approve(90, 1000, facility_id=home["facility"])
    await world.pass_time(500, since_s=100, step_s=20)
    await world.catch_up(3000)
    await world.tick(3001, holder="one")
    await world.tick(3060, holder="two")
    await world.tick(3061, holder="two")
    ended = [mail for mail in await world.mails() if mail[0] == "exemption_ended"]
    assert len(ended) == 1


async def test_while_we_are_blind_nothing_is_released(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    """Judgement stops at the watermark, and so does the end of an exemption."""
    await desk.approve(90, 1000, facility_id=home["facility"])
    await world.pass_time(900, since_s=100, step_s=20)
    await world.tick(2000)
    assert "exemption_ended" not in await world.events()


async def test_what_was_over_within_its_window_while_alerts_stood_still_is_told_to_nobody(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    await world.catch_up(95)
    await desk.approve(90, 2000, facility_id=home["facility"])
    await world.attest(home["camera"], 1500, 7300)
    await world.catch_up(7200)
    assert [state for state, _, _ in await world.gaps()] == ["closed"]
    assert await world.mails() == []


async def test_what_outlasted_its_window_while_alerts_stood_still_is_told_late(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    await world.catch_up(95)
    await desk.approve(90, 1000, facility_id=home["facility"])
    await world.attest(home["camera"], 1500, 7300)
    await world.catch_up(7200)
    assert ("alert", "facility_manager") in await world.mails()


async def test_who_heard_that_it_ended_hears_that_it_is_over(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    async with unit_of_work(world.owner) as connection:
        await connection.execute(update(ladder_step).values(after_s=600))
    await desk.approve(90, 1000, facility_id=home["facility"])
    await world.pass_time(1100, since_s=100, step_s=20)
    await world.attest(home["camera"], 1100, 1300)
    await world.pass_time(1290, since_s=1110, step_s=20)
    assert await world.mails() == [
        ("exemption_ended", "facility_manager"),
        ("recovery", "facility_manager"),
    ]


async def test_of_what_is_told_late_the_time_that_was_excused_does_not_count(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    """A quarter of an hour, of which a minute and a half lay outside: the department's turn is
    after three."""
    await world.catch_up(95)
    await desk.approve(90, 1000, facility_id=home["facility"])
    await world.attest(home["camera"], 1090, 7300)
    await world.catch_up(7200)
    told = await world.rows("SELECT role, body FROM notification WHERE role <> 'SYS_ADMIN'")
    assert [row.role for row in told] == ["FACILITY_MANAGER", "COMMUNE_CPO"]


async def test_what_was_muted_is_told_late_to_the_authority_and_not_to_the_facility(
    world: World, home: dict[str, int], desk: Desk
) -> None:
    await world.catch_up(95)
    await desk.approve(90, 2 * HOUR, kind="mute", facility_id=home["facility"])
    await world.attest(home["camera"], 1500, 7300)
    await world.catch_up(7100)
    told = await world.rows(
        "SELECT role FROM notification WHERE role <> 'SYS_ADMIN' AND state <> 'cancelled'"
    )
    assert [row.role for row in told] == ["COMMUNE_CPO", "DEPT_OFFICER"]
    assert "muted" in await world.events()
