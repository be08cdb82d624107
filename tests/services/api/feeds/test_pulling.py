"""What an agency gets, in which form, and what goes on record of it."""

import csv
import io

import httpx
import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.access_log import access_log
from shared.db.tables.agencies import agency_client
from shared.db.tables.alerting import gap, incident
from shared.db.tables.registry import facility, zone
from tests.services.api.conftest import Clock
from tests.services.api.feeds.conftest import Grant
from tests.support.agency import Agency, rows_of
from tests.support.people import HOA_BINH, LOTUS, PHUOC_LONG, SUNFLOWER, Headers, Province

DATASETS = ("facilities", "coverage", "gaps", "incidents")


async def add_gap(engine: AsyncEngine, province: Province, code: str, clock: Clock) -> int:
    facility_id = province.facility_ids[code]
    async with unit_of_work(engine) as connection:
        zone_id = await connection.scalar(
            insert(zone)
            .values(
                facility_id=facility_id, code=f"z{clock.at.timestamp()}", name="Phòng ngủ",
                kind="bedroom", registered_at=clock.at,
            )
            .returning(zone.c.id)
        )  # fmt: skip
        number = await connection.scalar(
            insert(gap)
            .values(
                zone_id=zone_id, facility_id=facility_id, state="open", from_at=clock.at,
                opened_at=clock.at,
            )
            .returning(gap.c.id)
        )  # fmt: skip
    assert number is not None
    return int(number)


@pytest.mark.parametrize("dataset", DATASETS)
async def test_without_a_grant_nothing_is_told(agency: Agency, dataset: str) -> None:
    answer = await agency.get(f"/agency/{dataset}")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_grant")


async def test_named_facilities_come_with_their_names(agency: Agency, grant: Grant) -> None:
    number = await grant("facilities")
    answer = (await agency.get("/agency/facilities")).json()
    assert (answer["grant"], answer["level"]) == (number, "named")
    assert [(one["facility"], one["name"]) for one in answer["items"]] == [
        (SUNFLOWER, "Facility SUN-01"),
        (LOTUS, "Facility LOT-01"),
    ]


async def test_pseudonymous_rows_name_nothing_and_are_the_agencys_own(
    agency: Agency, grant: Grant
) -> None:
    await grant("facilities", "pseudonymous")
    answer = await agency.get("/agency/facilities")
    assert "SUN" not in answer.text
    first, second = answer.json()["items"]
    assert set(first) == {"change", "key", "facility", "unit", "ownership", "children"}
    assert first["facility"] != second["facility"]
    again = (await agency.get("/agency/facilities")).json()["items"]
    assert again[0] == first


async def test_counts_keep_small_units_back(agency: Agency, grant: Grant) -> None:
    await grant("facilities", "aggregate")
    answer = (await agency.get("/agency/facilities")).json()
    # Two facilities in all: even together they are too few.
    assert answer["items"] == [
        {"unit": "79", "is_rest": True, "facilities": None, "children": None}
    ]
    assert answer["since"] is None


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("level", ["aggregate", "pseudonymous", "named"])
async def test_every_dataset_is_told_at_every_level(
    agency: Agency, grant: Grant, province: Province, engine: AsyncEngine, clock: Clock,
    dataset: str, level: str,
) -> None:  # fmt: skip
    await add_gap(engine, province, SUNFLOWER, clock)
    await grant(dataset, level)
    answer = await agency.get(f"/agency/{dataset}")
    assert answer.status_code == 200
    assert answer.json()["level"] == level


async def test_a_grant_reaches_its_area_and_no_further(
    agency: Agency, grant: Grant, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    ours = await add_gap(engine, province, SUNFLOWER, clock)
    clock.advance(seconds=1)
    await add_gap(engine, province, LOTUS, clock)
    await grant("gaps", unit=HOA_BINH)
    items = (await agency.get("/agency/gaps")).json()["items"]
    assert [one["key"] for one in items] == [str(ours)]
    foreign = await agency.get(f"/agency/gaps?facility={LOTUS}")
    absent = await agency.get("/agency/gaps?facility=NO-99")
    assert foreign.json()["items"] == absent.json()["items"] == []


async def test_several_grants_are_several_purposes(agency: Agency, grant: Grant) -> None:
    first, second = await grant("facilities"), await grant("facilities", unit=PHUOC_LONG)
    answer = await agency.get("/agency/facilities")
    assert answer.status_code == 409
    assert f"{first}, {second}" in answer.json()["detail"]
    chosen = await agency.get(f"/agency/facilities?grant={second}")
    assert [one["facility"] for one in chosen.json()["items"]] == [LOTUS]


async def test_a_foreign_grant_is_as_absent_as_none(
    agency: Agency, grant: Grant, province: Province, api: httpx.AsyncClient, clock: Clock,
    engine: AsyncEngine,
) -> None:  # fmt: skip
    number = await grant("facilities")
    async with unit_of_work(engine) as connection:
        other = insert(agency_client).values(
            code="police", name="P", authority_id=1, contact_office="x", requires_dpop=True,
            daily_records=1, created_at=clock.at, created_by=1,
        )  # fmt: skip
        await connection.execute(other)
        await connection.execute(text("UPDATE sharing_grant SET client_id = 2"))
    foreign = await agency.get(f"/agency/facilities?grant={number}")
    absent = await agency.get("/agency/facilities?grant=999")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.json()["detail"] == absent.json()["detail"]


async def test_a_revoked_grant_lets_nothing_through_from_then_on(
    agency: Agency, grant: Grant, api: httpx.AsyncClient, province: Province
) -> None:
    number = await grant("facilities")
    _, since = await agency.pull("/agency/facilities")
    revoked = await api.post(
        f"/grants/{number}/revoke", json={"reason": "Ended"}, headers=province.officer
    )
    assert revoked.status_code == 200
    for query in ("", f"?grant={number}", f"?since={since}"):
        assert (await agency.get(f"/agency/facilities{query}")).status_code == 403


async def test_a_grant_ends_by_itself(agency: Agency, grant: Grant, clock: Clock) -> None:
    await grant("facilities")
    clock.advance(days=400)
    await agency.log_in()
    assert (await agency.get("/agency/facilities")).status_code == 403


async def test_an_agency_can_give_a_grant_back(
    agency: Agency, grant: Grant, api: httpx.AsyncClient
) -> None:
    number = await grant("facilities")
    url = f"http://console.test/api/v1/agency/grants/{number}"
    headers = {
        "Authorization": f"DPoP {agency.token}",
        "DPoP": agency.proof("DELETE", url, agency.token),
    }
    assert (await api.delete(f"/agency/grants/{number}", headers=headers)).status_code == 204
    assert (await agency.get("/agency/facilities")).status_code == 403
    own = (await agency.get("/agency/grants")).json()["items"]
    assert [(one["id"], one["state"], one["revoked_by_agency"]) for one in own] == [
        (number, "revoked", True)
    ]


async def test_a_token_without_the_dataset_does_not_read_it(agency: Agency, grant: Grant) -> None:
    await grant("facilities")
    await agency.log_in(scope="dataset:gaps")
    answer = await agency.get("/agency/facilities")
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


async def test_the_same_as_lines_and_as_a_table(agency: Agency, grant: Grant) -> None:
    await grant("facilities")
    items = (await agency.get("/agency/facilities")).json()["items"]
    lines = await agency.get("/agency/facilities?limit=1", {"Accept": "application/x-ndjson"})
    told = rows_of(lines.text)
    assert told[:-1] == items
    assert told[-1]["change"] == "done"
    table = await agency.get("/agency/facilities?format=csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["facility"] for row in rows] == [one["facility"] for one in items]
    assert table.headers["x-since"]
    unchanged = await agency.get(
        "/agency/facilities?format=csv", {"If-None-Match": table.headers["etag"]}
    )
    assert unchanged.status_code == 304
    strange = await agency.get("/agency/facilities", {"Accept": "image/png"})
    assert strange.status_code == 406


async def test_a_table_holds_no_formula(agency: Agency, grant: Grant, engine: AsyncEngine) -> None:
    await grant("facilities")
    async with unit_of_work(engine) as connection:
        await connection.execute(update(facility).values(name='=HYPERLINK("http://evil")'))
    table = await agency.get("/agency/facilities?format=csv")
    assert "'=HYPERLINK" in table.text


async def test_pages_lead_to_one_another(agency: Agency, grant: Grant) -> None:
    await grant("facilities")
    first = await agency.get("/agency/facilities?limit=1")
    assert 'rel="next"' in first.headers["link"]
    items, _ = await agency.pull("/agency/facilities?limit=1")
    assert [one["facility"] for one in items] == [SUNFLOWER, LOTUS]


async def test_where_nothing_changed_the_answer_is_the_same_to_the_letter(
    agency: Agency, grant: Grant
) -> None:
    await grant("facilities")
    _, since = await agency.pull("/agency/facilities")
    first = await agency.get(f"/agency/facilities?since={since}")
    tag = {"If-None-Match": first.headers["etag"]}
    assert (await agency.get(f"/agency/facilities?since={since}", tag)).status_code == 304


async def test_who_read_what_is_on_record_for_each_facility(
    agency: Agency, grant: Grant, api: httpx.AsyncClient, province: Province
) -> None:
    number = await grant("facilities")
    await agency.get("/agency/facilities", {"X-Purpose": "Báo cáo quý".encode()})
    await agency.get("/agency/facilities")
    shown = await api.get(f"/facilities/{SUNFLOWER}/sharing", headers=province.manager)
    assert shown.status_code == 200
    reads = shown.json()["reads"]
    assert [(one["agency"], one["grant"], one["records"]) for one in reads] == [
        ("moh-children", number, 1)
    ] * 2
    assert [one["purpose"] for one in reads] == ["Giám sát quyền trẻ em", "Báo cáo quý"]
    assert [one["id"] for one in shown.json()["grants"]] == [number]


async def test_each_pull_is_on_record_with_its_count(
    agency: Agency, grant: Grant, engine: AsyncEngine
) -> None:
    await grant("facilities")
    await agency.get("/agency/facilities")
    async with unit_of_work(engine) as connection:
        rows = await connection.execute(
            select(access_log.c.actor, access_log.c.detail).where(
                access_log.c.subject == "dataset", access_log.c.facility_id.is_(None)
            )
        )
        found = [tuple(row) for row in rows]
    assert [actor for actor, _ in found] == ["client:1"]
    assert '"records": 2' in found[0][1]


async def test_a_day_has_a_measure(
    agency: Agency, grant: Grant, engine: AsyncEngine, clock: Clock
) -> None:
    await grant("facilities")
    async with unit_of_work(engine) as connection:
        await connection.execute(update(agency_client).values(daily_records=3))
    assert (await agency.get("/agency/facilities")).status_code == 200
    refused = await agency.get("/agency/facilities")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 86_401
    stream = await agency.get("/agency/facilities?format=ndjson&limit=1")
    assert [line["change"] for line in rows_of(stream.text)] == ["put", "stopped"]
    clock.advance(days=1)
    await agency.log_in()
    assert (await agency.get("/agency/facilities")).status_code == 200


async def test_too_many_requests_wait(agency: Agency, clock: Clock) -> None:
    codes = {(await agency.get("/agency/grants")).status_code for _ in range(120)}
    assert codes == {200}
    assert (await agency.get("/agency/grants")).status_code == 429


@pytest.mark.parametrize("cursor", ["x", "", "AAAA", "e30", "é", "a" * 900])
async def test_a_cursor_of_ones_own_making_is_not_taken(
    agency: Agency, grant: Grant, cursor: str
) -> None:
    await grant("facilities")
    for name in ("cursor", "since"):
        answer = await agency.get(f"/agency/facilities?{name}={cursor}")
        assert answer.status_code == 422


async def test_a_cursor_is_for_its_own_grant_and_purpose(agency: Agency, grant: Grant) -> None:
    first, second = await grant("facilities"), await grant("facilities", unit=PHUOC_LONG)
    _, since = await agency.pull(f"/agency/facilities?grant={first}")
    answer = await agency.get(f"/agency/facilities?grant={second}&since={since}")
    assert answer.status_code == 422
    assert (await agency.get(f"/agency/facilities?grant={first}&cursor={since}")).status_code == 422


async def test_who_comes_back_after_months_begins_anew(
    agency: Agency, grant: Grant, clock: Clock
) -> None:
    await grant("facilities")
    _, since = await agency.pull("/agency/facilities")
    clock.advance(days=91)
    await agency.log_in()
    answer = await agency.get(f"/agency/facilities?since={since}")
    assert (answer.status_code, answer.json()["code"]) == (410, "begin_anew")


async def test_the_platforms_own_incidents_are_nobodys_to_read(
    agency: Agency, grant: Grant, engine: AsyncEngine, clock: Clock
) -> None:
    await grant("incidents")
    async with unit_of_work(engine) as connection:
        await connection.execute(
            insert(incident).values(
                cause="platform_blind", state="open", since_at=clock.at, opened_at=clock.at
            )
        )
    assert (await agency.get("/agency/incidents")).json()["items"] == []


async def test_only_agencies_pull(
    api: httpx.AsyncClient, province: Province, deputy: Headers
) -> None:
    for headers in (province.admin, province.officer, deputy, {}):
        assert (await api.get("/agency/facilities", headers=headers)).status_code == 401
