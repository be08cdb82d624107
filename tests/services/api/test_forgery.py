"""What another site makes a browser send changes nothing, whoever is logged in there."""

import asyncio
import hashlib
from collections.abc import Iterator
from itertools import cycle
from typing import Final

import httpx
import pyotp
import pytest
from fastapi import FastAPI
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.app import create_app
from services.api.resources import Resources
from services.api.sessions.passwords import hashed
from shared.db.session import unit_of_work
from shared.db.tables.people import user_account
from tests.services.api.conftest import Clock
from tests.support import addresses
from tests.support.addresses import Address
from tests.support.asgi import Answer, Asked, ask
from tests.support.people import SUNFLOWER, Headers, Province, log_in

OURS = "https://console.example"
OWN: Final = {"Origin": OURS, "Sec-Fetch-Site": "same-origin"}
FORGED: Final[tuple[dict[str, str], ...]] = (
    {},
    {"Origin": "https://evil.example"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://other.console.example"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": OURS},
    {"Origin": "http://console.example"},
    {"Origin": "https://console.example.evil.example"},
    {"Origin": "https://console.example@evil.example"},
    {"Origin": "https://evil.example/console.example"},
    {"Origin": "https://console.example:444"},
    {"Origin": "//console.example"},
    {"Origin": "https://["},
    {"Referer": f"{OURS}/account"},
    {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"},
)
#: All that a form can send, or a script without asking first.
BODIES: Final = (
    ("application/x-www-form-urlencoded", b"reason=forged&name=forged&language=en"),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--',
    ),
    ("text/plain", b'{"reason": "forged", "name": "forged", "language": "en"}'),
    ("application/json", b'{"reason": "forged", "name": "forged", "language": "en"}'),
)  # fmt: skip
REFUSED: Final = frozenset({400, 401, 403, 404, 409, 413, 415, 422})
AT_ONCE: Final = 8
PASSPHRASE: Final = "a long walk beside the river"


@pytest.fixture
def app(resources: Resources) -> FastAPI:
    return create_app(resources)


def changing(app: FastAPI, resources: Resources) -> list[Address]:
    """All that a cookie opens; what asks for a secret in its body is nobody's to forge."""
    document = app.openapi()["paths"]
    of_the_api = [
        route
        for route in addresses.of_the_api()
        if document.get(route.path, {}).get(route.method.lower(), {}).get("security")
    ]
    both = [*of_the_api, *addresses.of_the_console()]
    return [route for route in both if route.method not in {"GET", "HEAD", "OPTIONS"}]


def questions(routes: list[Address], token: str) -> Iterator[Asked]:
    bodies = cycle(BODIES)
    for route in routes:
        for forged in FORGED:
            kind, body = next(bodies)
            headers = {**cookie(token), "Content-Type": kind, **forged}
            path = OURS + route.filled({"code": SUNFLOWER, "effective_on": "2025-07-01"})
            yield Asked(route.method, path, headers, body)


def cookie(token: str) -> Headers:
    return {"Cookie": f"__Host-giamsat_session={token}"}


async def answers(app: FastAPI, asked: list[Asked]) -> list[tuple[Asked, Answer]]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(question: Asked) -> tuple[Asked, Answer]:
        async with turn:
            return question, await ask(app, question)

    return await asyncio.gather(*map(one, asked))


#: Who tries links that we never made is counted, whoever sent them here.
COUNTED = {"log_in_throttle"}


async def digest(engine: AsyncEngine) -> dict[str, str]:
    """Of every row of every table."""
    async with engine.connect() as connection:
        names = await connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        found = {}
        for name in set(names.all()) - COUNTED:
            rows = await connection.scalars(text(f'SELECT t::text FROM "{name}" t ORDER BY 1'))  # noqa: S608 - a name of ours
            found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        return found


async def token_of(engine: AsyncEngine, province: Province, who: str, clock: Clock) -> str:
    async with unit_of_work(engine) as connection:
        bearer = await log_in(connection, province.user_ids[who], clock.at)
    return bearer["Authorization"].removeprefix("Bearer ")


async def test_nothing_that_another_site_sends_is_done(
    app: FastAPI, resources: Resources, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    routes = changing(app, resources)
    token = await token_of(engine, province, "officer", clock)
    before = await digest(engine)
    met = await answers(app, list(questions(routes, token)))
    assert len(met) > 1000
    assert [
        (asked.method, asked.address, asked.headers, answer.status)
        for asked, answer in met
        if answer.status not in REFUSED
    ] == []
    assert await digest(engine) == before


async def test_the_same_from_our_own_pages_is_done(
    app: FastAPI, resources: Resources, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    before = await digest(engine)
    done = set()
    for route in sorted(changing(app, resources), key=lambda one: one.method == "DELETE"):
        token = await token_of(engine, province, "officer", clock)
        kind, body = BODIES[-1] if route.is_of_the_api else BODIES[0]
        headers = {**cookie(token), "Content-Type": kind, **OWN}
        path = OURS + route.filled({"code": SUNFLOWER, "effective_on": "2025-07-01"})
        answer = await ask(app, Asked(route.method, path, headers, body))
        if answer.status < 400:
            done.add(route)
    assert len(done) > 10
    changed = {name for name, rows in (await digest(engine)).items() if rows != before[name]}
    assert {"session", "access_log"} <= changed


async def test_a_link_of_another_site_changes_nothing_either(
    app: FastAPI, resources: Resources, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    """A cookie goes along with a link; so what is read must change nothing but who has looked."""
    token = await token_of(engine, province, "officer", clock)
    both = [*addresses.of_the_api(), *addresses.of_the_console()]
    asked = [
        Asked("GET", OURS + route.filled({"code": SUNFLOWER}), {**cookie(token), **FORGED[5]})
        for route in both
        if route.method == "GET"
    ]
    before = await digest(engine)
    await answers(app, asked)
    changed = {name for name, rows in (await digest(engine)).items() if rows != before[name]}
    assert changed <= {"access_log", "access_log_tail", "registry_version"}


# -- sessions -------------------------------------------------------------------------------


@pytest.fixture
async def carer(engine: AsyncEngine, province: Province) -> dict[str, str]:
    email = "caregiver@giamsat.example"
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(user_account)
            .where(user_account.c.email.in_([email, "officer@giamsat.example"]))
            .values(password_hash=hashed(PASSPHRASE))
        )
    return {"email": email, "password": PASSPHRASE}


@pytest.fixture
async def browser(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=OURS, headers=OWN)


async def is_in(app: FastAPI, token: str) -> bool:
    answer = await ask(app, Asked("GET", f"{OURS}/api/v1/sessions/current", cookie(token)))
    return answer.status == 200


async def test_a_planted_cookie_is_never_adopted(
    app: FastAPI, browser: httpx.AsyncClient, carer: dict[str, str]
) -> None:
    planted = "x" * 43
    browser.cookies.set("__Host-giamsat_session", planted, domain="console.example")
    answer = await browser.post("/login", data=carer)
    token = answer.cookies["__Host-giamsat_session"]
    assert token != planted
    assert await is_in(app, token)
    assert not await is_in(app, planted)
    await browser.aclose()


async def test_a_session_of_the_attackers_own_stays_theirs(
    app: FastAPI,
    browser: httpx.AsyncClient,
    carer: dict[str, str],
    engine: AsyncEngine,
    province: Province,
    clock: Clock,
) -> None:
    theirs = await token_of(engine, province, "lotus_manager", clock)
    browser.cookies.set("__Host-giamsat_session", theirs, domain="console.example")
    answer = await browser.post("/login", data=carer)
    assert answer.cookies["__Host-giamsat_session"] != theirs
    whose = await ask(app, Asked("GET", f"{OURS}/api/v1/sessions/current", cookie(theirs)))
    assert b"lotus_manager@" in whose.body
    await browser.aclose()


async def test_over_tls_only_a_cookie_bound_to_this_host_is_read(
    app: FastAPI, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    token = await token_of(engine, province, "officer", clock)
    unbound = {"Cookie": f"giamsat_session={token}"}
    answer = await ask(app, Asked("GET", f"{OURS}/api/v1/sessions/current", unbound))
    assert answer.status == 401
    assert await is_in(app, token)


async def test_a_token_from_before_the_second_factor_dies_with_it(
    app: FastAPI, browser: httpx.AsyncClient, carer: dict[str, str], clock: Clock
) -> None:
    """First while it is set up, then each time it is shown."""
    first = await logged_in(browser, {**carer, "email": "officer@giamsat.example"})
    secret = (await browser.post("/api/v1/factors/app", headers=bearer(first))).json()["secret"]
    code = {"code": pyotp.TOTP(secret).at(clock.at)}
    set_up = await browser.post("/api/v1/factors/app/confirm", json=code, headers=bearer(first))
    assert await is_in(app, set_up.json()["session"]["token"])
    assert not await is_in(app, first)

    clock.advance(minutes=2)
    half = await logged_in(browser, {**carer, "email": "officer@giamsat.example"})
    assert not await is_in(app, half)
    shown = await browser.post(
        "/api/v1/sessions/current/second-factor",
        json={"code": pyotp.TOTP(secret).at(clock.at)},
        headers=bearer(half),
    )
    assert await is_in(app, shown.json()["token"])
    again = await browser.get("/api/v1/sessions/current", headers=bearer(half))
    assert (again.status_code, again.json()["code"]) == (401, "session_ended")
    await browser.aclose()


async def logged_in(browser: httpx.AsyncClient, who: dict[str, str]) -> str:
    token: str = (await browser.post("/api/v1/sessions", json=who)).json()["token"]
    return token


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("way", ["page", "api"])
async def test_logging_out_ends_the_token_and_no_other(
    app: FastAPI, browser: httpx.AsyncClient, carer: dict[str, str], way: str
) -> None:
    stolen, other = await logged_in(browser, carer), await logged_in(browser, carer)
    if way == "page":
        await browser.post("/logout", headers=cookie(stolen))
    else:
        await browser.delete("/api/v1/sessions/current", headers=cookie(stolen))
    assert not await is_in(app, stolen)
    assert await is_in(app, other)
    await browser.aclose()


async def test_another_passphrase_ends_whatever_was_stolen(
    app: FastAPI, browser: httpx.AsyncClient, carer: dict[str, str]
) -> None:
    stolen, own = await logged_in(browser, carer), await logged_in(browser, carer)
    change = {"old": PASSPHRASE, "new": "nine quiet rivers under glass"}
    answer = await browser.put("/api/v1/account/passphrase", json=change, headers=bearer(own))
    assert answer.status_code == 200, answer.text
    assert not await is_in(app, stolen)
    await browser.aclose()
