"""Who proposes, who decides, who sees and who ends a grant."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.domain.access import Role
from tests.services.api.conftest import Clock
from tests.support.agency import Agency, add_authority, registration
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


@pytest.fixture
async def agency(
    api: httpx.AsyncClient, engine: AsyncEngine, clock: Clock, province: Province
) -> Agency:
    await add_authority(engine)
    one = Agency(api, clock)
    await api.post("/agencies", json=registration(one), headers=province.admin)
    return one


@pytest.fixture
async def deputy(engine: AsyncEngine, clock: Clock, province: Province) -> Headers:
    place = {"admin_unit_id": province.unit_ids[PROVINCE]}
    async with unit_of_work(engine) as connection:
        user = await add_user(connection, "deputy", Role.DEPT_OFFICER, place, clock.at)
        return await log_in(connection, user, clock.at)


def proposal(clock: Clock, **changes: object) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "agency": "moh-children",
        "dataset": "gaps",
        "level": "named",
        "unit": PROVINCE,
        "purpose": "Giám sát quyền trẻ em",
        "legal_basis": "Luật Trẻ em, điều 80",
        "valid_to": (clock.at + timedelta(days=365)).isoformat(),
        **changes,
    }
    return {name: value for name, value in usual.items() if value is not None}


async def test_one_proposes_and_another_approves(
    api: httpx.AsyncClient, agency: Agency, province: Province, deputy: Headers, clock: Clock
) -> None:
    made = await api.post("/grants", json=proposal(clock), headers=province.officer)
    assert (made.status_code, made.json()["state"]) == (201, "proposed")
    path = made.headers["location"].removeprefix("/api/v1")
    own = await api.post(f"{path}/approve", headers=province.officer)
    assert (own.status_code, own.json()["code"]) == (403, "four_eyes")
    done = await api.post(f"{path}/approve", headers=deputy)
    assert (done.status_code, done.json()["state"]) == (200, "in_force")
    again = await api.post(f"{path}/refuse", json={"reason": "Late"}, headers=deputy)
    assert again.status_code == 409


async def test_the_database_wants_two_people_as_well(
    api: httpx.AsyncClient,
    agency: Agency,
    province: Province,
    engine: AsyncEngine,
    clock: Clock,
) -> None:
    await api.post("/grants", json=proposal(clock), headers=province.officer)
    with pytest.raises(IntegrityError, match="decided_by"):
        async with unit_of_work(engine) as connection:
            await connection.execute(
                text("UPDATE sharing_grant SET decided_by = proposed_by, approved_at = now()")
            )


async def test_who_refuses_says_on_which_ground(
    api: httpx.AsyncClient, agency: Agency, province: Province, deputy: Headers, clock: Clock
) -> None:
    made = await api.post("/grants", json=proposal(clock), headers=province.officer)
    path = f"/grants/{made.json()['id']}"
    bare = await api.post(f"{path}/refuse", json={"reason": " "}, headers=deputy)
    assert bare.status_code == 422
    done = await api.post(f"{path}/refuse", json={"reason": "Điều 9"}, headers=deputy)
    assert (done.json()["state"], done.json()["reason"]) == ("refused", "Điều 9")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("admin", 403), ("inspector", 403), ("commune", 403), ("manager", 403),
        ("leader", 403), ("caregiver", 403), ("officer", 201),
    ],
)  # fmt: skip
async def test_only_the_department_proposes(
    api: httpx.AsyncClient, agency: Agency, province: Province, clock: Clock, who: str, status: int
) -> None:
    headers: Headers = getattr(province, who)
    answer = await api.post("/grants", json=proposal(clock), headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"agency": "nobody"}, 422),
        ({"unit": "99"}, 404),
        ({"unit": None, "facility": "NO-1"}, 404),
        ({"unit": None}, 403),
        ({"facility": SUNFLOWER}, 422),
        ({"unit": None, "facility": SUNFLOWER, "level": "aggregate"}, 422),
        ({"dataset": "children"}, 422),
        ({"level": "all"}, 422),
        ({"purpose": "  "}, 422),
        ({"legal_basis": ""}, 422),
        ({"valid_to": "2026-06-30T00:00:00Z"}, 422),
        ({"valid_to": "2036-06-30T00:00:00Z"}, 422),
        ({"valid_to": "2027-06-30"}, 422),
        ({"unit": None, "facility": SUNFLOWER}, 201),
        ({"unit": HOA_BINH}, 201),
    ],
)
async def test_a_proposal_makes_sense_or_is_none(
    api: httpx.AsyncClient,
    agency: Agency,
    province: Province,
    clock: Clock,
    changes: dict[str, object],
    status: int,
) -> None:
    given = proposal(clock, **changes)
    answer = await api.post("/grants", json=given, headers=province.officer)
    assert answer.status_code == status


async def test_grants_are_seen_by_those_they_concern(
    api: httpx.AsyncClient, agency: Agency, province: Province, clock: Clock
) -> None:
    areas: list[dict[str, str | None]] = [
        {},
        {"unit": HOA_BINH},
        {"unit": None, "facility": SUNFLOWER},
        {"unit": None, "facility": LOTUS},
    ]
    ids = []
    for area in areas:
        given = proposal(clock, **area)
        ids.append((await api.post("/grants", json=given, headers=province.officer)).json()["id"])

    async def seen(headers: Headers) -> list[int]:
        answer = await api.get("/grants", headers=headers)
        return [ids.index(one["id"]) for one in answer.json()["items"]]

    assert await seen(province.officer) == [3, 2, 1, 0]
    assert await seen(province.manager) == [2, 1, 0]
    assert await seen(province.lotus_manager) == [3, 0]
    assert await seen(province.commune) == [2, 1, 0]
    assert (await api.get("/grants", headers=province.caregiver)).status_code == 403
    foreign = await api.get(f"/grants/{ids[3]}", headers=province.manager)
    absent = await api.get("/grants/9999", headers=province.manager)
    assert foreign.status_code == absent.status_code == 404
    assert foreign.json()["detail"] == absent.json()["detail"]


async def test_a_manager_sees_who_may_read_and_cannot_change_it(
    api: httpx.AsyncClient, agency: Agency, province: Province, clock: Clock
) -> None:
    made = await api.post("/grants", json=proposal(clock), headers=province.officer)
    shown = await api.get(f"/facilities/{SUNFLOWER}/sharing", headers=province.manager)
    [grant] = shown.json()["grants"]
    assert (grant["agency_name"], grant["purpose"]) == (
        "Cục Bà mẹ và Trẻ em",
        "Giám sát quyền trẻ em",
    )
    assert not grant["may_decide"]
    assert not grant["may_revoke"]
    answer = await api.post(
        f"/grants/{made.json()['id']}/revoke", json={"reason": "x"}, headers=province.manager
    )
    assert answer.status_code == 403
    foreign = await api.get(f"/facilities/{LOTUS}/sharing", headers=province.manager)
    assert foreign.status_code == 404


async def test_a_preview_is_what_the_agency_would_get(
    api: httpx.AsyncClient, agency: Agency, province: Province, clock: Clock
) -> None:
    for level in ("named", "pseudonymous", "aggregate"):
        given = proposal(clock, dataset="facilities", level=level)
        made = await api.post("/grants", json=given, headers=province.officer)
        path = f"/grants/{made.json()['id']}/preview"
        shown = await api.get(path, headers=province.officer)
        assert shown.status_code == 200
        assert (SUNFLOWER in shown.text) == (level == "named")
        assert (await api.get(path, headers=province.manager)).status_code == 403


async def test_changes_are_on_record_without_names(
    api: httpx.AsyncClient, agency: Agency, province: Province, deputy: Headers, clock: Clock,
    engine: AsyncEngine,
) -> None:  # fmt: skip
    made = await api.post("/grants", json=proposal(clock), headers=province.officer)
    path = f"/grants/{made.json()['id']}"
    await api.post(f"{path}/approve", headers=deputy)
    await api.post(f"{path}/revoke", json={"reason": "Xong"}, headers=province.officer)
    async with unit_of_work(engine) as connection:
        rows = await connection.execute(
            text("SELECT verb, actor, detail FROM access_log WHERE subject = 'grant' ORDER BY n")
        )
        found = [tuple(row) for row in rows]
    assert [(verb, actor) for verb, actor, _ in found] == [
        ("request", f"user:{province.user_ids['officer']}"),
        ("approve", "user:9"),
        ("revoke", f"user:{province.user_ids['officer']}"),
    ]


async def test_nobody_approves_for_an_agency_that_is_revoked(
    api: httpx.AsyncClient, agency: Agency, province: Province, deputy: Headers, clock: Clock
) -> None:
    made = await api.post("/grants", json=proposal(clock), headers=province.officer)
    await api.delete("/agencies/moh-children", headers=province.admin)
    answer = await api.post(f"/grants/{made.json()['id']}/approve", headers=deputy)
    assert (answer.status_code, answer.json()["code"]) == (409, "agency_revoked")
    late = await api.post("/grants", json=proposal(clock), headers=province.officer)
    assert late.status_code == 422
