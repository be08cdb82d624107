"""The board and the page of an incident, as people use them without JavaScript."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.event import listen, remove
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from services.api.sessions import tokens
from shared.db.tables.access_log import access_log
from shared.db.tables.alerting import event, incident_action
from shared.db.tables.ladders import ladder_step
from shared.db.tables.people import acknowledgement
from shared.db.tables.registry import device
from shared.domain.states import Cause
from tests.services.api.conftest import Clock
from tests.services.api.incidents.conftest import Troubles
from tests.support.app import LentApp
from tests.support.people import LOTUS, SUNFLOWER, Headers, Province

Ids = dict[str, int]
Reader = httpx.AsyncClient


@pytest.fixture
async def reader(resources: Resources) -> AsyncIterator[Reader]:
    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://console.test", headers={"Accept-Language": "vi"}
    ) as client:
        client.cookies.set("giamsat_lang", "en")
        yield client


def rows(page: str) -> list[int]:
    return [int(part.split('"')[0]) for part in page.split('<tr id="incident-')[1:]]


async def test_the_worst_and_the_oldest_come_first_and_what_is_over_last(
    reader: Reader, province: Province, troubles: Troubles, clock: Clock
) -> None:
    def at(minutes: int) -> dict[str, Any]:
        return {"since_at": clock.at - timedelta(minutes=minutes)}

    over = await troubles.incident(cause="picture", state="resolved", resolved_at=clock.at)
    young = await troubles.incident(cause="device_silent", **at(5))
    old = await troubles.incident(cause="gateway_silent", **at(50))
    worst = await troubles.incident(cause="facility_silent", severity="critical", **at(1))
    slight = await troubles.incident(LOTUS, severity="notice", **at(500))
    page = (await reader.get("/incidents", headers=province.officer)).text
    assert rows(page) == [worst, old, young, slight, over]
    assert "4 incidents last, 4 of them not taken up" in page


async def test_an_outage_of_an_area_has_its_facilities_folded_under_it(
    reader: Reader, province: Province, ids: Ids
) -> None:
    officer = (await reader.get("/incidents", headers=province.officer)).text
    assert set(rows(officer)) == {ids["area"], ids[LOTUS]}
    assert f'id="under-{ids["area"]}"' in officer
    assert f'href="/incidents/{ids[SUNFLOWER]}"' in officer
    manager = (await reader.get("/incidents", headers=province.manager)).text
    assert rows(manager) == [ids[SUNFLOWER]]
    searched = (await reader.get("/incidents?q=sun", headers=province.officer)).text
    assert rows(searched) == [ids[SUNFLOWER]]


async def test_what_was_taken_into_another_of_its_facility_is_not_folded_away(
    reader: Reader, province: Province, troubles: Troubles, clock: Clock
) -> None:
    over: dict[str, Any] = {"state": "resolved", "resolved_at": clock.at}
    whole = await troubles.incident(cause="facility_silent", **over)
    part = await troubles.incident(cause="gateway_silent", parent_id=whole, **over)
    page = (await reader.get("/incidents", headers=province.officer)).text
    assert set(rows(page)) == {whole, part}


async def test_what_outlasts_the_outage_stands_by_itself_again(
    reader: Reader, province: Province, ids: Ids, troubles: Troubles, clock: Clock
) -> None:
    await troubles.change(ids["area"], state="resolved", resolved_at=clock.at)
    page = (await reader.get("/incidents?state=open", headers=province.officer)).text
    assert ids[SUNFLOWER] in rows(page)


async def test_pages_follow_each_other_without_a_row_lost_or_doubled(
    reader: Reader, province: Province, troubles: Troubles, clock: Clock
) -> None:
    causes = [cause for cause in Cause if cause is not Cause.AREA_OUTAGE]
    made = {await troubles.incident(where, cause=c) for c in causes for where in (SUNFLOWER, LOTUS)}
    for number in range(45):
        # Many began at one moment.
        at = clock.at - timedelta(minutes=number // 10)
        over = await troubles.incident(
            state="resolved", resolved_at=clock.at, since_at=at, opened_at=at
        )
        made.add(over)
    address, seen = "/incidents", []
    for _ in range(3):
        page = (await reader.get(address, headers=province.officer)).text
        seen += rows(page)
        if 'rel="next"' not in page:
            break
        address = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert len(seen) == len(made) > 60
    assert set(seen) == made


async def test_several_are_taken_up_with_one_press_and_the_board_says_how_it_went(
    reader: Reader, province: Province, ids: Ids, engine: AsyncEngine
) -> None:
    form = {"back": "/incidents?severity=warning", "incident": [str(ids[LOTUS]), "999999", "x"]}
    answer = await reader.post("/incidents/acknowledgements", data=form, headers=province.officer)
    told = f"/incidents?severity=warning&tried={ids[LOTUS]}.999999"
    assert answer.headers["location"] == told
    page = (await reader.get(told, headers=province.officer)).text
    assert "1 incident taken up" in page
    assert "1 is not here for you to see" in page
    assert outcome_of(page) == {ids[LOTUS]: "taken up by you, 15:00"}
    async with engine.connect() as connection:
        taken = (await connection.execute(select(acknowledgement.c.incident_id))).scalars().all()
    assert taken == [ids[LOTUS]]


def outcome_of(page: str) -> dict[int, str]:
    """What is said of each that was asked for."""
    section = page.split('id="outcome"')[1].split("</section>", maxsplit=1)[0]
    return {
        int(line.split('"')[0]): line.split('class="quiet">')[1].split("<")[0]
        for line in section.split('<li><a href="/incidents/')[1:]
    }


async def test_each_says_what_became_of_it_with_a_link(
    reader: Reader, province: Province, ids: Ids, troubles: Troubles, clock: Clock
) -> None:
    over = await troubles.incident(cause="picture", state="resolved", resolved_at=clock.at)
    await troubles.add(
        acknowledgement, incident_id=ids[SUNFLOWER], user_id=province.user_ids["manager"],
        note="", via="console", acknowledged_at=clock.at - timedelta(minutes=3),
    )  # fmt: skip
    asked = [ids[SUNFLOWER], ids[LOTUS], over]
    form = {"back": "/incidents", "incident": [str(one) for one in asked]}
    answer = await reader.post("/incidents/acknowledgements", data=form, headers=province.officer)
    page = (await reader.get(answer.headers["location"], headers=province.officer)).text
    assert "2 incidents taken up" in page
    assert "1 was not taken up" in page
    assert "1 of them somebody else had taken up before you" in page
    assert outcome_of(page) == {
        over: "over since 15:00",
        ids[SUNFLOWER]: "taken up by you, 15:00 · taken up already by Manager, 14:57",
        ids[LOTUS]: "taken up by you, 15:00",
    }


async def test_who_may_only_look_is_told_so_of_each(
    reader: Reader, province: Province, ids: Ids
) -> None:
    form = {"back": "/incidents?tried=5", "incident": [str(ids[SUNFLOWER])]}
    answer = await reader.post("/incidents/acknowledgements", data=form, headers=province.leader)
    page = (await reader.get(answer.headers["location"], headers=province.leader)).text
    assert "0 incidents taken up" in page
    assert outcome_of(page) == {ids[SUNFLOWER]: "not yours to take up · nobody has taken it up"}


async def test_an_address_claims_nothing_that_is_not_so(
    reader: Reader, province: Province, ids: Ids
) -> None:
    page = (await reader.get(f"/incidents?tried={ids[LOTUS]}", headers=province.officer)).text
    assert outcome_of(page) == {ids[LOTUS]: "nobody has taken it up"}
    foreign = (await reader.get(f"/incidents?tried={ids[LOTUS]}", headers=province.manager)).text
    assert outcome_of(foreign) == {}
    assert "1 is not here for you to see" in foreign


async def test_all_that_is_shown_is_taken_up_with_one_press(
    reader: Reader, province: Province, ids: Ids
) -> None:
    page = (await reader.get("/incidents", headers=province.officer)).text
    everything = page.split('name="all" value="')[1].split('"')[0]
    assert set(everything.split(",")) == {str(ids["area"]), str(ids[LOTUS])}
    form = {"back": "/incidents", "all": everything}
    answer = await reader.post("/incidents/acknowledgements", data=form, headers=province.officer)
    page = (await reader.get(answer.headers["location"], headers=province.officer)).text
    assert set(outcome_of(page)) == {ids["area"], ids[LOTUS]}
    assert "2 incidents taken up" in page


async def test_a_hundred_are_taken_up_with_a_handful_of_statements(
    reader: Reader, province: Province, troubles: Troubles, engine: AsyncEngine
) -> None:
    lotus = province.facility_ids[LOTUS]
    gateways = [
        await troubles.add(
            device, facility_id=lotus, code=f"g{n}", name="x", kind="gateway", interval_s=30,
            registered_at=troubles.now,
        )
        for n in range(100)
    ]  # fmt: skip
    made = [
        await troubles.incident(LOTUS, cause="gateway_silent", gateway_id=one) for one in gateways
    ]
    said: list[str] = []

    def note(*given: Any) -> None:
        said.append(given[2])

    listen(engine.sync_engine, "before_cursor_execute", note)
    form = {"back": "/incidents", "all": ",".join(map(str, made))}
    answer = await reader.post("/incidents/acknowledgements", data=form, headers=province.officer)
    remove(engine.sync_engine, "before_cursor_execute", note)
    assert len(said) < 15
    page = (await reader.get(answer.headers["location"], headers=province.officer)).text
    assert "100 incidents taken up" in page
    async with engine.connect() as connection:
        lines = await connection.scalar(
            select(func.count()).where(access_log.c.verb == "acknowledge")
        )
    assert lines == 100


@pytest.mark.parametrize(
    "nonsense", ["state=x", "severity=1", "cause=%00", "after=open.9.1.1", "tried=1..2", "tried=x"]
)
async def test_nonsense_in_the_address_narrows_nothing(
    reader: Reader, province: Province, ids: Ids, nonsense: str
) -> None:
    answer = await reader.get(f"/incidents?{nonsense}", headers=province.manager)
    assert rows(answer.text) == [ids[SUNFLOWER]]


async def test_the_page_says_who_is_told_next(
    reader: Reader, province: Province, ids: Ids, troubles: Troubles, clock: Clock
) -> None:
    for number, (role, after_s) in enumerate(
        (("FACILITY_MANAGER", 300), ("COMMUNE_CPO", 1800)), start=1
    ):
        await troubles.add(
            ladder_step, step=number, role=role, after_s=after_s,
            valid_from=clock.at - timedelta(days=1),
        )  # fmt: skip
    await troubles.add(
        event, kind="told", happened_at=clock.at, incident_id=ids[LOTUS],
        facility_id=province.facility_ids[LOTUS],
        detail={"step": 1, "role": "FACILITY_MANAGER", "ladder": "0.2/warning", "reason": "due",
                "after_s": 300},
    )  # fmt: skip
    page = (await reader.get(f"/incidents/{ids[LOTUS]}", headers=province.officer)).text
    assert "The commune officer is told at 15:21 unless somebody takes it up." in page
    assert "its turn came: nobody had taken it up for 5 min" in page


def forms_on(page: str) -> set[str]:
    return {part.split('"')[0] for part in page.split('id="do-')[1:]} - {"title"}


async def test_a_page_offers_what_its_reader_may_do(
    reader: Reader, province: Province, ids: Ids
) -> None:
    async def offered(who: Headers) -> set[str]:
        return forms_on((await reader.get(f"/incidents/{ids[SUNFLOWER]}", headers=who)).text)

    assert await offered(province.manager) == {"comment", "assign", "snooze", "explain", "resolve"}
    assert await offered(province.caregiver) == {"comment"}
    assert await offered(province.leader) == set()
    assert await offered(province.officer) == {"comment", "assign", "snooze", "resolve"}


async def test_an_explanation_goes_from_the_facility_to_the_inspector(
    reader: Reader, province: Province, ids: Ids
) -> None:
    address = f"/incidents/{ids[SUNFLOWER]}"
    form = {"kind": "explain", "note": "Mất điện cả phố"}
    sent = await reader.post(f"{address}/actions", data=form, headers=province.manager)
    assert (sent.status_code, sent.headers["location"]) == (303, address)
    manager = (await reader.get(address, headers=province.manager)).text
    assert "explain" not in forms_on(manager)
    inspector = (await reader.get(address, headers=province.inspector)).text
    assert "review" in forms_on(inspector)
    assert "Mất điện cả phố" in inspector
    form = {"kind": "review", "verdict": "rejected", "note": "Chưa rõ"}
    await reader.post(f"{address}/actions", data=form, headers=province.inspector)
    again = (await reader.get(address, headers=province.manager)).text
    assert "explain" in forms_on(again)
    assert "Inspector reviewed the explanation: rejected" in again


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"kind": "snooze", "note": "Chờ thợ", "minutes": "480"}, "It cannot wait for so long"),
        ({"kind": "snooze", "note": "Chờ thợ"}, "Fill in what is asked for"),
        ({"kind": "comment", "note": " "}, "Fill in what is asked for"),
        ({"kind": "resolve", "resolution": "bad luck"}, "Fill in what is asked for"),
        ({"kind": "assign", "person": "99999"}, "This person cannot see to it"),
        ({"kind": "explain", "note": "a", "documents": "77"}, "Not all of these documents"),
        ({"kind": "nothing"}, ""),
    ],
)
async def test_a_form_that_is_refused_says_why_and_keeps_what_was_typed(
    reader: Reader, province: Province, ids: Ids, engine: AsyncEngine, form: dict[str, str],
    said: str,
) -> None:  # fmt: skip
    answer = await reader.post(
        f"/incidents/{ids[SUNFLOWER]}/actions", data=form, headers=province.manager
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert form.get("note", "").strip() in answer.text
    async with engine.connect() as connection:
        assert (await connection.execute(select(incident_action.c.id))).all() == []


async def test_somebody_is_put_in_charge_and_put_off_from_the_page(
    reader: Reader, province: Province, ids: Ids
) -> None:
    address = f"/incidents/{ids[SUNFLOWER]}"
    for form in (
        {"kind": "assign", "person": str(province.user_ids["commune"])},
        {"kind": "snooze", "note": "Chờ thợ", "minutes": "30"},
        {"kind": "resolve", "resolution": "power_cut"},
    ):
        answer = await reader.post(f"{address}/actions", data=form, headers=province.officer)
        assert answer.status_code == 303
    page = (await reader.get(address, headers=province.officer)).text
    assert "Officer gave it to Commune" in page
    assert "Officer put it off until 15:30" in page
    assert "Officer said what it was: power cut" in page


async def test_a_form_from_elsewhere_does_nothing(
    reader: Reader, resources: Resources, province: Province, ids: Ids
) -> None:
    token = province.manager["Authorization"].removeprefix("Bearer ")
    reader.cookies.set(tokens.COOKIE, token)
    headers = {"Sec-Fetch-Site": "cross-site"}
    for address in (f"/incidents/{ids[SUNFLOWER]}/actions", "/incidents/acknowledgements"):
        answer = await reader.post(address, data={"kind": "comment"}, headers=headers)
        assert answer.status_code == 403
