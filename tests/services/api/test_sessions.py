import asyncio

import httpx
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.sessions import tokens
from services.api.sessions.passwords import hashed
from shared.db.session import unit_of_work
from shared.db.tables.people import role_assignment, session, user_account
from tests.services.api.conftest import Clock
from tests.support.people import SUNFLOWER, Headers, Province

CARER = {"email": "caregiver@giamsat.example", "password": "mat-khau"}


@pytest.fixture
async def with_password(engine: AsyncEngine, province: Province) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(user_account)
            .where(user_account.c.email == CARER["email"])
            .values(password_hash=hashed(CARER["password"]))
        )


async def status_with(api: httpx.AsyncClient, headers: Headers) -> int:
    return (await api.get("/facilities", headers=headers)).status_code


@pytest.mark.usefixtures("with_password")
async def test_log_in_gives_a_token_that_works_until_log_out(
    api: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    begun = await api.post("/sessions", json={**CARER, "email": " Caregiver@Giamsat.example"})
    assert begun.status_code == 201
    body = begun.json()
    assert body["expires_at"] == "2026-07-01T20:00:00Z"
    assert body["user"] == {
        "email": "caregiver@giamsat.example",
        "name": "Caregiver",
        "language": "vi",
        "roles": [{"role": "CAREGIVER", "facility": SUNFLOWER, "admin_unit": None}],
    }
    headers = {"Authorization": f"Bearer {body['token']}"}
    assert (await api.get("/sessions/current", headers=headers)).json() == body["user"]
    async with engine.connect() as connection:
        kept = (await connection.scalars(select(session.c.token_hash))).all()
    assert tokens.hash_of(body["token"]) in kept
    assert (await api.delete("/sessions/current", headers=headers)).status_code == 204
    assert await status_with(api, headers) == 401


@pytest.mark.usefixtures("with_password")
async def test_wrong_password_and_unknown_person_are_refused_alike(api: httpx.AsyncClient) -> None:
    answers = [
        await api.post("/sessions", json={"email": email, "password": "wrong"})
        for email in (CARER["email"], "nobody@giamsat.example")
    ]
    told = [
        (answer.status_code, answer.json()["code"], answer.json()["detail"]) for answer in answers
    ]
    assert told[0] == told[1]
    assert told[0][:2] == (401, "wrong_credentials")
    assert answers[0].headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.usefixtures("with_password")
async def test_guessing_closes_the_account_for_five_minutes_only(
    api: httpx.AsyncClient, clock: Clock
) -> None:
    wrong = {**CARER, "password": "wrong"}
    guesses = await asyncio.gather(*(api.post("/sessions", json=wrong) for _ in range(8)))
    assert sorted(answer.status_code for answer in guesses) == [401] * 5 + [429] * 3
    closed = await api.post("/sessions", json=CARER)
    assert (closed.status_code, closed.headers["Retry-After"]) == (429, "300")
    clock.advance(minutes=5)
    assert (await api.post("/sessions", json=CARER)).status_code == 201


async def test_session_ends_after_half_an_hour_unused_and_twelve_hours_in_all(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    for _ in range(25):
        clock.advance(minutes=28)
        assert await status_with(api, province.manager) == 200
    clock.advance(minutes=19)
    assert await status_with(api, province.manager) == 200
    clock.advance(minutes=1)
    assert await status_with(api, province.manager) == 401
    assert await status_with(api, province.officer) == 401


async def test_being_seen_is_written_once_a_minute(
    api: httpx.AsyncClient, province: Province, clock: Clock, engine: AsyncEngine
) -> None:
    async def last_seen() -> object:
        async with engine.connect() as connection:
            return await connection.scalar(select(func.max(session.c.last_seen_at)))

    began = clock.at
    clock.advance(seconds=59)
    await status_with(api, province.manager)
    assert await last_seen() == began
    clock.advance(seconds=1)
    await status_with(api, province.manager)
    assert await last_seen() == clock.at


async def test_nobody_and_strangers_are_asked_to_log_in(
    api: httpx.AsyncClient, province: Province
) -> None:
    assert await status_with(api, {}) == 401
    assert await status_with(api, {"Authorization": "Bearer nonsense"}) == 401
    basic = province.manager["Authorization"].replace("Bearer", "Basic")
    assert await status_with(api, {"Authorization": basic}) == 401


async def test_disabled_person_and_ended_role_see_nothing(
    api: httpx.AsyncClient, province: Province, clock: Clock, engine: AsyncEngine
) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(user_account)
            .where(user_account.c.id == province.user_ids["officer"])
            .values(disabled_at=clock.at)
        )
        await connection.execute(
            update(role_assignment)
            .where(role_assignment.c.user_id == province.user_ids["manager"])
            .values(valid_to=clock.at)
        )
    assert await status_with(api, province.officer) == 401
    listed = await api.get("/facilities", headers=province.manager)
    assert listed.json()["items"] == []


async def test_cookie_may_change_things_only_from_our_own_pages(
    api: httpx.AsyncClient, province: Province
) -> None:
    token = province.officer["Authorization"].removeprefix("Bearer ")
    cookie = {"Cookie": f"{tokens.COOKIE}={token}"}
    body = {"name": "Mới"}
    address = f"/facilities/{SUNFLOWER}"
    assert (await api.get(address, headers=cookie)).status_code == 200
    attempts = {
        "own page": {"Sec-Fetch-Site": "same-origin"},
        "own page, old browser": {"Origin": "http://giamsat"},
        "other site": {"Sec-Fetch-Site": "cross-site", "Origin": "http://giamsat"},
        "other site, old browser": {"Origin": "http://giamsat.evil.example"},
        "nobody says": {},
    }
    told = {
        name: (await api.patch(address, json=body, headers=cookie | headers)).status_code
        for name, headers in attempts.items()
    }
    assert told == {
        "own page": 200,
        "own page, old browser": 200,
        "other site": 403,
        "other site, old browser": 403,
        "nobody says": 403,
    }
