"""What is missing in the registry is told once a day, while it is."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from services.alerts.deliver.box import Messages, Sent
from services.alerts.deliver.channel import Accepted
from services.alerts.deliver.envelope import envelope
from services.alerts.outbox.links import Links
from services.alerts.vacancies import daily
from shared.db.session import unit_of_work
from shared.db.tables import units
from shared.domain.delivery import Channel
from shared.domain.reaching import MAIL_ONLY
from tests.support.alerting import SENDER, START, World, after

DAY_S = 86_400


async def look(world: World, seconds: float) -> int:
    async with unit_of_work(world.alerts) as connection:
        return await daily.tell(connection, SENDER, now=START + timedelta(seconds=seconds))


@pytest.fixture
async def department(world: World) -> int:
    return await world.user("DEPT_OFFICER", admin_unit_id=world.province_id, language="en")


async def test_a_commune_without_an_officer_is_told_to_the_department(
    world: World, department: int
) -> None:
    await world.facility()
    assert await look(world, 0) == 1
    (mail,) = await world.rows("SELECT * FROM notification")
    assert (mail.kind, mail.incident_id, mail.address) == (
        "vacancy", None, "dept_officer@example.org",
    )  # fmt: skip
    assert mail.subject == "Quảng Ngãi: 1 commune has no child-protection officer"
    assert "• xã Ba Gia (1 facility)" in mail.body
    assert "https://giamsat.example/units?officer=vacant" in mail.body


async def test_it_is_told_once_a_day_while_it_lasts(world: World, department: int) -> None:
    assert [await look(world, seconds) for seconds in (0, 300, 3600)] == [1, 0, 0]
    assert [await look(world, DAY_S + seconds) for seconds in (0, 300)] == [1, 0]
    await world.user("COMMUNE_CPO", admin_unit_id=world.commune_id)
    assert await look(world, 2 * DAY_S) == 0


async def test_a_deputy_in_post_is_somebody(world: World, department: int) -> None:
    await world.user("COMMUNE_CPO", admin_unit_id=world.commune_id)
    await world.rows("UPDATE role_assignment SET is_deputy = true RETURNING id")
    assert await look(world, 0) == 0


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE role_assignment SET valid_to = :at WHERE role = 'COMMUNE_CPO' RETURNING id",
        "UPDATE user_account SET disabled_at = :at WHERE name = 'COMMUNE_CPO' RETURNING id",
    ],
)
async def test_an_officer_who_left_is_none(world: World, department: int, gone: str) -> None:
    await world.user("COMMUNE_CPO", admin_unit_id=world.commune_id)
    await world.rows(gone, at=START)
    assert await look(world, 1) == 1


async def test_where_the_department_has_nobody_the_administrators_hear(world: World) -> None:
    await world.user("SYS_ADMIN")
    await look(world, 0)
    assert await world.mails() == [("vacancy", "sys_admin")]


async def test_nobody_is_woken_for_it(world: World, department: int) -> None:
    # START is noon in Viet Nam; 18 h later it is six in the morning.
    assert await look(world, 18 * 3600) == 0
    assert await look(world, 19 * 3600) == 1


async def test_a_commune_that_is_no_more_needs_nobody(world: World, department: int) -> None:
    await world.rows(
        "UPDATE admin_unit SET valid_to = :on WHERE level = 'commune' RETURNING id",
        on=START.date(),
    )
    assert await look(world, 0) == 0


async def test_a_competence_that_will_end_is_told_once_at_each_stage(
    world: World, department: int
) -> None:
    await world.user("COMMUNE_CPO", admin_unit_id=world.commune_id)
    office = await world.add(
        units.authority, code="syt", name="Sở Y tế", kind="health",
        admin_unit_id=world.province_id, valid_from=date(2025, 7, 1),
    )  # fmt: skip
    await world.add(
        units.competence, authority_id=office, subject_matter="license_facility",
        legal_basis="Decree 147", valid_from=date(2025, 7, 1), valid_to=date(2027, 3, 1),
        review_on=date(2026, 12, 1),
    )  # fmt: skip

    async def told_on(day: date) -> int:
        return await look(world, (day - START.date()).days * DAY_S)

    assert await told_on(date(2026, 11, 30)) == 0
    assert await told_on(date(2026, 12, 1)) == 1
    assert await told_on(date(2026, 12, 2)) == 0
    assert await told_on(date(2027, 1, 30)) == 1
    assert await told_on(date(2027, 2, 22)) == 1
    assert await told_on(date(2027, 2, 28)) == 0
    assert await told_on(date(2027, 3, 1)) == 1
    assert await told_on(date(2027, 4, 15)) == 0
    first = await world.rows("SELECT subject, body FROM notification ORDER BY id LIMIT 1")
    assert first[0].subject == "1 competence has to be looked at again"
    assert "Sở Y tế: licensing facilities (Decree 147), until before 1 Mar 2027" in first[0].body


async def test_a_message_of_no_incident_is_sent_like_any_other(
    world: World, department: int
) -> None:
    box = Messages([Channel.EMAIL], Links("https://giamsat.example"), MAIL_ONLY)
    await look(world, 0)
    async with unit_of_work(world.alerts) as connection:
        claimed = await box.claim(connection, now=START, due_again_at=after(60))
        assert claimed is not None
        message = envelope(claimed, mail_from="giamsat@giamsat.example")
        await box.sent(connection, Sent(claimed, Accepted("smtp", "250 ok"), START))
        left = await connection.scalar(
            text("SELECT count(*) FROM notification WHERE state = 'pending'")
        )
    assert (message["References"], left) == (None, 0)
