import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.app import create_app
from services.api.resources import Resources
from services.api.sessions.passwords import hashed, is_outdated
from shared.db.session import unit_of_work
from shared.db.tables.people import user_account
from tests.services.api.conftest import Clock
from tests.support.app import LentApp
from tests.support.people import Headers, Province

OLD, NEW = "mat-khau", "ăn quả nhớ kẻ trồng cây"
CARER = "caregiver@giamsat.example"


@pytest.fixture(autouse=True)
async def with_passphrase(province: Province, engine: AsyncEngine) -> None:
    """Short ones of before go on."""
    await set_hash(engine, hashed(OLD))


async def set_hash(engine: AsyncEngine, password_hash: str) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(user_account)
            .where(user_account.c.email == CARER)
            .values(password_hash=password_hash)
        )


async def log_in(api: httpx.AsyncClient, passphrase: str = OLD, **headers: str) -> httpx.Response:
    body = {"email": CARER, "password": passphrase}
    return await api.post("/sessions", json=body, headers=headers)


def bearer(answer: httpx.Response) -> Headers:
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def test_a_new_passphrase_needs_the_old_one_and_ends_all_other_sessions(
    api: httpx.AsyncClient,
) -> None:
    here, there = bearer(await log_in(api)), bearer(await log_in(api))
    wrong = await api.put("/account/passphrase", json={"old": "x", "new": NEW}, headers=here)
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_passphrase")
    weak = await api.put("/account/passphrase", json={"old": OLD, "new": "x" * 20}, headers=here)
    assert weak.status_code == 422
    changed = await api.put("/account/passphrase", json={"old": OLD, "new": NEW}, headers=here)
    assert changed.status_code == 200, changed.text
    told = [
        (await api.get("/facilities", headers=headers)).status_code
        for headers in (here, there, bearer(changed))
    ]
    assert told == [401, 401, 200]
    assert (await log_in(api)).status_code == 401
    assert (await log_in(api, NEW)).status_code == 201


async def test_the_same_passphrase_opens_however_a_keyboard_spells_it(
    api: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await set_hash(engine, hashed("ăn quả nhớ"))
    assert (await log_in(api, "ăn quả nhớ")).status_code == 201


async def test_a_hash_of_other_parameters_is_renewed_at_log_in(
    api: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await set_hash(engine, PasswordHasher(time_cost=2, memory_cost=8192, parallelism=1).hash(OLD))
    assert (await log_in(api)).status_code == 201
    async with engine.connect() as connection:
        renewed = await connection.scalar(
            select(user_account.c.password_hash).where(user_account.c.email == CARER)
        )
    assert renewed is not None
    assert not is_outdated(renewed)
    assert (await log_in(api)).status_code == 201


async def test_own_sessions_are_listed_and_ended_one_by_one(api: httpx.AsyncClient) -> None:
    phone = "Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile"
    here = bearer(await log_in(api))
    there = bearer(await log_in(api, **{"User-Agent": phone}))
    listed = (await api.get("/sessions", headers=here)).json()
    [other] = [one for one in listed if one["device"] == phone]
    assert [one["is_current"] for one in listed].count(True) == 1
    assert not other["is_current"]
    ended = await api.delete(f"/sessions/{other['id']}", headers=here)
    assert ended.status_code == 204
    told = [(await api.get("/sessions", headers=one)).status_code for one in (here, there)]
    assert told == [200, 401]


async def test_nobody_ends_the_session_of_another(
    api: httpx.AsyncClient, province: Province
) -> None:
    here = bearer(await log_in(api))
    number = (await api.get("/sessions", headers=here)).json()[0]["id"]
    told = await api.delete(f"/sessions/{number}", headers=province.manager)
    assert told.status_code == 404
    assert (await api.get("/sessions", headers=here)).status_code == 200


async def test_guessing_from_elsewhere_does_not_lock_the_owner_out_of_a_known_browser(
    resources: Resources, clock: Clock
) -> None:
    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    own = {"Origin": "http://console.test"}
    form = {"email": CARER, "password": OLD}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://console.test", headers=own
    ) as owner, httpx.AsyncClient(
        transport=transport, base_url="http://console.test", headers=own
    ) as stranger:  # fmt: skip
        assert (await owner.post("/login", data=form)).status_code == 303
        assert "giamsat_device" in owner.cookies
        wrong = {**form, "password": "wrong"}
        told = [(await stranger.post("/login", data=wrong)).status_code for _ in range(7)]
        assert told == [401] * 5 + [429] * 2
        assert (await stranger.post("/login", data=form)).status_code == 429
        assert (await owner.post("/login", data=form)).status_code == 303
        clock.advance(minutes=5)
        assert (await stranger.post("/login", data=form)).status_code == 303


async def test_a_known_browser_has_a_door_of_its_own_that_closes_too(
    resources: Resources,
) -> None:
    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://console.test",
        headers={"Origin": "http://console.test"},
    ) as owner:
        await owner.post("/login", data={"email": CARER, "password": OLD})
        wrong = {"email": CARER, "password": "wrong"}
        told = [(await owner.post("/login", data=wrong)).status_code for _ in range(6)]
        assert told == [401] * 5 + [429]


async def test_two_processes_count_together(resources: Resources) -> None:
    """Each has its own application; the failures are in the database."""
    clients = [
        httpx.AsyncClient(
            transport=httpx.ASGITransport(LentApp(resources)), base_url="http://x/api/v1"
        )
        for _ in range(2)
    ]
    body = {"email": CARER, "password": "wrong"}
    answers = await asyncio.gather(*(clients[n % 2].post("/sessions", json=body) for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 3
    for client in clients:
        await client.aclose()


async def test_a_hundred_failures_in_a_row_close_an_account_to_strangers(
    api: httpx.AsyncClient, clock: Clock, engine: AsyncEngine
) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(text("DELETE FROM log_in_throttle"))
    await log_in(api, "wrong")
    async with unit_of_work(engine) as connection:
        await connection.execute(text("UPDATE log_in_throttle SET failures = 100"))
    clock.advance(days=1)
    closed = await log_in(api)
    assert (closed.status_code, closed.headers["Retry-After"]) == (429, "86400")


@pytest.fixture
async def browser(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    """Behind a proxy that speaks TLS."""
    settings = resources.settings.model_copy(update={"console_url": "https://console.test"})
    app = create_app(
        Resources(
            engine=resources.engine, broker=resources.broker, settings=settings, now=resources.now
        )
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="https://console.test",
        headers={"Origin": "https://console.test"},
    ) as client:
        yield client


async def test_over_tls_the_cookie_is_bound_to_this_host(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/login", data={"email": CARER, "password": OLD})
    cookies = answer.headers.get_list("set-cookie")
    [own] = [one for one in cookies if one.startswith("__Host-giamsat_session=")]
    attributes = {part.strip().lower() for part in own.split(";")[1:]}
    assert attributes >= {"secure", "httponly", "path=/", "samesite=lax"}
    assert not any(part.startswith("domain") for part in attributes)
    assert (await browser.get("/account")).status_code == 200
    plain = {"Cookie": f"giamsat_session={browser.cookies['__Host-giamsat_session']}"}
    browser.cookies.clear()
    assert (await browser.get("/account", headers=plain)).status_code == 303


async def test_a_token_that_was_there_before_is_not_taken_over(
    browser: httpx.AsyncClient,
) -> None:
    """Session fixation: what somebody planted is worth nothing after the log-in either."""
    planted = "A" * 43
    browser.cookies.set("__Host-giamsat_session", planted)
    begun = await browser.post("/login", data={"email": CARER, "password": OLD})
    assert "__Host-giamsat_session=" in begun.headers["set-cookie"]
    assert planted not in begun.headers["set-cookie"]
    browser.cookies.clear()
    there = {"Cookie": f"__Host-giamsat_session={planted}"}
    answer = await browser.get("/account", headers=there)
    assert answer.status_code == 303


FORMS = (
    "/login", "/login/passkey", "/login/passkey/options", "/login/second-factor", "/logout",
    "/account/passphrase", "/account/proof", "/account/language", "/account/sessions/1/end",
    "/account/factors/app", "/account/factors/app/confirm", "/account/factors/app/remove",
    "/account/factors/passkeys/options", "/account/factors/passkeys",
    "/account/factors/passkeys/1/remove", "/account/factors/recovery-codes",
    "/account/identity/remove", "/people/1/roles", "/people/1/roles/1/move",
    "/people/1/roles/1/end", "/people/1/disable", "/people/1/enable", "/people/1/reset",
    "/people/invitations", "/people/invitations/1/resend", "/people/invitations/1/revoke",
    "/invitation", "/invitation/own",
)  # fmt: skip


async def test_no_form_is_taken_from_another_site(browser: httpx.AsyncClient) -> None:
    await browser.post("/login", data={"email": CARER, "password": OLD})
    for path in FORMS:
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = await browser.post(path, data={"email": CARER}, headers=headers)
            assert answer.status_code == 403, (path, headers, answer.status_code)


async def test_an_unknown_account_takes_as_long_and_says_the_same(
    api: httpx.AsyncClient,
) -> None:
    bodies = []
    for email in (CARER, "nobody@giamsat.example", "disabled\x00@giamsat.example"):
        answer = await api.post("/sessions", json={"email": email, "password": "wrong"})
        bodies.append((answer.status_code, answer.json().get("code")))
    assert bodies[0] == bodies[1] == (401, "wrong_credentials")
    assert bodies[2][0] == 422


async def test_a_log_in_is_on_record_without_a_name(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    await log_in(api)
    async with engine.connect() as connection:
        rows = (
            await connection.execute(
                text("SELECT actor, subject, key, detail FROM access_log WHERE verb = 'log_in'")
            )
        ).all()
    number = province.user_ids["caregiver"]
    [row] = rows
    assert tuple(row)[:3] == (f"user:{number}", "session", f"user:{number}")
    assert "caregiver" not in repr(row).casefold().replace('caregiver", "', "")


async def test_idle_time_counts_from_the_last_thing_done_not_from_an_open_page(
    resources: Resources, clock: Clock
) -> None:
    from services.api.access.caller import looked_up  # noqa: PLC0415 - only here

    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x/api/v1") as client:
        token = (await log_in(client)).json()["token"]
    for _ in range(6):
        clock.advance(minutes=4.9)
        assert await looked_up(resources, token) is not None
    clock.at += timedelta(minutes=1)
    assert await looked_up(resources, token) is None
