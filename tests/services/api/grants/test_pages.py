"""The pages of sharing: forms that work without a script, and only for whom they concern."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from services.api.sessions import tokens
from shared.db.session import unit_of_work
from shared.domain.access import Role
from tests.services.api.conftest import Clock
from tests.support.agency import AUTHORITY, Agency, add_authority, new_key, public, registration
from tests.support.app import LentApp
from tests.support.people import (
    PROVINCE,
    SUNFLOWER,
    Headers,
    Province,
    add_user,
    log_in,
)

BASE = "http://console.test"


class Browser:
    """A console in which anybody's session can be used."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def see(self, who: Headers, path: str) -> httpx.Response:
        return await self.client.get(path, headers=self._as(who))

    async def send(self, who: Headers, path: str, **typed: Any) -> httpx.Response:
        return await self.client.post(path, data=typed, headers=self._as(who))

    def _as(self, who: Headers) -> dict[str, str]:
        token = who["Authorization"].removeprefix("Bearer ")
        return {"Cookie": f"{tokens.COOKIE}={token}; giamsat_lang=en", "Origin": BASE}


@pytest.fixture
async def browser(resources: Resources) -> AsyncIterator[Browser]:
    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield Browser(client)


@pytest.fixture
async def deputy(engine: AsyncEngine, clock: Clock, province: Province) -> Headers:
    await add_authority(engine)
    place = {"admin_unit_id": province.unit_ids[PROVINCE]}
    async with unit_of_work(engine) as connection:
        user = await add_user(connection, "deputy", Role.DEPT_OFFICER, place, clock.at)
        return await log_in(connection, user, clock.at)


def form(clock: Clock, **changes: str) -> dict[str, str]:
    usual = {
        "agency": "moh-children",
        "dataset": "facilities",
        "area": f"unit:{PROVINCE}",
        "level": "named",
        "purpose": "Supervision",
        "legal_basis": "Law on Children, article 80",
        "valid_to": (clock.at + timedelta(days=30)).date().isoformat(),
    }
    return {**usual, **changes}


async def test_from_a_new_agency_to_a_grant_that_is_revoked(
    browser: Browser, api: httpx.AsyncClient, province: Province, deputy: Headers, clock: Clock
) -> None:
    agency = Agency(api, clock)
    given = registration(agency)
    given["jwks"] = json.dumps(given["jwks"])
    made = await browser.send(province.admin, "/sharing/agencies", **given, requires_dpop="on")
    assert (made.status_code, made.headers["location"]) == (303, "/sharing/agencies/moh-children")
    asked = await browser.send(province.officer, "/sharing/grants", **form(clock))
    assert asked.status_code == 303
    grant = asked.headers["location"]

    own = await browser.see(province.officer, grant)
    assert "Approve" not in own.text
    assert "Facility SUN-01" in own.text
    for_deputy = await browser.see(deputy, "/sharing")
    assert "1 proposal waits for your decision" in for_deputy.text
    await browser.send(deputy, f"{grant}/approve")
    await agency.log_in()
    assert len((await agency.pull("/agency/facilities"))[0]) == 2

    reads = await browser.see(province.manager, "/sharing/reads")
    assert "Facility SUN-01" in reads.text
    assert "Facility LOT-01" not in reads.text
    assert "Supervision" in (await browser.see(province.manager, "/sharing")).text
    ended = await browser.send(province.officer, f"{grant}/revoke", reason="No need")
    assert ended.status_code == 303
    assert "No need" in (await browser.see(province.manager, grant)).text
    assert (await agency.get("/agency/facilities")).status_code == 403


async def test_ones_own_proposal_is_not_ones_to_approve(
    browser: Browser, api: httpx.AsyncClient, province: Province, deputy: Headers, clock: Clock
) -> None:
    given = registration(Agency(api, clock))
    await api.post("/agencies", json=given, headers=province.admin)
    asked = await browser.send(province.officer, "/sharing/grants", **form(clock))
    answer = await browser.send(province.officer, f"{asked.headers['location']}/approve")
    assert answer.status_code == 422
    assert "Somebody else has to decide" in answer.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"agency": ""}, "Choose an agency."),
        ({"purpose": ""}, "Say for which purpose."),
        ({"valid_to": "soon"}, "The last day must come later"),
        ({"valid_to": "2020-01-01"}, "The last day must come later"),
        ({"area": f"facility:{SUNFLOWER}", "level": "aggregate"}, "Counts of one facility"),
    ],
)
async def test_a_form_that_is_wrong_comes_back_with_what_was_typed(
    browser: Browser, api: httpx.AsyncClient, province: Province, deputy: Headers, clock: Clock,
    changes: dict[str, str], words: str,
) -> None:  # fmt: skip
    given = registration(Agency(api, clock))
    await api.post("/agencies", json=given, headers=province.admin)
    typed = form(clock, legal_basis="Article <80>", **changes)
    answer = await browser.send(province.officer, "/sharing/grants", **typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Article &lt;80&gt;" in answer.text


async def test_keys_are_added_ended_and_revoked(
    browser: Browser, api: httpx.AsyncClient, province: Province, deputy: Headers, clock: Clock
) -> None:
    agency = Agency(api, clock)
    await api.post("/agencies", json=registration(agency), headers=province.admin)
    path, new = "/sharing/agencies/moh-children", new_key("second")
    private = await browser.send(province.admin, f"{path}/keys", jwk=json.dumps(new))
    assert private.status_code == 422
    assert new["d"] not in private.text
    added = await browser.send(province.admin, f"{path}/keys", jwk=json.dumps(public(new)))
    assert added.status_code == 303
    shown = (await api.get("/agencies/moh-children", headers=province.admin)).json()
    old = next(key["thumbprint"] for key in shown["keys"] if key["kid"] == "first")
    wrong = await browser.send(province.admin, f"{path}/keys/{old}/end", not_after="x")
    assert "Choose a day that is still to come." in wrong.text
    await browser.send(province.admin, f"{path}/keys/{old}/end", not_after="2026-07-03")
    await browser.send(province.admin, f"{path}/keys/{old}/revoke")
    assert (await agency.ask()).status_code == 401
    agency.key = new
    assert (await agency.ask()).status_code == 200
    await browser.send(province.admin, f"{path}/revoke")
    assert (await agency.ask()).status_code == 401
    assert "Revoked on" in (await browser.see(province.admin, path)).text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"url": "http://127.0.0.1/x", "events": "vn.giamsat.gap.opened"}, "begin with https://"),
        ({"url": "https://bell.agency.example/in"}, "Choose what it is told of."),
    ],
)
async def test_an_address_that_cannot_be_called_is_refused_in_words(
    browser: Browser, api: httpx.AsyncClient, province: Province, clock: Clock, deputy: Headers,
    typed: dict[str, str], words: str,
) -> None:  # fmt: skip
    agency = Agency(api, clock)
    await api.post("/agencies", json=registration(agency), headers=province.admin)
    address = f"/sharing/agencies/{agency.code}/webhooks"
    answer = await browser.send(province.admin, address, **typed)
    assert answer.status_code == 422
    assert words in answer.text


async def test_the_page_of_an_agency_says_when_nobody_calls_it_any_more(
    browser: Browser, api: httpx.AsyncClient, province: Province, clock: Clock, deputy: Headers
) -> None:
    agency = Agency(api, clock)
    await api.post("/agencies", json=registration(agency), headers=province.admin)
    address = f"/sharing/agencies/{agency.code}"
    hook = {"url": "https://bell.agency.example/in", "events": ["vn.giamsat.gap.opened"]}
    await api.post(f"/agencies/{agency.code}/webhooks", json=hook, headers=province.admin)
    page = (await browser.see(province.admin, address)).text
    assert "Nobody calls it now" not in page
    thumbprint = page.split(f"{address}/keys/")[1].split("/")[0]
    await browser.send(province.admin, f"{address}/keys/{thumbprint}/revoke")
    page = (await browser.see(province.admin, address)).text
    assert "It has no key in force, so it could not pull what it hears of" in page
    await browser.send(province.admin, f"{address}/revoke")
    page = (await browser.see(province.admin, address)).text
    assert "what waited is not told, and nothing is sent any more" in page


@pytest.mark.parametrize(
    "changes",
    [
        {"jwks": "{"},
        {"jwks": "[]"},
        {"jwks_uri": "https://127.0.0.1/"},
        {"code": "a b"},
        {"name": ""},
    ],
)
async def test_no_agency_is_registered_by_half(
    browser: Browser, api: httpx.AsyncClient, province: Province, deputy: Headers, clock: Clock,
    changes: dict[str, str],
) -> None:  # fmt: skip
    typed = {
        "code": "moh-children", "name": "M", "authority": AUTHORITY, "contact_office": "O",
        **changes,
    }  # fmt: skip
    answer = await browser.send(province.admin, "/sharing/agencies", **typed)
    assert answer.status_code == 422
    assert (await api.get("/agencies", headers=province.admin)).json()["items"] == []


async def test_each_sees_only_what_is_theirs(
    browser: Browser, api: httpx.AsyncClient, province: Province, deputy: Headers, clock: Clock
) -> None:
    seen = {
        (who, path): (await browser.see(getattr(province, who), path)).status_code
        for who in ("admin", "officer", "manager", "commune", "caregiver")
        for path in ("/sharing", "/sharing/reads", "/sharing/agencies", "/sharing/grants/1")
    }
    assert {place: code for place, code in seen.items() if code == 200} == {
        ("admin", "/sharing/agencies"): 200,
        ("officer", "/sharing"): 200,
        ("officer", "/sharing/reads"): 200,
        ("officer", "/sharing/agencies"): 200,
        ("manager", "/sharing"): 200,
        ("manager", "/sharing/reads"): 200,
        ("commune", "/sharing"): 200,
    }
    assert seen["admin", "/sharing"] == 303
