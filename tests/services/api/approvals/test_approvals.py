import csv
import io
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import SYSTEM, unit_of_work
from shared.db.tables.access_log import access_log
from shared.db.tables.approvals import approval
from shared.db.tables.people import role_assignment, user_account
from shared.domain.access import Role
from tests.services.api.conftest import Clock
from tests.support.people import (
    HOA_BINH,
    LOTUS,
    PROVINCE,
    SUNFLOWER,
    Headers,
    Province,
    add_user,
    log_in,
)

MUTE = {
    "kind": "mute", "facility": SUNFLOWER, "reason": "The roof is being mended",
    "starts_at": "2026-07-01T08:20:00Z", "ends_at": "2026-07-01T15:00:00Z",
}  # fmt: skip
MAINTENANCE = {**MUTE, "kind": "maintenance", "ends_at": "2026-07-10T00:00:00Z"}
PEOPLE = {
    "kind": "named_export", "facility": SUNFLOWER, "dataset": "people",
    "reason": "Contact list for the fire drill",
}  # fmt: skip
LOG = {
    **PEOPLE, "dataset": "access_log", "first_day": "2026-07-01", "last_day": "2026-07-02",
}  # fmt: skip


async def ask(api: httpx.AsyncClient, who: Headers, wanted: dict[str, str]) -> dict[str, Any]:
    answer = await api.post("/approvals", json=wanted, headers=who)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def decide(
    api: httpx.AsyncClient, who: Headers, approval_id: int, decision: str = "approved"
) -> httpx.Response:
    path = f"/approvals/{approval_id}/decision"
    return await api.post(path, json={"decision": decision, "note": "seen"}, headers=who)


async def log_of(engine: AsyncEngine) -> list[tuple[str, str, str, bool]]:
    async with unit_of_work(engine, SYSTEM) as connection:
        rows = await connection.execute(select(access_log).order_by(access_log.c.n))
        return [
            (row.verb, row.subject, row.key, row.facility_id is not None)
            for row in rows
            if row.verb not in {"list", "read"}
        ]


async def test_what_one_asks_for_another_approves(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    made = await ask(api, province.manager, MUTE)
    assert (made["state"], made["may_decide"], made["may_end"]) == ("requested", False, True)
    assert made["requested_by"] == {"number": province.user_ids["manager"], "name": "Manager"}
    answer = await decide(api, province.officer, made["id"])
    assert (answer.status_code, answer.json()["state"]) == (200, "approved")
    assert answer.json()["decided_by"]["name"] == "Officer"
    clock.advance(minutes=20)
    there = await api.get(f"/approvals/{made['id']}", headers=province.manager)
    assert there.json()["state"] == "in_force"
    assert await log_of(engine) == [
        ("request", "exception", f"{SUNFLOWER}/mute", True),
        ("approve", "exception", str(made["id"]), True),
    ]


async def test_whoever_decides_sees_what_waits(api: httpx.AsyncClient, province: Province) -> None:
    first = await ask(api, province.manager, MUTE)
    second = await ask(api, province.manager, PEOPLE)
    await decide(api, province.officer, first["id"], "refused")

    async def listed(who: Headers, **asked: str) -> list[tuple[int, str, bool]]:
        answer = await api.get("/approvals", params=asked, headers=who)
        return [(one["id"], one["state"], one["may_decide"]) for one in answer.json()["items"]]

    assert await listed(province.officer, waiting="true") == [(second["id"], "requested", True)]
    assert await listed(province.manager) == [
        (second["id"], "requested", False),
        (first["id"], "refused", False),
    ]
    assert await listed(province.lotus_manager) == []
    assert await listed(province.admin) == []


@pytest.mark.parametrize("who", ["manager", "caregiver", "commune", "inspector", "leader", "admin"])
async def test_nobody_else_decides(api: httpx.AsyncClient, province: Province, who: str) -> None:
    made = await ask(api, province.manager, MUTE)
    answer = await decide(api, getattr(province, who), made["id"])
    assert answer.status_code in {403, 404}
    again = await api.get(f"/approvals/{made['id']}", headers=province.officer)
    assert again.json()["state"] == "requested"


async def test_nobody_decides_on_their_own_request(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await ask(api, province.officer, MUTE)
    answer = await decide(api, province.officer, made["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "own_request")


async def test_two_accounts_of_one_mailbox_are_not_four_eyes(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    async with unit_of_work(engine, SYSTEM) as connection:
        place = {"admin_unit_id": province.unit_ids[PROVINCE]}
        twin = await add_user(connection, "twin", Role.DEPT_OFFICER, place, clock.at)
        await connection.execute(
            update(user_account)
            .where(user_account.c.id == twin)
            .values(email="Officer+second@giamsat.example")
        )
        headers = await log_in(connection, twin, clock.at)
    made = await ask(api, province.officer, MUTE)
    answer = await decide(api, headers, made["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "same_person")


async def test_the_database_itself_wants_four_eyes(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    made = await ask(api, province.manager, MUTE)
    own = {
        "decision": "approved", "decided_at": clock.at,
        "decided_by": province.user_ids["manager"],
    }  # fmt: skip
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="four_eyes"):
            await connection.execute(
                update(approval).where(approval.c.id == made["id"]).values(own)
            )


async def test_what_was_decided_stays(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province
) -> None:
    made = await ask(api, province.manager, MUTE)
    await decide(api, province.officer, made["id"], "refused")
    again = await decide(api, province.officer, made["id"])
    assert (again.status_code, again.json()["code"]) == (409, "not_open")
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="what was decided stays"):
            await connection.execute(update(approval).values(decision="approved"))


async def test_the_api_may_not_change_what_was_asked_for(
    resources: Any, province: Province
) -> None:
    async with resources.engine.connect() as connection:
        with pytest.raises(DBAPIError, match="permission denied"):
            await connection.execute(text("UPDATE approval SET ends_at = now()"))


async def test_nobody_decides_after_a_week(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    later = {**MAINTENANCE, "ends_at": "2026-07-20T00:00:00Z"}
    made = await ask(api, province.manager, later)
    clock.advance(days=7)
    async with unit_of_work(engine, SYSTEM) as connection:
        officer = await log_in(connection, province.user_ids["officer"], clock.at)
    answer = await decide(api, officer, made["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "not_open")
    there = await api.get(f"/approvals/{made['id']}", headers=officer)
    assert there.json()["state"] == "expired"


@pytest.mark.parametrize(
    ("who", "state", "verb"), [("manager", "withdrawn", "undo"), ("officer", "revoked", "revoke")]
)
async def test_it_is_ended_before_its_time(
    api: httpx.AsyncClient,
    engine: AsyncEngine,
    province: Province,
    who: str,
    state: str,
    verb: str,
) -> None:
    made = await ask(api, province.manager, MUTE)
    await decide(api, province.officer, made["id"])
    answer = await api.delete(f"/approvals/{made['id']}", headers=getattr(province, who))
    assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert (verb, "exception", str(made["id"]), True) in await log_of(engine)
    again = await api.delete(f"/approvals/{made['id']}", headers=getattr(province, who))
    assert again.status_code == 409


async def test_a_foreign_request_is_not_there(api: httpx.AsyncClient, province: Province) -> None:
    made = await ask(api, province.manager, MUTE)
    for path in (f"/approvals/{made['id']}", "/approvals/999999"):
        answers = [
            await api.get(path, headers=province.lotus_manager),
            await api.delete(path, headers=province.lotus_manager),
            await api.get(f"{path}/file", headers=province.lotus_manager),
        ]
        assert [one.status_code for one in answers] == [404, 404, 404]


@pytest.mark.parametrize(
    "wrong",
    [
        {**MUTE, "ends_at": "2026-07-02T10:00:00Z"},
        {**MUTE, "ends_at": "2026-07-01T08:20:00Z"},
        {**MUTE, "starts_at": "2026-06-30T09:00:00Z", "ends_at": "2026-06-30T10:00:00Z"},
        {**MUTE, "reason": "   "},
        {**MUTE, "unit": HOA_BINH},
        {**MUTE, "zone": "NO-SUCH"},
        {**MUTE, "dataset": "people"},
        {**MUTE, "starts_at": "2026-07-01T09:00:00"},
        {"kind": "mute", "unit": HOA_BINH, "reason": "a whole commune"},
        {**PEOPLE, "dataset": "children"},
        {**PEOPLE, "first_day": "2026-07-01"},
        {**LOG, "last_day": "2026-06-01"},
    ],
)
async def test_a_wrong_request_is_refused_in_words(
    api: httpx.AsyncClient, province: Province, wrong: dict[str, str]
) -> None:
    answer = await api.post("/approvals", json=wrong, headers=province.officer)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("who", "wanted", "status"),
    [
        ("lotus_manager", MUTE, 404),
        ("caregiver", MUTE, 403),
        ("admin", MUTE, 403),
        ("inspector", MUTE, 403),
        ("inspector", PEOPLE, 201),
        # They may not look at the log, so nobody can hand it to them.
        ("inspector", LOG, 403),
        ("officer", {**PEOPLE, "facility": LOTUS}, 201),
        ("manager", {**PEOPLE, "facility": LOTUS}, 404),
    ],
)
async def test_who_may_ask_where(
    api: httpx.AsyncClient, province: Province, who: str, wanted: dict[str, str], status: int
) -> None:
    answer = await api.post("/approvals", json=wanted, headers=getattr(province, who))
    assert answer.status_code == status


@pytest.fixture
async def second_officer(engine: AsyncEngine, province: Province, clock: Clock) -> Headers:
    async with unit_of_work(engine, SYSTEM) as connection:
        place = {"admin_unit_id": province.unit_ids[PROVINCE]}
        user_id = await add_user(connection, "second", Role.DEPT_OFFICER, place, clock.at)
        return await log_in(connection, user_id, clock.at)


def table(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


async def test_an_approved_export_is_handed_to_who_asked_and_to_nobody_else(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    made = await ask(api, province.manager, PEOPLE)
    path = f"/approvals/{made['id']}/file"
    assert (await api.get(path, headers=province.manager)).status_code == 409
    await decide(api, province.officer, made["id"])
    assert (await api.get(path, headers=province.officer)).status_code == 409
    answer = await api.get(path, headers=province.manager)
    assert answer.status_code == 200
    rows = table(answer)
    assert {row["email"] for row in rows} == {
        "manager@giamsat.example", "caregiver@giamsat.example",
    }  # fmt: skip
    for row in rows:
        assert row["issued"].startswith(
            f"giamsat · approval {made['id']} · copy 1 · issued to Manager "
            f"(user:{province.user_ids['manager']}) · 2026-07-01T08:00:00Z · approved by Officer"
        )
        assert row["issued"].endswith(PEOPLE["reason"])
    second = await api.get(path, headers=province.manager)
    assert "copy 2" in second.text
    exported = ("export", "named_export", str(made["id"]), True)
    assert (await log_of(engine)).count(exported) == 2


async def test_an_export_closes_after_a_day(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    made = await ask(api, province.manager, PEOPLE)
    await decide(api, province.officer, made["id"])
    clock.advance(hours=24)
    async with unit_of_work(engine, SYSTEM) as connection:
        manager = await log_in(connection, province.user_ids["manager"], clock.at)
    answer = await api.get(f"/approvals/{made['id']}/file", headers=manager)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_force")


async def test_an_export_is_closed_to_who_lost_the_role(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    made = await ask(api, province.manager, PEOPLE)
    await decide(api, province.officer, made["id"])
    async with unit_of_work(engine, SYSTEM) as connection:
        await connection.execute(
            update(role_assignment)
            .where(role_assignment.c.user_id == province.user_ids["manager"])
            .values(valid_to=clock.at)
        )
    answer = await api.get(f"/approvals/{made['id']}/file", headers=province.manager)
    assert answer.status_code in {403, 404}


async def test_the_log_of_a_commune_is_exported_with_names(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, second_officer: Headers
) -> None:
    await ask(api, province.manager, MUTE)
    await ask(api, province.lotus_manager, {**MUTE, "facility": LOTUS})
    wanted = {name: value for name, value in LOG.items() if name != "facility"}
    made = await ask(api, province.officer, {**wanted, "unit": HOA_BINH})
    assert (await decide(api, second_officer, made["id"])).status_code == 200
    answer = await api.get(f"/approvals/{made['id']}/file", headers=province.officer)
    rows = table(answer)
    assert {(row["verb"], row["key"], row["name"]) for row in rows} == {
        ("request", f"{SUNFLOWER}/mute", "Manager"),
        ("request", f"{HOA_BINH}/named_export", "Officer"),
        ("approve", str(made["id"]), "Second"),
    }


async def test_two_who_decide_at_once_have_one_winner(
    api: httpx.AsyncClient, province: Province, second_officer: Headers
) -> None:
    made = await ask(api, province.manager, MUTE)
    answers = [
        await decide(api, who, made["id"], decision)
        for who, decision in ((province.officer, "approved"), (second_officer, "refused"))
    ]
    assert sorted(one.status_code for one in answers) == [200, 409]


async def test_alerts_may_read_what_is_in_force(database: Any, engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        allowed = await connection.scalar(
            text("SELECT has_table_privilege('giamsat_alerts', 'approval', 'SELECT')")
        )
    assert allowed is True


async def test_a_line_is_not_lost_where_the_request_is_refused(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province
) -> None:
    """Both, or neither: a refused request leaves no line that says it was made."""
    await api.post("/approvals", json={**MUTE, "zone": "NO-SUCH"}, headers=province.manager)
    assert await log_of(engine) == []


NIGHTLY = {
    **MAINTENANCE, "ends_at": "2026-07-01T08:40:00Z", "repeats": "daily",
    "repeats_until": "2026-07-04T00:00:00Z",
}  # fmt: skip


async def test_what_repeats_is_in_force_at_each_of_its_times(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    made = await ask(api, province.manager, NIGHTLY)
    assert (made["repeats"], made["repeats_until"]) == ("daily", "2026-07-04T00:00:00Z")
    await decide(api, province.officer, made["id"])
    states = []
    for minutes in (25, 25):
        clock.advance(minutes=minutes)
        answer = await api.get(f"/approvals/{made['id']}", headers=province.officer)
        states.append(answer.json()["state"])
    assert states == ["in_force", "approved"]


@pytest.mark.parametrize(
    "wrong",
    [
        {**NIGHTLY, "kind": "mute"},
        {**NIGHTLY, "ends_at": "2026-07-02T08:30:00Z"},
        {**NIGHTLY, "repeats_until": "2027-07-04T00:00:00Z"},
        {**NIGHTLY, "repeats": "hourly"},
        {**MAINTENANCE, "repeats": "daily"},
        {**PEOPLE, "repeats": "daily", "repeats_until": "2026-07-04T00:00:00Z"},
    ],
)
async def test_a_series_must_end_and_leave_room_between_its_times(
    api: httpx.AsyncClient, province: Province, wrong: dict[str, str]
) -> None:
    answer = await api.post("/approvals", json=wrong, headers=province.officer)
    assert answer.status_code == 422, answer.text
