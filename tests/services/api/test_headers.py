"""What browsers are told, on every address that there is: the tables of routes say which."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Final

import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.app import create_app
from services.api.console.render import FOLDER
from services.api.http.body_limit import LIMIT_WITH_FILE
from services.api.resources import Resources
from shared.db.session import create_engine, unit_of_work
from tests.services.api.conftest import Clock
from tests.support import addresses
from tests.support.addresses import Address
from tests.support.asgi import Answer, Asked, ask
from tests.support.people import HOA_BINH, SUNFLOWER, Province, log_in
from tests.support.ports import free_port

PLAIN, TLS = "http://giamsat.example", "https://giamsat.example"
VALUES: Final = {
    "code": SUNFLOWER, "facility": SUNFLOWER, "unit": HOA_BINH, "name": "giamsat.css",
    "language": "en", "effective_on": "2025-07-01",
}  # fmt: skip
#: The same for everybody, and named by its content.
PUBLIC: Final = re.compile(r"/static/")
#: Kept by one agency's own client, which asks each time whether it is still so.
REVALIDATED: Final = re.compile(r"/api/v1/agency/")
METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
AT_ONCE: Final = 8


def faults(asked: Asked, answer: Answer) -> Iterator[str]:
    """What is wrong with the headers of an answer."""
    told = answer.headers
    if not answer.status:
        yield "no answer"
        return
    yield from _faults_of_policy(told.get("content-security-policy", ""))
    # An address that lets in whoever has it is told to nobody, not even to ourselves.
    is_pass = "/a/" in asked.address and answer.status != 405
    referrer = "no-referrer" if is_pass else "same-origin"
    exact = {"x-content-type-options": "nosniff", "referrer-policy": referrer}
    yield from (name for name, value in exact.items() if told.get(name) != value)
    if ("strict-transport-security" in told) != asked.address.startswith(TLS):
        yield "HSTS"
    if not _is_kept_rightly(asked, answer):
        yield f"Cache-Control: {told.get('cache-control')}"
    for cookie in told.getlist("set-cookie"):
        yield from _faults_of_cookie(cookie, is_tls=asked.address.startswith(TLS))


def _faults_of_policy(policy: str) -> Iterator[str]:
    rules = dict((rule.strip() + " ").split(" ", 1) for rule in policy.split(";"))
    if re.search(r"unsafe-|\*|https?:", policy):
        yield f"policy lets in {policy}"
    scripts = rules.get("script-src", rules.get("default-src", "")).strip()
    if scripts not in {"'self'", "'none'"}:
        yield f"scripts from {scripts}"
    if rules.get("frame-ancestors", "").strip() != "'none'":
        yield "may be framed"
    if rules.get("base-uri", "").strip() != "'none'" or "form-action" not in rules:
        yield "base or forms"


def _is_kept_rightly(asked: Asked, answer: Answer) -> bool:
    kept = answer.headers.get("cache-control", "")
    path = asked.address.removeprefix(PLAIN).removeprefix(TLS)
    if PUBLIC.match(path) and answer.status == 200:
        return kept.startswith("public") and not answer.headers.getlist("set-cookie")
    if REVALIDATED.match(path) and answer.status in {200, 304}:
        return kept == "private, no-cache"
    return kept == "no-store"


def _faults_of_cookie(header: str, *, is_tls: bool) -> Iterator[str]:
    for name, cookie in SimpleCookie(header).items():
        if not cookie["httponly"] or cookie["samesite"].lower() not in {"lax", "strict"}:
            yield f"{name} is open to scripts or other sites"
        if cookie["domain"] or cookie["path"] != "/":
            yield f"{name} is for more than this host, or for less"
        if bool(cookie["secure"]) is not is_tls or name.startswith("__Host-") is not is_tls:
            yield f"{name} is not bound to TLS"


@pytest.fixture
def app(resources: Resources) -> FastAPI:
    return create_app(resources)


def routes_of(resources: Resources) -> list[Address]:
    return addresses.of_the_api() + addresses.of_the_console()


async def asked_by(
    engine: AsyncEngine, user_id: int, address: Address, now: datetime
) -> dict[str, str]:
    """By a session of its own, because some of what is asked ends it."""
    async with unit_of_work(engine) as connection:
        bearer = await log_in(connection, user_id, now)
    if address.is_of_the_api:
        return bearer
    token = bearer["Authorization"].removeprefix("Bearer ")
    cookies = f"giamsat_session={token}; __Host-giamsat_session={token}"
    return {"Cookie": cookies, "Sec-Fetch-Site": "same-origin"}


async def all_faults(app: FastAPI, questions: list[Asked]) -> tuple[list[str], set[int]]:
    """With the statuses that were met."""
    turn = asyncio.Semaphore(AT_ONCE)
    found: list[str] = []
    met: set[int] = set()

    async def one(asked: Asked) -> None:
        async with turn:
            answer = await ask(app, asked)
        met.add(answer.status)
        wrong = [
            f"{asked.method} {asked.address} {answer.status}: {w}" for w in faults(asked, answer)
        ]
        found.extend(wrong)
        if answer.status >= 500:
            found.append(f"{asked.method} {asked.address} broke: {answer.body[:200]!r}")

    async with asyncio.TaskGroup() as group:
        for asked in questions:
            group.create_task(one(asked))
    return found, met


@pytest.mark.parametrize("base", [PLAIN, TLS])
async def test_nobody_gets_an_answer_without_its_guards(
    app: FastAPI, resources: Resources, base: str
) -> None:
    asked = [
        Asked(route.method, base + route.filled(VALUES), {"Sec-Fetch-Site": "same-origin"})
        for route in routes_of(resources)
    ]
    assert len(asked) > 180
    found, met = await all_faults(app, asked)
    assert found == []
    assert {200, 303, 401, 404} <= met


@pytest.mark.parametrize("who", ["officer", "manager", "admin"])
async def test_nor_does_anybody_logged_in(
    app: FastAPI,
    resources: Resources,
    engine: AsyncEngine,
    province: Province,
    clock: Clock,
    who: str,
) -> None:
    user_id = province.user_ids[who]
    asked = [
        Asked(
            route.method,
            TLS + route.filled(VALUES),
            await asked_by(engine, user_id, route, clock.at),
        )
        for route in routes_of(resources)
    ]
    found, met = await all_faults(app, asked)
    assert found == []
    assert {200, 303, 403, 404, 422} <= met


async def test_wrong_method_is_told_the_right_ones(app: FastAPI, resources: Resources) -> None:
    for table in (addresses.of_the_api(), addresses.of_the_console()):
        for path in {route.filled(VALUES) for route in table}:
            right = addresses.methods_at(path, table)
            for wrong in METHODS - right:
                asked = Asked(wrong, PLAIN + path)
                answer = await ask(app, asked)
                assert answer.status == 405, asked
                assert answer.headers.get("allow") == ", ".join(sorted(right)), asked
                assert list(faults(asked, answer)) == []


@pytest.mark.parametrize("path", ["/nothing/here", "/api/v1/nothing", "/static/nothing.css"])
@pytest.mark.parametrize("base", [PLAIN, TLS])
async def test_nothing_is_guarded_too(app: FastAPI, base: str, path: str) -> None:
    asked = Asked("GET", base + path)
    answer = await ask(app, asked)
    assert answer.status == 404
    assert list(faults(asked, answer)) == []


async def test_what_is_too_large_is_guarded_too(app: FastAPI) -> None:
    for path in ("/login", "/api/v1/facilities"):
        asked = Asked("POST", TLS + path, {"Content-Length": str(LIMIT_WITH_FILE + 1)})
        answer = await ask(app, asked)
        assert answer.status == 413
        assert list(faults(asked, answer)) == []


@pytest.mark.parametrize("base", [PLAIN, TLS])
async def test_a_crash_is_guarded_too(resources: Resources, province: Province, base: str) -> None:
    app = create_app(replace(resources, now=_crash))
    for path in ("/", "/api/v1/facilities"):
        headers = {**province.officer, "Cookie": "giamsat_session=x; __Host-giamsat_session=x"}
        asked = Asked("GET", base + path, headers)
        answer = await ask(app, asked)
        assert answer.status == 500
        assert b"secret of the house" not in answer.body
        assert list(faults(asked, answer)) == []


def _crash() -> datetime:
    raise ZeroDivisionError("secret of the house")


async def test_an_outage_is_guarded_too(resources: Resources) -> None:
    away = create_engine(f"postgresql://x:x@127.0.0.1:{free_port()}/x", application="api")
    app = create_app(replace(resources, engine=away))
    headers = {"Authorization": "Bearer x", "Cookie": "__Host-giamsat_session=x"}
    for path in ("/", "/api/v1/facilities"):
        asked = Asked("GET", TLS + path, headers)
        answer = await ask(app, asked)
        assert answer.status == 503
        assert list(faults(asked, answer)) == []
    await away.dispose()


async def test_a_proxy_in_front_speaks_tls_for_us(resources: Resources) -> None:
    settings = resources.settings.model_copy(update={"console_url": TLS})
    answer = await ask(
        create_app(replace(resources, settings=settings)), Asked("GET", f"{PLAIN}/language/en")
    )
    assert "max-age=" in answer.headers["strict-transport-security"]
    assert answer.headers["set-cookie"].startswith("__Host-")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Set-Cookie", "giamsat_session=x; Path=/; SameSite=lax"),
        ("Content-Security-Policy", "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", ""),
        ("Referrer-Policy", "unsafe-url"),
        ("Cache-Control", "public, max-age=60"),
        ("Strict-Transport-Security", "max-age=1"),
    ],
)
async def test_these_tests_notice_a_header_that_is_wrong(
    app: FastAPI, header: str, value: str
) -> None:
    asked = Asked("GET", f"{PLAIN}/login")
    answer = await ask(app, asked)
    assert list(faults(asked, answer)) == []
    told = answer.headers.mutablecopy()
    told[header] = value
    assert list(faults(asked, replace(answer, headers=told)))


@pytest.mark.parametrize(
    "template", sorted((FOLDER / "templates").glob("*.html")), ids=lambda p: p.name
)
def test_no_page_holds_what_its_own_policy_forbids(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"\sstyle\s*=|\son\w+\s*=\s*[\"']|javascript:|<style", text)
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", text))
