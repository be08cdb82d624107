"""How long it is kept what people and agencies were told, and what gateways said."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from services.cli.maintain import round as rounds
from shared.db.session import unit_of_work
from shared.domain.retention import RECORD
from tests.services.cli.maintain.conftest import NOW, Past

INCIDENT = (
    "INSERT INTO incident (facility_id, cause, state, since_at, opened_at) "
    "VALUES (:facility, 'device_silent', 'resolved', :at, :at)"
)
NOTIFICATION = (
    "INSERT INTO notification (incident_id, kind, occasion, channel, address, language, role, "
    "subject, body, short, message_id, state, created_at, due_at) "
    "SELECT max(id), 'step', 1, 'sms', '+84901234567', 'vi', 'CAREGIVER', 'Mái ấm', 'Hà đã nhận', "
    "'Hà', CAST(gen_random_uuid() AS text), 'sent', :at, :at FROM incident"
)
TELEPHONE = (
    "INSERT INTO contact_point (user_id, channel, address, label, keys, created_at, removed_at) "
    "SELECT id, 'sms', '+84901234567', 'của Hà', '{\"auth\": 1}', :at, :at FROM user_account"
)
AGENCY = (
    "INSERT INTO authority (code, kind, name, valid_from) "
    "VALUES ('SO-YTE', 'department', 'Sở', '2025-07-01')",
    "INSERT INTO agency_client (code, name, authority_id, contact_office, requires_dpop, "
    "daily_records, created_at, created_by) SELECT 'a', 'a', a.id, 'o', false, 1, :at, u.id "
    "FROM authority a, user_account u LIMIT 1",
    "INSERT INTO sharing_grant (client_id, dataset, purpose, legal_basis, level, valid_from, "
    "valid_to, proposed_by, proposed_at) SELECT c.id, 'gaps', 'p', 'l', 'named', :at, "
    "'2099-01-01', c.created_by, :at FROM agency_client c",
    "INSERT INTO webhook (client_id, url, salt, events, created_at) "
    "SELECT id, 'https://a.example', '', '{}', :at FROM agency_client",
)
EVENT = (
    "INSERT INTO event (incident_id, happened_at, kind) SELECT max(id), :at, 'opened' FROM incident"
)

ROWS = {
    "delivery_attempt": "INSERT INTO delivery_attempt (notification_id, started_at) "
    "SELECT max(id), :at FROM notification",
    "sms_receipt": "INSERT INTO sms_receipt (provider, provider_ref, receipt, received_at, "
    "folded_at) VALUES ('esms', CAST(gen_random_uuid() AS text), 'delivered', :at, :at)",
    "sms_inbound": "INSERT INTO sms_inbound (provider, provider_ref, sender, body, received_at, "
    "handled_at) VALUES ('esms', CAST(gen_random_uuid() AS text), '+84901234567', 'OK', :at, :at)",
    "person_text": "INSERT INTO person_text (contact_point_id, kind, language, body, message_id, "
    "state, created_at, due_at, expires_at) SELECT max(id), 'code', 'vi', '', "
    "CAST(gen_random_uuid() AS text), 'sent', :at, :at, :at FROM contact_point",
    "person_mail": "INSERT INTO person_mail (user_id, address, language, subject, body, "
    "message_id, state, created_at, due_at, expires_at) SELECT max(id), '', 'vi', '', '', "
    "CAST(gen_random_uuid() AS text), 'sent', :at, :at, :at FROM user_account",
    "webhook_call": "INSERT INTO webhook_call (webhook_id, event_id, grant_id, type, state, "
    "created_at, due_at, ended_at) SELECT w.id, (SELECT max(id) FROM event), g.id, 'gap.opened', "
    "'sent', :at, :at, :at FROM webhook w, sharing_grant g",
}
#: Kept for so long, by the policies that the database comes with.
KEPT = {
    "delivery_attempt": timedelta(days=731),
    "sms_receipt": timedelta(days=90),
    "sms_inbound": timedelta(days=90),
    "person_text": timedelta(days=90),
    "person_mail": timedelta(days=90),
    "webhook_call": timedelta(days=366),
}
#: What must be there before; as old as the row itself.
NEEDED = {
    "delivery_attempt": (INCIDENT, NOTIFICATION),
    "person_text": (TELEPHONE,),
    "webhook_call": (INCIDENT, EVENT),
}
#: How a row waits for something that is still to come.
WAITING = {
    "delivery_attempt": "UPDATE notification SET state = 'pending'",
    "sms_receipt": "UPDATE sms_receipt SET folded_at = NULL",
    "sms_inbound": "UPDATE sms_inbound SET handled_at = NULL",
    "person_text": "UPDATE person_text SET state = 'pending'",
    "person_mail": "UPDATE person_mail SET state = 'pending'",
    "webhook_call": "UPDATE webhook_call SET ended_at = NULL",
}


async def do(past: Past, statement: str, at: datetime = NOW) -> None:
    values = {"at": at, "facility": past.sunny}
    async with unit_of_work(past.engine) as connection:
        named = text(statement).compile().params
        await connection.execute(text(statement), {name: values[name] for name in named})


def statements(table: str) -> Iterator[str]:
    yield from NEEDED.get(table, ())
    yield ROWS[table]


async def put(past: Past, table: str, at: datetime) -> None:
    for statement in statements(table):
        await do(past, statement, at)


@pytest.fixture
async def told(past: Past) -> Past:
    """With an agency that is called back."""
    for statement in AGENCY:
        await do(past, statement)
    return past


@pytest.mark.parametrize("table", ROWS)
async def test_what_was_told_goes_by_its_own_policy_and_no_sooner(told: Past, table: str) -> None:
    await put(told, table, NOW - KEPT[table] + timedelta(days=1))
    await put(told, table, NOW - KEPT[table] - timedelta(days=3))
    await rounds.run(told.engine, now=NOW)
    assert await told.count(table) == 1
    logged = await told.rows("SELECT rows FROM purge_log WHERE dataset = :it", it=table)
    assert logged == [(1,)]


@pytest.mark.parametrize("table", ROWS)
async def test_a_hold_keeps_what_was_told(told: Past, table: str) -> None:
    long_ago = NOW - KEPT[table] - timedelta(days=300)
    await put(told, table, long_ago)
    hold = await told.hold(long_ago.date(), long_ago.date(), facility=told.sunny)
    await rounds.run(told.engine, now=NOW)
    assert await told.count(table) == 1
    await told.release(hold)
    await rounds.run(told.engine, now=NOW)
    assert await told.count(table) == 0


@pytest.mark.parametrize("table", ROWS)
async def test_what_still_waits_for_something_stays(told: Past, table: str) -> None:
    await put(told, table, NOW - KEPT[table] - timedelta(days=300))
    await do(told, WAITING[table])
    await rounds.run(told.engine, now=NOW)
    assert await told.count(table) == 1


@pytest.mark.parametrize("table", ["delivery_attempt", "webhook_call"])
async def test_a_hold_of_another_facility_keeps_nothing_of_this_one(told: Past, table: str) -> None:
    long_ago = NOW - KEPT[table] - timedelta(days=300)
    await put(told, table, long_ago)
    await told.hold(long_ago.date(), long_ago.date(), facility=told.rainy)
    await rounds.run(told.engine, now=NOW)
    assert await told.count(table) == 0


MESSAGE = "SELECT address LIKE 'removed:%', body, short, state, role FROM notification"
WHOLE = (False, "Hà đã nhận", "Hà", "sent", "CAREGIVER")
EMPTIED = (True, "", "", "sent", "CAREGIVER")


async def test_that_somebody_was_told_stays_without_words_and_address(told: Past) -> None:
    for days in (733, 735, 729):
        await do(told, INCIDENT, NOW - timedelta(days=days))
        await do(told, NOTIFICATION, NOW - timedelta(days=days))
    await rounds.run(told.engine, now=NOW)
    assert await told.rows(MESSAGE + " ORDER BY id") == [EMPTIED, EMPTIED, WHOLE]
    assert await rounds.run(told.engine, now=NOW) == rounds.Report()


async def test_words_stay_while_their_incident_lasts_or_is_on_hold(told: Past) -> None:
    long_ago = NOW - timedelta(days=900)
    await do(told, INCIDENT, long_ago)
    await do(told, NOTIFICATION, long_ago)
    await do(told, "UPDATE incident SET state = 'open'")
    await rounds.run(told.engine, now=NOW)
    assert await told.rows(MESSAGE) == [WHOLE]
    await do(told, "UPDATE incident SET state = 'resolved'")
    hold = await told.hold(long_ago.date(), long_ago.date(), facility=told.sunny)
    await rounds.run(told.engine, now=NOW)
    assert await told.rows(MESSAGE) == [WHOLE]
    await told.release(hold)
    await rounds.run(told.engine, now=NOW)
    assert await told.rows(MESSAGE) == [EMPTIED]


async def test_a_telephone_that_its_owner_removed_is_forgotten_and_others_are_not(
    told: Past,
) -> None:
    for days in (95, 80):
        await do(told, TELEPHONE, NOW - timedelta(days=days))
    await do(told, TELEPHONE, NOW - timedelta(days=900))
    await do(told, "UPDATE contact_point SET removed_at = NULL WHERE created_at < '2031-01-01'")
    await rounds.run(told.engine, now=NOW)
    kept = await told.rows(
        "SELECT address LIKE 'removed:%', label, CAST(keys AS text) FROM contact_point ORDER BY id"
    )
    whole = (False, "của Hà", '{"auth": 1}')
    assert kept == [(True, "", "{}"), whole, whole]


async def test_the_record_of_what_was_done_is_kept_for_good(told: Past) -> None:
    kept = await told.rows("SELECT dataset FROM retention_policy WHERE keep_months IS NULL")
    assert {name for (name,) in kept} == {one.value for one in RECORD}
