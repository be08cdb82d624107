import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from tests.services.api.conftest import Clock
from tests.shared.runtime.test_egress import TRICKS
from tests.support.agency import Agency, add_authority, registration
from tests.support.people import Province

HOOK = {"url": "https://bell.agency.example/in", "events": ["vn.giamsat.gap.opened"]}


@pytest.fixture
async def at(api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock) -> str:
    await add_authority(engine)
    agency = Agency(api, clock)
    made = await api.post("/agencies", json=registration(agency), headers=province.admin)
    assert made.status_code == 201
    return f"/agencies/{agency.code}/webhooks"


async def test_the_secret_is_shown_once(
    api: httpx.AsyncClient, province: Province, at: str
) -> None:
    made = await api.post(at, json=HOOK, headers=province.admin)
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    listed = await api.get(at, headers=province.admin)
    assert [one["url"] for one in listed.json()] == [HOOK["url"]]
    assert "whsec_" not in listed.text
    again = await api.post(at, json=HOOK, headers=province.admin)
    assert again.json()["secret"] != made.json()["secret"]


async def test_one_that_is_removed_stays_on_record(
    api: httpx.AsyncClient, province: Province, at: str
) -> None:
    number = (await api.post(at, json=HOOK, headers=province.admin)).json()["id"]
    assert (await api.delete(f"{at}/{number}", headers=province.admin)).status_code == 204
    assert (await api.delete(f"{at}/{number}", headers=province.admin)).status_code == 404
    (kept,) = (await api.get(at, headers=province.admin)).json()
    assert kept["removed_at"] is not None


@pytest.mark.parametrize("url", TRICKS[::20])
async def test_an_address_that_leads_inside_is_refused(
    api: httpx.AsyncClient, province: Province, at: str, url: str
) -> None:
    refused = await api.post(at, json={**HOOK, "url": url}, headers=province.admin)
    assert refused.status_code == 422


@pytest.mark.parametrize("events", [[], ["vn.giamsat.child.born"]])
async def test_only_what_there_is_can_be_told_of(
    api: httpx.AsyncClient, province: Province, at: str, events: list[str]
) -> None:
    refused = await api.post(at, json={**HOOK, "events": events}, headers=province.admin)
    assert refused.status_code == 422


async def test_ten_are_enough(api: httpx.AsyncClient, province: Province, at: str) -> None:
    answers = [await api.post(at, json=HOOK, headers=province.admin) for _ in range(11)]
    assert [one.status_code for one in answers] == [201] * 10 + [409]
    assert answers[-1].json()["code"] == "too_many_webhooks"


async def test_who_administers_no_agencies_cannot_look(
    api: httpx.AsyncClient, province: Province, at: str
) -> None:
    assert (await api.get(at, headers=province.officer)).status_code == 403


async def test_an_agency_that_is_not_there_has_none(
    api: httpx.AsyncClient, province: Province, at: str
) -> None:
    assert (await api.get("/agencies/nobody/webhooks", headers=province.admin)).status_code == 404


async def test_what_was_not_made_is_told_with_its_reason(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, at: str, clock: Clock
) -> None:
    number = (await api.post(at, json=HOOK, headers=province.admin)).json()["id"]
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                """
                WITH e AS (
                    INSERT INTO event (happened_at, kind, facility_id)
                    SELECT :at, 'gap_opened', id FROM facility RETURNING id
                ), g AS (
                    INSERT INTO sharing_grant (client_id, dataset, level, purpose, legal_basis,
                                               valid_from, valid_to, proposed_by, proposed_at)
                    SELECT client_id, 'gaps', 'named', 'x', 'x', :at,
                           CAST(:at AS timestamptz) + interval '1 day', created_by, :at
                    FROM webhook RETURNING id
                )
                INSERT INTO webhook_call (webhook_id, event_id, grant_id, type, state, attempts,
                                          detail, created_at, due_at, ended_at)
                SELECT :webhook, e.id, g.id, 'vn.giamsat.gap.opened', 'cancelled', 1,
                       'grant_ended', :at, :at, :at FROM e, g
                """
            ),
            {"webhook": number, "at": clock.at},
        )
    (told,) = (await api.get(at, headers=province.admin)).json()
    assert (told["not_made"], told["not_made_because"]) == (2, "grant_ended")
    assert (told["waiting"], told["last_fault"]) == (0, None)
