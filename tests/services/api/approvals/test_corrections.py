"""What is over is excused by a correction, and by nothing else."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.approvals import approval
from tests.services.api.approvals.test_approvals import ask, decide, log_of
from tests.services.api.conftest import Clock
from tests.support.people import HOA_BINH, SUNFLOWER, Province

CORRECTION = {
    "kind": "correction", "facility": SUNFLOWER, "reason": "The roof was mended in the morning",
    "starts_at": "2026-07-01T05:00:00Z", "ends_at": "2026-07-01T07:00:00Z",
}  # fmt: skip


async def test_a_correction_is_asked_for_by_one_and_approved_by_another(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    made = await ask(api, province.manager, CORRECTION)
    assert (made["state"], made["holds_from"]) == ("requested", None)
    assert (await decide(api, province.manager, made["id"])).status_code in {403, 409}
    clock.advance(minutes=10)
    approved = (await decide(api, province.officer, made["id"])).json()
    assert (approved["state"], approved["decided_by"]["name"]) == ("in_force", "Officer")
    assert approved["holds_from"] == approved["decided_at"] == "2026-07-01T08:10:00Z"
    clock.advance(minutes=60 * 24 * 20)
    assert [line[:2] for line in await log_of(engine)][-2:] == [
        ("request", "exception"), ("approve", "exception"),
    ]  # fmt: skip


async def test_a_correction_is_revoked_and_stays_on_record(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await ask(api, province.manager, CORRECTION)
    await decide(api, province.officer, made["id"])
    path = f"/approvals/{made['id']}"
    ended = await api.delete(path, headers=province.officer)
    assert (ended.status_code, ended.json()["state"]) == (200, "revoked")
    again = await api.delete(path, headers=province.officer)
    assert (again.status_code, again.json()["code"]) == (409, "not_open")


async def test_an_approval_that_comes_late_says_from_when_it_holds(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    wanted = {**CORRECTION, "kind": "maintenance", "starts_at": "2026-07-01T08:20:00Z"}
    made = await ask(api, province.manager, {**wanted, "ends_at": "2026-07-01T12:00:00Z"})
    clock.advance(minutes=29)
    late = (await decide(api, province.officer, made["id"])).json()
    assert (late["starts_at"], late["holds_from"]) == (
        "2026-07-01T08:20:00Z", "2026-07-01T08:29:00Z",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"kind": "maintenance"}, "already_over"),
        ({"kind": "maintenance", "ends_at": "2026-07-01T12:00:00Z"}, "begins_in_the_past"),
        ({"kind": "mute", "ends_at": "2026-07-01T12:00:00Z"}, "begins_in_the_past"),
        ({"ends_at": "2026-07-01T09:00:00Z"}, "not_over_yet"),
        ({"starts_at": "2026-03-01T05:00:00Z", "ends_at": "2026-03-02T05:00:00Z"}, "too_long_ago"),
        ({"starts_at": "2026-05-20T05:00:00Z"}, "too_long"),
        ({"repeats": "daily", "repeats_until": "2026-07-03T00:00:00Z"}, "only_maintenance_repeats"),
        ({"facility": None, "unit": HOA_BINH}, "invalid"),
        ({"zone": "NO-SUCH"}, "invalid"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_reason(
    api: httpx.AsyncClient, province: Province, wrong: dict[str, Any], code: str
) -> None:
    given = {name: value for name, value in (CORRECTION | wrong).items() if value is not None}
    refused = await api.post("/approvals", json=given, headers=province.manager)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_the_database_itself_takes_no_correction_of_what_is_to_come(
    engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    later = clock.at + timedelta(hours=1)
    values = {
        "kind": "correction", "subject": {}, "facility_id": province.facility_ids[SUNFLOWER],
        "reason": "later", "requested_by": province.user_ids["manager"],
        "requested_at": clock.at, "starts_at": clock.at, "ends_at": later, "expires_at": later,
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="correction_comes_afterwards"):
        async with unit_of_work(engine) as connection:
            await connection.execute(insert(approval).values(values))
