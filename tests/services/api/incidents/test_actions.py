"""What people do about an incident besides taking it up: who may, when, and what stays of it."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.tables.access_log import access_log
from shared.db.tables.alerting import incident_action
from shared.db.tables.facilities import document
from shared.domain.handling import ActionKind
from tests.services.api.conftest import Clock
from tests.services.api.incidents.conftest import Troubles
from tests.support.people import LOTUS, SUNFLOWER, Headers, Province

API = httpx.AsyncClient
Ids = dict[str, int]


async def act(api: API, incident_id: int, who: Headers, **body: object) -> httpx.Response:
    return await api.post(f"/incidents/{incident_id}/actions", json=body, headers=who)


def bodies(province: Province, clock: Clock) -> dict[ActionKind, dict[str, object]]:
    return {
        ActionKind.COMMENT: {"note": "Đang đến"},
        ActionKind.ASSIGN: {"person": province.user_ids["manager"]},
        ActionKind.SNOOZE: {
            "until": (clock.at + timedelta(minutes=30)).isoformat(), "note": "Thợ đang đến",
        },
        ActionKind.EXPLAIN: {"note": "Mất điện từ 7 giờ 50"},
        ActionKind.REVIEW: {"verdict": "accepted", "note": "Đã xem"},
        ActionKind.RESOLVE: {"resolution": "power_cut"},
    }  # fmt: skip


MAY = {
    ActionKind.COMMENT: {"manager", "caregiver", "commune", "officer", "inspector", "admin"},
    ActionKind.ASSIGN: {"manager", "commune", "officer"},
    ActionKind.SNOOZE: {"manager", "commune", "officer"},
    ActionKind.RESOLVE: {"manager", "commune", "officer"},
    ActionKind.EXPLAIN: {"manager"},
    ActionKind.REVIEW: {"officer", "inspector"},
}
WATCHING = {"manager", "caregiver", "commune", "officer", "inspector", "admin", "leader"}


@pytest.mark.parametrize("kind", list(ActionKind))
async def test_each_thing_is_done_by_those_whose_it_is(
    api: API, province: Province, ids: Ids, clock: Clock, kind: ActionKind
) -> None:
    body = bodies(province, clock)[kind]
    answers = {}
    for name in sorted(WATCHING | {"lotus_manager"}):
        answer = await act(api, ids[SUNFLOWER], getattr(province, name), kind=kind, **body)
        answers[name] = answer.status_code
    assert {name for name, status in answers.items() if status == 403} == WATCHING - MAY[kind]
    assert answers["lotus_manager"] == 404
    # Nobody has explained anything, so there is nothing to review.
    right = 409 if kind is ActionKind.REVIEW else 201
    assert {answers[name] for name in MAY[kind]} == {right}


async def test_what_was_done_is_kept_as_it_was_said(
    api: API, province: Province, ids: Ids, clock: Clock, engine: AsyncEngine
) -> None:
    for kind, body in bodies(province, clock).items():
        who = province.officer if kind is ActionKind.REVIEW else province.manager
        answer = await act(api, ids[SUNFLOWER], who, kind=kind, **body)
        assert answer.status_code == 201, answer.text
    told = (await api.get(f"/incidents/{ids[SUNFLOWER]}", headers=province.officer)).json()
    kinds = [ActionKind(one["kind"]) for one in told["actions"]]
    assert kinds == list(bodies(province, clock))
    assigned, snoozed, explained, reviewed, resolved = told["actions"][1:]
    assert assigned["to"] == "Manager"
    assert snoozed["until"] == "2026-07-01T08:30:00Z"
    assert (reviewed["explanation"], reviewed["verdict"]) == (explained["id"], "accepted")
    assert resolved["resolution"] == "power_cut"
    async with engine.connect() as connection:
        rows = (await connection.execute(select(incident_action.c.detail))).scalars().all()
    assert rows == [
        {},
        {"user_id": province.user_ids["manager"]},
        {"until": "2026-07-01T08:30:00+00:00"},
        {"documents": []},
        {"explanation": explained["id"], "verdict": "accepted"},
        {"resolution": "power_cut"},
    ]


async def test_every_deed_is_on_record_and_no_word_of_it(
    api: API, province: Province, ids: Ids, engine: AsyncEngine
) -> None:
    await act(api, ids[SUNFLOWER], province.manager, kind="comment", note="Bà Hai đang đến")
    async with engine.connect() as connection:
        (line,) = await connection.execute(select(access_log).where(access_log.c.verb == "change"))
    assert (line.subject, line.key) == ("incident", str(ids[SUNFLOWER]))
    assert "Bà Hai" not in str(line)


@pytest.mark.parametrize(
    ("severity", "minutes", "field"),
    [("critical", 61, "body.until"), ("warning", 241, "body.until"), ("notice", -1, "body.until")],
)
async def test_it_is_not_put_off_for_longer_than_it_can_wait(
    api: API, province: Province, ids: Ids, troubles: Troubles, severity: str, minutes: int,
    field: str, clock: Clock,
) -> None:  # fmt: skip
    await troubles.change(ids[SUNFLOWER], severity=severity)
    until = (clock.at + timedelta(minutes=minutes)).isoformat()
    answer = await act(
        api, ids[SUNFLOWER], province.manager, kind="snooze", until=until, note="Chờ"
    )
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


async def test_what_is_over_is_not_put_off_but_may_be_explained(
    api: API, province: Province, ids: Ids, troubles: Troubles, clock: Clock
) -> None:
    await troubles.change(ids[SUNFLOWER], state="resolved", resolved_at=clock.at)
    given = bodies(province, clock)
    snoozed = await act(
        api, ids[SUNFLOWER], province.manager, kind="snooze", **given[ActionKind.SNOOZE]
    )
    assert (snoozed.status_code, snoozed.json()["code"]) == (409, "over")
    for kind in (ActionKind.EXPLAIN, ActionKind.RESOLVE, ActionKind.COMMENT):
        answer = await act(api, ids[SUNFLOWER], province.manager, kind=kind, **given[kind])
        assert answer.status_code == 201


async def test_explanations_wait_for_one_review_each(
    api: API, province: Province, ids: Ids
) -> None:
    number = ids[SUNFLOWER]
    answers = await asyncio.gather(
        *(act(api, number, province.manager, kind="explain", note="Mất điện") for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    rejected = await act(api, number, province.inspector, kind="review", verdict="rejected")
    assert rejected.status_code == 201
    again = await act(api, number, province.officer, kind="review", verdict="accepted")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_review")
    anew = await act(api, number, province.manager, kind="explain", note="Cả phố mất điện")
    assert anew.status_code == 201
    accepted = await act(api, number, province.officer, kind="review", verdict="accepted")
    assert accepted.json()["explanation"] == anew.json()["id"]


async def test_evidence_is_a_scan_that_the_facility_keeps(
    api: API, province: Province, ids: Ids, troubles: Troubles, clock: Clock
) -> None:
    async def scan(facility: str) -> int:
        return await troubles.add(
            document, facility_id=province.facility_ids[facility], title="Biên bản",
            media_type="application/pdf", size=4, sha256=facility.encode(), content=b"%PDF",
            uploaded_at=clock.at,
        )  # fmt: skip

    own, foreign = await scan(SUNFLOWER), await scan(LOTUS)
    refused = await act(
        api, ids[SUNFLOWER], province.manager, kind="explain", note="Có biên bản",
        documents=[own, foreign],
    )  # fmt: skip
    assert refused.status_code == 422
    taken = await act(
        api, ids[SUNFLOWER], province.manager, kind="explain", note="Có biên bản", documents=[own]
    )
    assert (taken.status_code, taken.json()["documents"]) == (201, [own])


async def test_it_is_given_to_somebody_who_can_see_to_it(
    api: API, province: Province, ids: Ids
) -> None:
    async def offered(who: Headers, incident: str) -> set[int]:
        answer = await api.get(f"/incidents/{ids[incident]}/assignees", headers=who)
        return {one["person"] for one in answer.json()}

    of = province.user_ids
    sunflower = await offered(province.officer, SUNFLOWER)
    assert {of["manager"], of["caregiver"], of["commune"], of["officer"]} <= sunflower
    assert not {of["leader"], of["lotus_manager"]} & sunflower
    assert of["commune"] not in await offered(province.officer, LOTUS)
    assert await offered(province.caregiver, SUNFLOWER) == set()
    refused = await act(
        api, ids[SUNFLOWER], province.officer, kind="assign", person=of["lotus_manager"]
    )
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.person")


async def test_an_area_outage_is_handled_by_the_areas_officers(
    api: API, province: Province, ids: Ids
) -> None:
    assert (await act(api, ids["area"], province.commune, kind="comment", note="a")).is_success
    assert (await act(api, ids["area"], province.officer, kind="comment", note="a")).is_success
    for outside in (province.manager, province.lotus_manager):
        assert (await act(api, ids["area"], outside, kind="comment", note="a")).status_code == 404
    told = (await api.get(f"/incidents/{ids['area']}", headers=province.commune)).json()
    assert (told["unit"], told["facility"], told["children"]) == ("79001", None, [ids[SUNFLOWER]])


async def test_many_are_taken_up_at_once_and_each_says_what_became_of_it(
    api: API, province: Province, ids: Ids, troubles: Troubles, clock: Clock, engine: AsyncEngine
) -> None:
    over = await troubles.incident(cause="picture", state="resolved", resolved_at=clock.at)
    asked = [ids[SUNFLOWER], ids[LOTUS], over, 10**9, ids[SUNFLOWER]]
    answer = await api.post(
        "/incidents/acknowledgements", json={"incidents": asked}, headers=province.manager
    )
    assert answer.json() == {
        "acknowledged": 1,
        "results": [
            {"incident": ids[SUNFLOWER], "result": "acknowledged"},
            {"incident": ids[LOTUS], "result": "not_found"},
            {"incident": over, "result": "over"},
            {"incident": 10**9, "result": "not_found"},
        ],
    }
    again = await api.post(
        "/incidents/acknowledgements", json={"incidents": asked[:1]}, headers=province.manager
    )
    assert again.json()["results"][0]["result"] == "already"
    leader = await api.post(
        "/incidents/acknowledgements", json={"incidents": asked[:1]}, headers=province.leader
    )
    assert leader.json()["results"][0]["result"] == "not_allowed"
    async with engine.connect() as connection:
        lines = await connection.scalar(
            select(func.count()).where(access_log.c.verb == "acknowledge")
        )
    assert lines == 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("severity=critical", {SUNFLOWER}),
        ("cause=device_silent", {SUNFLOWER, LOTUS}),
        ("cause=area_outage", {"area"}),
        ("mine=true", {LOTUS}),
        ("acknowledged=true", {SUNFLOWER}),
        ("acknowledged=false", {"area", LOTUS}),
        ("q=lot", {LOTUS}),
        ("q=unit+79001", {"area", SUNFLOWER}),
        ("q=nobody", set()),
        ("state=resolved", set()),
    ],
)
async def test_incidents_are_narrowed(
    api: API, province: Province, ids: Ids, troubles: Troubles, asked: str, found: set[str]
) -> None:
    await troubles.change(ids[SUNFLOWER], severity="critical")
    await troubles.change(ids[LOTUS], assigned_to=province.user_ids["officer"])
    await api.post(f"/incidents/{ids[SUNFLOWER]}/acknowledgements", headers=province.manager)
    answer = await api.get(f"/incidents?{asked}", headers=province.officer)
    names = {number: name for name, number in ids.items()}
    assert {names[one["id"]] for one in answer.json()["items"]} == found


async def test_addresses_and_names_of_who_was_told_are_for_few(
    api: API, province: Province, ids: Ids, troubles: Troubles
) -> None:
    await troubles.message(ids[SUNFLOWER])
    seen: dict[str, Any] = {}
    for name in ("officer", "manager", "commune"):
        told = await api.get(f"/incidents/{ids[SUNFLOWER]}", headers=getattr(province, name))
        (message,) = told.json()["notifications"]
        seen[name] = (message["who"], message["address"])
    assert seen == {
        "officer": ("Manager", "manager@giamsat.example"),
        "manager": (None, None),
        "commune": (None, None),
    }
