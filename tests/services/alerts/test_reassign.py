"""A facility comes under another jurisdiction while an incident is open there."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from services.api.units.reorganising.cut_over import CutOver
from shared.db.session import create_engine
from shared.db.tables import registry, units
from tests.conftest import Database
from tests.support.alerting import START, World, after

TODAY = START.date()
#: Told at 70 s; the commune's officer at 120 s, the department at 240 s after the gap began.
OPENED = 60


@dataclass
class Turn:
    """The old commune becomes the new one today; each has its officer, each province its own."""

    world: World
    api_url: str
    facility: int
    device: int
    new_commune: int = 0
    new_province: int = 0

    async def arrange(self) -> None:
        world = self.world
        self.new_province = await world.add(
            registry.admin_unit, code="99", name="Tỉnh Mới", level="province", kind="province",
            valid_from=TODAY,
        )  # fmt: skip
        self.new_commune = await world.add(
            registry.admin_unit, code="99001", name="xã Mới", level="commune", kind="commune",
            parent_id=self.new_province, valid_from=TODAY,
        )  # fmt: skip
        pairs = (
            (world.province_id, self.new_province),
            (world.commune_id, self.new_commune),
        )
        for old, new in pairs:
            await world.rows(
                "UPDATE admin_unit SET valid_to = :on WHERE id = :id RETURNING id",
                on=TODAY, id=old,
            )  # fmt: skip
            await world.add(
                units.admin_unit_succession, from_id=old, to_id=new, kind="merge",
                effective_on=TODAY, legal_basis="Resolution 1",
            )  # fmt: skip

    async def cut_over(self, seconds: float) -> None:
        engine = create_engine(self.api_url, application="api")
        await CutOver(engine, now=lambda: after(seconds)).look()
        await engine.dispose()

    async def fall_silent(self) -> None:
        await self.world.attest(self.device, 0, OPENED)

    async def reassigned(self) -> list[dict[str, object]]:
        found = await self.world.rows(
            "SELECT detail FROM event WHERE kind = 'jurisdiction_reassigned' ORDER BY id"
        )
        return [row.detail for row in found]


@pytest.fixture
async def turn(world: World, database: Database) -> Turn:
    facility = await world.facility()
    zone = await world.zone(facility)
    device = await world.device(facility, zone)
    await world.usual_people(facility)
    return Turn(world, database.url_of_service("api"), facility, device)


async def test_who_is_competent_now_hears_what_was_told_before_and_timers_go_on(
    turn: Turn,
) -> None:
    world = turn.world
    await turn.fall_silent()
    await world.pass_time(200, since_s=0, step_s=5)
    assert await world.mails() == [("alert", "facility_manager"), ("escalation", "commune_cpo")]
    (before,) = await world.rows("SELECT opened_at, step, acknowledged_at FROM incident")

    await turn.arrange()
    await world.user("COMMUNE_CPO", admin_unit_id=turn.new_commune, email="new.cpo@example.org")
    await world.user("DEPT_OFFICER", admin_unit_id=turn.new_province, email="new.dept@example.org")
    await turn.cut_over(201)
    await world.know_until(202)
    await world.tick(202)

    assert (await world.mails())[2:] == [("handed_over", "new.cpo")]
    (detail,) = await turn.reassigned()
    assert (detail["from_unit"], detail["to_unit"]) == ("xã Ba Gia", "xã Mới")
    assert (detail["effective_on"], detail["by"]) == (TODAY.isoformat(), "system")
    assert detail["roles"] == ["COMMUNE_CPO"]
    (now,) = await world.rows("SELECT opened_at, step, acknowledged_at FROM incident")
    assert tuple(now) == tuple(before)

    # The department's turn comes when it would have come, and it is the new one's.
    due_at = (before.opened_at - START).total_seconds() + 180
    await world.pass_time(due_at - 1, since_s=203, step_s=5)
    assert len(await world.mails()) == 3
    await world.know_until(due_at)
    await world.tick(due_at)
    assert (await world.mails())[3:] == [("escalation", "new.dept")]


async def test_a_move_is_folded_and_told_once(turn: Turn) -> None:
    world = turn.world
    await turn.fall_silent()
    await world.pass_time(200, since_s=0, step_s=5)
    await turn.arrange()
    await world.user("COMMUNE_CPO", admin_unit_id=turn.new_commune, email="new.cpo@example.org")
    await turn.cut_over(201)
    for seconds in (202, 203, 204):
        await world.know_until(seconds)
        await world.tick(seconds)
    assert len(await turn.reassigned()) == 1
    assert [kind for kind, _ in await world.mails()].count("handed_over") == 1


async def test_who_holds_both_offices_is_not_told_again(turn: Turn) -> None:
    world = turn.world
    await turn.fall_silent()
    await world.pass_time(200, since_s=0, step_s=5)
    await turn.arrange()
    await world.rows(
        "INSERT INTO role_assignment (user_id, role, admin_unit_id, valid_from) "
        "SELECT id, 'COMMUNE_CPO', :unit, :at FROM user_account "
        "WHERE email = 'commune_cpo@example.org' RETURNING id",
        unit=turn.new_commune, at=START - timedelta(days=1),
    )  # fmt: skip
    await turn.cut_over(201)
    await world.know_until(202)
    await world.tick(202)
    assert len(await turn.reassigned()) == 1
    assert len(await world.mails()) == 2


async def test_where_nobody_holds_the_office_now_the_history_says_so(turn: Turn) -> None:
    world = turn.world
    await turn.fall_silent()
    await world.pass_time(200, since_s=0, step_s=5)
    await turn.arrange()
    await turn.cut_over(201)
    await world.know_until(202)
    await world.tick(202)
    (detail,) = await turn.reassigned()
    assert detail["nobody_at"] == ["COMMUNE_CPO"]


async def test_who_is_appointed_after_the_move_is_told_then_and_once(turn: Turn) -> None:
    world = turn.world
    await turn.fall_silent()
    await world.pass_time(200, since_s=0, step_s=5)
    await turn.arrange()
    await turn.cut_over(201)
    await world.pass_time(210, since_s=202, step_s=4)
    assert len(await world.mails()) == 2
    await world.user("COMMUNE_CPO", admin_unit_id=turn.new_commune, email="new.cpo@example.org")
    await world.user("INSPECTOR", admin_unit_id=turn.new_province)
    await world.pass_time(225, since_s=211, step_s=4)
    assert (await world.mails())[2:] == [("handed_over", "new.cpo")]


async def test_before_anybody_was_told_the_new_ones_are_told_by_the_ladder_alone(
    turn: Turn,
) -> None:
    world = turn.world
    await turn.fall_silent()
    await world.pass_time(124, since_s=0, step_s=1)
    assert await world.mails() == []
    await turn.arrange()
    await world.user("COMMUNE_CPO", admin_unit_id=turn.new_commune, email="new.cpo@example.org")
    await turn.cut_over(125)
    await world.pass_time(200, since_s=126, step_s=5)
    assert await world.mails() == [("alert", "facility_manager"), ("escalation", "new.cpo")]
    assert len(await turn.reassigned()) == 1


async def test_an_incident_that_is_over_is_left_alone(turn: Turn) -> None:
    world = turn.world
    await turn.fall_silent()
    await world.pass_time(200, since_s=0, step_s=5)
    await world.attest(turn.device, 200, 300)
    await world.pass_time(260, since_s=205, step_s=5)
    assert await world.incidents() == [("facility_silent", "resolved")]
    await turn.arrange()
    await turn.cut_over(261)
    await world.know_until(262)
    await world.tick(262)
    assert await turn.reassigned() == []


async def test_the_new_ones_hear_of_the_end_too(turn: Turn) -> None:
    world = turn.world
    await turn.fall_silent()
    await world.pass_time(200, since_s=0, step_s=5)
    await turn.arrange()
    await world.user("COMMUNE_CPO", admin_unit_id=turn.new_commune, email="new.cpo@example.org")
    await turn.cut_over(201)
    await world.know_until(202)
    await world.tick(202)
    await world.attest(turn.device, 203, 300)
    await world.pass_time(230, since_s=205, step_s=5)
    recovered = [address for kind, address in await world.mails() if kind == "recovery"]
    assert sorted(recovered) == ["commune_cpo", "facility_manager", "new.cpo"]


async def test_the_letter_says_from_where_to_where_in_both_languages(turn: Turn) -> None:
    world = turn.world
    await turn.fall_silent()
    await world.pass_time(200, since_s=0, step_s=5)
    await turn.arrange()
    for language in ("vi", "en"):
        await world.user(
            "COMMUNE_CPO", admin_unit_id=turn.new_commune, language=language,
            email=f"{language}@example.org",
        )  # fmt: skip
    await turn.cut_over(201)
    await world.know_until(202)
    await world.tick(202)
    found = await world.rows(
        "SELECT language, body FROM notification WHERE kind = 'handed_over' ORDER BY language"
    )
    bodies = {row.language: row.body for row in found}
    assert "now lies in xã Mới; until now it was in xã Ba Gia" in bodies["en"]
    assert "xã Mới" in bodies["vi"]
    assert "The timers go on" not in bodies["vi"]


async def test_what_nobody_has_placed_is_the_successor_provinces(turn: Turn) -> None:
    """The old commune was split and nobody chose: its officers are gone, the department hears."""
    world = turn.world
    await turn.arrange()
    other = await world.add(
        registry.admin_unit, code="99002", name="xã Kia", level="commune", kind="commune",
        parent_id=turn.new_province, valid_from=TODAY,
    )  # fmt: skip
    await world.add(
        units.admin_unit_succession, from_id=world.commune_id, to_id=other, kind="split",
        effective_on=TODAY, legal_basis="Resolution 1",
    )  # fmt: skip
    await world.user("COMMUNE_CPO", admin_unit_id=other, email="other.cpo@example.org")
    await world.user("DEPT_OFFICER", admin_unit_id=turn.new_province, email="new.dept@example.org")
    await turn.cut_over(1)
    await turn.fall_silent()
    await world.pass_time(200, since_s=2, step_s=2)
    assert await world.mails() == [("alert", "facility_manager"), ("escalation", "new.dept")]
