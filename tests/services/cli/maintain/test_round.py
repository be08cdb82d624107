import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from services.cli.maintain import purge
from services.cli.maintain import round as rounds
from shared.db.session import reading, unit_of_work
from tests.services.cli.maintain.conftest import NOW, THEN, Past

FEBRUARY_AND_MARCH = {"2030-02": 56, "2030-03": 62}
WHOLE_DECEMBER = (date(2029, 12, 1), date(2029, 12, 31))


async def test_months_past_their_time_go_as_a_whole_and_on_record(past: Past) -> None:
    await rounds.run(past.engine, now=NOW)
    assert await past.months() == FEBRUARY_AND_MARCH
    assert await past.months("device_fault") == FEBRUARY_AND_MARCH
    assert not await past.parts() & {"device_day_2029_12", "device_day_2030_01"}
    logged = await past.rows(
        "SELECT part, before_day, rows, purged_at FROM purge_log "
        "WHERE dataset = 'device_day' AND rows > 0 ORDER BY part"
    )
    assert logged == [
        ("device_day_2029_12", date(2030, 2, 1), 62, NOW),
        ("device_day_2030_01", date(2030, 2, 1), 62, NOW),
    ]


async def test_a_second_round_finds_nothing_left_to_do(past: Past) -> None:
    await rounds.run(past.engine, now=NOW)
    again = await rounds.run(past.engine, now=NOW)
    assert again == rounds.Report()


async def test_two_rounds_at_once_do_everything_once(past: Past) -> None:
    await asyncio.gather(*(rounds.run(past.engine, now=NOW) for _ in range(3)))
    assert await past.months() == FEBRUARY_AND_MARCH
    logged = await past.rows(
        "SELECT part, count(*) FROM purge_log WHERE rows > 0 GROUP BY part HAVING count(*) > 1"
    )
    assert logged == []


async def test_a_round_just_before_the_month_is_past_its_time_lets_nothing_go(past: Past) -> None:
    """It is still the last of December somewhere on earth."""
    await rounds.run(past.engine, now=datetime(2032, 1, 1, 11, 59, tzinfo=UTC))
    assert (await past.months())["2029-12"] == 62
    await rounds.run(past.engine, now=datetime(2032, 1, 1, 12, 0, tzinfo=UTC))
    assert "2029-12" not in await past.months()


async def test_what_is_on_hold_stays_and_the_rest_of_its_month_goes(past: Past) -> None:
    hold = await past.hold(date(2029, 12, 30), date(2030, 1, 2), facility=past.sunny)
    report = await rounds.run(past.engine, now=NOW)
    kept = await past.rows(
        "SELECT device.facility_id, day FROM device_day JOIN device ON id = device_id "
        "WHERE day < '2030-02-01' ORDER BY day"
    )
    days = (date(2029, 12, 30), date(2029, 12, 31), date(2030, 1, 1), date(2030, 1, 2))
    assert kept == [(past.sunny, day) for day in days]
    assert {prospect.held for prospect in report.held} == {2}
    logged = await past.rows(
        "SELECT sum(rows), count(part) FROM purge_log WHERE dataset = 'device_day' AND rows > 0"
    )
    assert logged == [(120, 0)]
    await past.release(hold)
    await rounds.run(past.engine, now=NOW)
    assert await past.months() == FEBRUARY_AND_MARCH
    assert "device_day_2029_12" not in await past.parts()


async def test_a_hold_of_everything_without_end_lets_nothing_go(past: Past) -> None:
    before = await past.months()
    await past.hold(date(2029, 1, 1))
    await rounds.run(past.engine, now=NOW)
    assert await past.months() == before
    assert await past.months("device_fault") == before


async def test_a_hold_placed_while_a_purge_is_under_way_is_heeded(past: Past) -> None:
    async with reading(past.engine) as connection:
        found = await purge.prospects(connection, today=NOW.date())
    await past.hold(*WHOLE_DECEMBER)
    for prospect in found:
        await purge.carry_out(past.engine, prospect, now=NOW)
    assert await past.months() == {"2029-12": 62, **FEBRUARY_AND_MARCH}


async def test_days_without_a_month_of_their_own_are_kept_and_go_in_their_time(
    past: Past,
) -> None:
    async with unit_of_work(past.engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at) "
                "SELECT id, CAST(day AS date), '{}', '{}', '{}', :now "
                "FROM device, unnest(ARRAY['2028-06-01', '2099-01-01']) AS it (day)"
            ),
            {"now": THEN},
        )
    await rounds.run(past.engine, now=NOW)
    assert await past.months() == {**FEBRUARY_AND_MARCH, "2099-01": 2}


async def test_a_month_takes_over_what_lies_with_the_others(past: Past) -> None:
    """The rounds were not done for half a year."""
    async with unit_of_work(past.engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at) "
                "SELECT id, '2030-06-15', '{}', '{}', '{}', :now FROM device"
            ),
            {"now": THEN},
        )
    report = await rounds.run(past.engine, now=datetime(2030, 7, 2, tzinfo=UTC))
    assert "device_day_2030_06" in report.made
    assert await past.count("device_day_2030_06") == 2
    assert await past.count("device_day_other") == 0


async def test_a_month_too_full_to_move_stays_with_the_others(past: Past) -> None:
    async with unit_of_work(past.engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at) "
                "SELECT number, '2030-06-15', '{}', '{}', '{}', :now "
                "FROM generate_series(1, 6000) AS it (number)"
            ),
            {"now": THEN},
        )
    report = await rounds.run(past.engine, now=datetime(2030, 7, 2, tzinfo=UTC))
    assert report.crowded == ["device_day_2030_06"]
    assert (await past.months())["2030-06"] == 6000
    assert {"device_day_2030_07", "device_day_2030_10"} <= await past.parts()


async def test_looking_ahead_tells_what_would_go_and_changes_nothing(past: Past) -> None:
    await past.hold(date(2029, 12, 31), date(2029, 12, 31), facility=past.rainy)
    before = (await past.parts(), await past.months())
    outlook = await rounds.look_ahead(past.engine, now=NOW)
    told = {
        p.part.name: (p.goes_whole, p.rows, p.held) for p in outlook.prospects if p.rows or p.held
    }
    assert told["device_day_2029_12"] == (False, 61, 1)
    assert told["device_fault_2030_01"] == (True, 62, 0)
    assert ("device_day", date(2032, 3, 1)) in {(t.value, month) for t, month in outlook.months}
    assert (await past.parts(), await past.months()) == before


ROWS = {
    "blind_span": "INSERT INTO blind_span (slot, from_at, to_at) VALUES (0, :at, :at)",
    "security_event": "INSERT INTO security_event (device_id, day, kind, count, first_at, last_at) "
    "SELECT id, CAST(CAST(:at AS timestamptz) AS date), 'clone', 1, :at, :at FROM device "
    "WHERE facility_id = :facility",
    "device_condition": "INSERT INTO device_condition (device_id, condition, holds, since, "
    "changed_at) SELECT id, CAST(gen_random_uuid() AS text), false, :at, :at FROM device "
    "WHERE facility_id = :facility",
    "quarantine": "INSERT INTO quarantine (reason, topic, facility_code, sample, count, first_at, "
    "last_at) SELECT 'future', CAST(gen_random_uuid() AS text), code, '', 1, :at, :at "
    "FROM facility WHERE id = :facility",
    "quarantine_message": "INSERT INTO quarantine_message (quarantine_id, received_at, payload) "
    "SELECT id, :at, '' FROM quarantine",
    "session": "INSERT INTO session (token_hash, user_id, created_at, last_seen_at, expires_at) "
    "SELECT CAST(CAST(gen_random_uuid() AS text) AS bytea), id, :at, :at, :at FROM user_account",
}
#: Kept for so long, by the policies that the database comes with.
KEPT = {
    "blind_span": timedelta(days=730),
    "security_event": timedelta(days=730),
    "device_condition": timedelta(days=92),
    "quarantine": timedelta(days=90),
    "quarantine_message": timedelta(days=7),
    "session": timedelta(days=1),
}


async def put(past: Past, table: str, at: datetime) -> None:
    statement = text(ROWS[table])
    values = {"at": at, "facility": past.sunny}
    async with unit_of_work(past.engine) as connection:
        named = statement.compile().params
        await connection.execute(statement, {name: values[name] for name in named})


@pytest.mark.parametrize("table", ROWS)
async def test_rows_go_by_their_own_policy_and_no_sooner(past: Past, table: str) -> None:
    if table == "quarantine_message":
        await put(past, "quarantine", NOW)
    await put(past, table, NOW - KEPT[table])
    await put(past, table, NOW - KEPT[table] - timedelta(days=3))
    await rounds.run(past.engine, now=NOW)
    assert await past.count(table) == 1
    logged = await past.rows("SELECT rows FROM purge_log WHERE dataset = :it", it=table)
    assert logged == [(1,)]


@pytest.mark.parametrize("table", sorted(ROWS.keys() - {"session"}))
async def test_a_hold_keeps_rows_of_every_kind(past: Past, table: str) -> None:
    long_ago = NOW - KEPT[table] - timedelta(days=300)
    if table == "quarantine_message":
        await put(past, "quarantine", NOW)
    await put(past, table, long_ago)
    hold = await past.hold(long_ago.date(), long_ago.date(), facility=past.sunny)
    await rounds.run(past.engine, now=NOW)
    assert await past.count(table) == 1
    await past.release(hold)
    await rounds.run(past.engine, now=NOW)
    assert await past.count(table) == 0


async def test_a_condition_that_still_holds_stays_for_ever(past: Past) -> None:
    await put(past, "device_condition", NOW - timedelta(days=3000))
    await past.scalar("UPDATE device_condition SET holds = true RETURNING 1")
    await rounds.run(past.engine, now=NOW)
    assert await past.count("device_condition") == 1


async def test_the_record_itself_is_kept_whatever_a_policy_says(past: Past) -> None:
    async with unit_of_work(past.engine) as connection:
        await connection.execute(text("UPDATE retention_policy SET keep_months = 1, keep_days = 0"))
    async with unit_of_work(past.engine) as connection:
        await connection.execute(
            text("INSERT INTO event (happened_at, kind) VALUES (:at, 'told')"), {"at": THEN}
        )
    await rounds.run(past.engine, now=NOW)
    assert await past.count("event") == 1
