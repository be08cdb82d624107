"""An agency, and two officers of the province who grant it something."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.domain.access import Role
from tests.services.api.conftest import Clock
from tests.support.agency import Agency, add_authority, registration
from tests.support.people import PROVINCE, Headers, Province, add_user, log_in

Grant = Callable[..., Awaitable[int]]


@pytest.fixture
async def agency(
    api: httpx.AsyncClient, engine: AsyncEngine, clock: Clock, province: Province
) -> Agency:
    await add_authority(engine)
    one = Agency(api, clock)
    answer = await api.post("/agencies", json=registration(one), headers=province.admin)
    assert answer.status_code == 201, answer.text
    await one.log_in()
    return one


@pytest.fixture
async def deputy(engine: AsyncEngine, clock: Clock, province: Province) -> Headers:
    """Another officer of the department."""
    place = {"admin_unit_id": province.unit_ids[PROVINCE]}
    async with unit_of_work(engine) as connection:
        user = await add_user(connection, "deputy", Role.DEPT_OFFICER, place, clock.at)
        return await log_in(connection, user, clock.at)


@pytest.fixture
async def grant(
    api: httpx.AsyncClient, agency: Agency, province: Province, deputy: Headers, clock: Clock
) -> Grant:
    """Proposes and approves; returns its number."""

    async def granted(dataset: str, level: str = "named", **area: str) -> int:
        given = {
            "agency": agency.code,
            "dataset": dataset,
            "level": level,
            "purpose": "Giám sát quyền trẻ em",
            "legal_basis": "Luật Trẻ em 102/2016/QH13, điều 80",
            "valid_to": (clock.at + timedelta(days=400)).isoformat(),
            **(area or {"unit": PROVINCE}),
        }
        made = await api.post("/grants", json=given, headers=province.officer)
        assert made.status_code == 201, made.text
        number = int(made.json()["id"])
        answer = await api.post(f"/grants/{number}/approve", headers=deputy)
        assert answer.status_code == 200, answer.text
        return number

    return granted
