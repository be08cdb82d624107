from datetime import UTC, date, datetime, timedelta

from services.api.units.reorganising import cut_over
from shared.db.session import unit_of_work
from tests.services.api.units.conftest import CUT, Country

SINCE = date(2024, 3, 1)


async def test_before_its_day_a_reorganisation_changes_nothing(country: Country) -> None:
    await country.facility("A", "P-1")
    # The last second of the old order on the country's clock.
    country.now = datetime(2026, 6, 30, 16, 59, 59, tzinfo=UTC)
    assert (await country.cut_over()).moved == 0
    assert await country.homes() == {"A": "P-1"}


async def test_on_its_day_facilities_go_with_their_units(country: Country) -> None:
    await country.facility("A", "P-1")
    await country.facility("B", "P-2")
    country.now = datetime(2026, 6, 30, 17, tzinfo=UTC)
    done = await country.cut_over()
    assert (done.moved, done.unassigned) == (2, ())
    assert await country.homes() == {"A": "Q-12", "B": "Q-12"}
    assert await country.history("A") == [("P-1", SINCE, CUT), ("Q-12", CUT, None)]


async def test_each_move_is_told_to_alerts_and_written_into_the_access_log(
    country: Country,
) -> None:
    await country.facility("A", "P-1")
    country.wait_for_the_day()
    await country.cut_over()
    (row,) = await country.rows("SELECT * FROM jurisdiction_reassigned")
    assert (row.effective_on, row.legal_basis, row.by) == (CUT, "Law B", "system")
    (line,) = await country.rows("SELECT * FROM access_log WHERE subject = 'facility'")
    assert (line.actor, line.verb, line.key) == ("system", "change", "A")
    assert '"to": "Q-12"' in line.detail


async def test_a_second_time_there_is_nothing_to_do(country: Country) -> None:
    await country.facility("A", "P-1")
    await country.facility("C", "P-3")
    country.wait_for_the_day()
    await country.cut_over()
    before = await country.rows("SELECT * FROM facility_location ORDER BY id")
    again = await country.cut_over()
    assert (again.moved, again.roles_ended) == (0, 0)
    assert await country.rows("SELECT * FROM facility_location ORDER BY id") == before
    assert len(await country.rows("SELECT id FROM jurisdiction_reassigned")) == 1


async def test_a_facility_of_a_split_unit_stays_and_is_named_until_somebody_chooses(
    country: Country,
) -> None:
    await country.facility("C", "P-3")
    country.wait_for_the_day()
    assert (await country.cut_over()).unassigned == ("C",)
    assert await country.homes() == {"C": "P-3"}
    country.now += timedelta(days=9)
    outcome = await country.bring_in(
        assignments="facility,to,effective_on,legal_basis\nC,Q-3b,2026-07-01,Decision 7\n"
    )
    assert outcome.faults == []
    assert (await country.cut_over()).unassigned == ()
    # By law it lay there from the first day on.
    assert await country.history("C") == [("P-3", SINCE, CUT), ("Q-3b", CUT, None)]


async def test_a_choice_made_ahead_is_followed_on_the_day(country: Country) -> None:
    await country.facility("C", "P-3")
    await country.bring_in(
        assignments="facility,to,effective_on,legal_basis\nC,Q-3a,2026-07-01,Decision 7\n"
    )
    assert (await country.cut_over()).moved == 0
    country.wait_for_the_day()
    await country.cut_over()
    assert await country.homes() == {"C": "Q-3a"}


async def test_roles_end_with_their_unit_or_their_authority(country: Country) -> None:
    await country.user("COMMUNE_CPO", unit="P-1")
    await country.user("DEPT_OFFICER", unit="P")
    await country.user("INSPECTOR", unit="Q", authority="old-dept")
    await country.user("COMMUNE_CPO", unit="Q-12")
    await country.user("SYS_ADMIN")
    country.wait_for_the_day()
    assert (await country.cut_over()).roles_ended == 3
    ended = await country.rows(
        "SELECT role, ends_because, valid_to FROM role_assignment WHERE valid_to IS NOT NULL "
        "ORDER BY role"
    )
    assert [tuple(row) for row in ended] == [
        ("COMMUNE_CPO", "unit_ended", country.now),
        ("DEPT_OFFICER", "unit_ended", country.now),
        ("INSPECTOR", "authority_ended", country.now),
    ]


async def test_what_was_left_undone_is_gone_on_with(country: Country) -> None:
    """A crash between two batches: those already moved stay, the rest follows."""
    for number in range(5):
        await country.facility(f"A{number}", "P-1")
    await country.rows(
        "UPDATE facility SET admin_unit_id = (SELECT id FROM admin_unit WHERE code = 'Q-12') "
        "WHERE code IN ('A0', 'A3') RETURNING id"
    )
    country.wait_for_the_day()
    assert (await country.cut_over()).moved == 3
    assert set((await country.homes()).values()) == {"Q-12"}


async def test_more_than_one_batch_is_moved_in_one_run(country: Country) -> None:
    await country.rows(
        "INSERT INTO facility (code, name, ownership, admin_unit_id, time_zone, children, "
        "registered_at) SELECT 'F' || n, 'F', 'public', id, 'Asia/Ho_Chi_Minh', 1, '2024-01-01' "
        "FROM admin_unit, generate_series(1, :n) AS n WHERE code = 'P-2' RETURNING id",
        n=cut_over.AT_ONCE + 20,
    )
    country.wait_for_the_day()
    assert (await country.cut_over()).moved == cut_over.AT_ONCE + 20


async def test_while_units_are_changed_the_cut_over_waits_for_its_next_turn(
    country: Country,
) -> None:
    await country.facility("A", "P-1")
    country.wait_for_the_day()
    async with unit_of_work(country.owner) as connection:
        from services.api.units.order.queries import take_turn  # noqa: PLC0415

        await take_turn(connection)
        assert not (await country.cut_over()).is_ours
    assert (await country.cut_over()).moved == 1


async def test_a_retired_facility_stays_where_it_was(country: Country) -> None:
    await country.facility("A", "P-1")
    await country.rows("UPDATE facility SET retired_at = '2025-01-01' RETURNING id")
    country.wait_for_the_day()
    assert (await country.cut_over()).moved == 0


async def test_two_reorganisations_are_made_up_for_one_after_the_other(country: Country) -> None:
    await country.facility("A", "P-1")
    outcome = await country.bring_in(
        units="code,name,kind,parent,valid_from,valid_to\n"
        "Q-12,xã Một Hai,commune,Q,2026-07-01,2026-08-01\n"
        "Q-13,phường Mười Ba,ward,Q,2026-08-01,\n",
        successions="from,to,kind,effective_on,legal_basis\nQ-12,Q-13,rename,2026-08-01,Law D\n",
    )
    assert outcome.faults == []
    country.now = datetime(2026, 9, 1, tzinfo=UTC)
    await country.cut_over()
    assert await country.history("A") == [
        ("P-1", SINCE, CUT), ("Q-12", CUT, date(2026, 8, 1)), ("Q-13", date(2026, 8, 1), None),
    ]  # fmt: skip
    laws = await country.rows("SELECT legal_basis FROM jurisdiction_reassigned ORDER BY id")
    assert [row[0] for row in laws] == ["Law B", "Law D"]
