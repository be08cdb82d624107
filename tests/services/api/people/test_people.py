from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from shared.db.session import unit_of_work
from shared.db.tables.people import role_assignment, user_account
from shared.domain.access import Role
from tests.services.api.conftest import Clock
from tests.support.app import LentApp
from tests.support.people import HOA_BINH, LOTUS, PROVINCE, SUNFLOWER, Headers, Province


async def numbers(api: httpx.AsyncClient, by: Headers, **asked: str) -> list[int]:
    answer = await api.get("/people", headers=by, params=asked)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


async def role_of(engine: AsyncEngine, province: Province, who: str) -> int:
    async with engine.connect() as connection:
        found: int = (
            await connection.execute(
                select(role_assignment.c.id).where(
                    role_assignment.c.user_id == province.user_ids[who]
                )
            )
        ).scalar_one()
    return found


async def test_everybody_sees_those_of_their_own_place(
    api: httpx.AsyncClient, province: Province
) -> None:
    ids = province.user_ids
    assert await numbers(api, province.manager) == sorted([ids["manager"], ids["caregiver"]])
    assert set(await numbers(api, province.commune)) == {
        ids["commune"], ids["manager"], ids["caregiver"],
    }  # fmt: skip
    of_province = set(await numbers(api, province.officer))
    assert of_province == set(ids.values()) - {ids["admin"]}
    refused = await api.get("/people", headers=province.caregiver)
    assert refused.status_code == 403


async def test_an_administrator_sees_numbers_and_roles_and_finds_nobody_by_name(
    api: httpx.AsyncClient, province: Province
) -> None:
    listed = await api.get("/people", headers=province.admin)
    items = listed.json()["items"]
    assert len(items) == len(province.user_ids)
    assert {(one["name"], one["email"]) for one in items} == {(None, None)}
    assert {one["roles"][0]["role"] for one in items} >= {"CAREGIVER", "DEPT_OFFICER"}
    assert "giamsat.example" not in listed.text
    assert await numbers(api, province.admin, q="caregiver") == []
    by_role = await numbers(api, province.admin, role="CAREGIVER")
    assert by_role == [province.user_ids["caregiver"]]


async def test_a_search_needs_no_marks(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    person = province.user_ids["caregiver"]
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(user_account)
            .where(user_account.c.id == person)
            .values(name="Nguyễn Thị Đặng Thủy")
        )
    for wanted in ("dang thuy", "Đặng", "NGUYEN", "thủy nguyễn"):
        assert await numbers(api, province.manager, q=wanted) == [person], wanted
    assert await numbers(api, province.manager, q="dung") == []
    assert await numbers(api, province.lotus_manager, q="dang") == []


async def test_a_list_goes_on_where_it_stopped(api: httpx.AsyncClient, province: Province) -> None:
    first = await api.get("/people", headers=province.officer, params={"limit": 3})
    rest = await api.get(
        "/people", headers=province.officer, params={"cursor": first.json()["next"]}
    )
    ids = [one["id"] for one in first.json()["items"] + rest.json()["items"]]
    assert ids == sorted(set(ids))
    assert len(ids) == len(province.user_ids) - 1


async def test_roles_elsewhere_are_nobodys_business(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    person = province.user_ids["caregiver"]
    async with unit_of_work(engine) as connection:
        await connection.execute(
            insert(role_assignment).values(
                user_id=person,
                role=Role.CAREGIVER,
                facility_id=province.facility_ids[LOTUS],
                valid_from=clock.at - timedelta(days=1),
            )
        )
    seen = (await api.get(f"/people/{person}", headers=province.manager)).json()
    assert [one["facility"] for one in seen["roles"]] == [SUNFLOWER]


async def test_a_stranger_is_not_there_for_anything(
    api: httpx.AsyncClient, province: Province
) -> None:
    """The same answer as for a number that nobody has."""
    person, nobody = province.user_ids["caregiver"], 999_999
    asked = [
        ("GET", "/people/{}", None),
        ("POST", "/people/{}/roles", {"role": "CAREGIVER", "facility": LOTUS}),
        ("POST", "/people/{}/roles/1/end", {"because": "x"}),
        ("PATCH", "/people/{}/roles/1", {"valid_to": None}),
        ("POST", "/people/{}/disable", {"because": "x"}),
        ("POST", "/people/{}/enable", None),
        ("POST", "/people/{}/reset", None),
    ]
    for method, path, body in asked:
        told = [
            await api.request(
                method, path.format(number), json=body, headers=province.lotus_manager
            )
            for number in (person, nobody)
        ]
        bodies = [{**one.json(), "trace_id": "", "instance": ""} for one in told]
        assert told[0].status_code == 404, (method, path, told[0].text)
        assert bodies[0] == bodies[1]


async def test_a_role_is_given_moved_and_ended_and_each_is_on_record(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    person = province.user_ids["manager"]
    wanted = {
        "role": "COMMUNE_CPO", "admin_unit": HOA_BINH, "legal_basis": "QĐ 12/QĐ-UBND",
        "time_share_percent": 50, "is_deputy": True,
    }  # fmt: skip
    given = await api.post(f"/people/{person}/roles", json=wanted, headers=province.officer)
    assert given.status_code == 201, given.text
    role = given.json()
    assert (role["legal_basis"], role["is_deputy"]) == ("QĐ 12/QĐ-UBND", True)
    until = (clock.at + timedelta(days=30)).isoformat()
    address = f"/people/{person}/roles/{role['id']}"
    moved = await api.patch(address, json={"valid_to": until}, headers=province.officer)
    assert moved.json()["valid_to"] is not None
    ended = await api.post(
        f"{address}/end", json={"because": "chuyển công tác"}, headers=province.officer
    )
    assert ended.status_code == 204
    seen = (await api.get(f"/people/{person}", headers=province.officer)).json()
    [past] = [one for one in seen["roles"] if one["id"] == role["id"]]
    assert past["ends_because"] == "chuyển công tác"
    again = await api.post(f"{address}/end", json={"because": "x"}, headers=province.officer)
    assert again.json()["code"] == "ended"


async def test_the_end_of_a_role_ends_what_is_open_at_once(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    person, role = province.user_ids["caregiver"], await role_of(engine, province, "caregiver")
    assert (await api.get("/facilities", headers=province.caregiver)).status_code == 200
    await api.post(
        f"/people/{person}/roles/{role}/end", json={"because": "nghỉ"}, headers=province.manager
    )
    assert (await api.get("/facilities", headers=province.caregiver)).status_code == 401


async def test_nobody_does_anything_to_themselves(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    own, role = province.user_ids["officer"], await role_of(engine, province, "officer")
    by = province.officer
    term = {"valid_to": None}
    told = [
        await api.post(
            f"/people/{own}/roles",
            json={"role": "PPC_LEADER", "admin_unit": PROVINCE},
            headers=by,
        ),
        await api.patch(f"/people/{own}/roles/{role}", json=term, headers=by),
        await api.post(f"/people/{own}/disable", json={"because": "x"}, headers=by),
    ]
    assert [(one.status_code, one.json()["code"]) for one in told] == [(409, "oneself")] * 3
    assert (await api.post(f"/people/{own}/reset", headers=by)).status_code == 403


async def test_the_last_administrator_stays(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    own, role = province.user_ids["admin"], await role_of(engine, province, "admin")
    ended = f"/people/{own}/roles/{role}/end"
    refused = await api.post(ended, json={"because": "x"}, headers=province.admin)
    assert (refused.status_code, refused.json()["code"]) == (409, "last_one")
    async with unit_of_work(engine) as connection:
        await connection.execute(
            insert(role_assignment).values(
                user_id=province.user_ids["leader"],
                role=Role.SYS_ADMIN,
                valid_from=clock.at - timedelta(days=1),
            )
        )
    allowed = await api.post(ended, json={"because": "x"}, headers=province.admin)
    assert allowed.status_code == 204


async def test_a_closed_account_is_closed_at_once_and_opens_without_its_sessions(
    api: httpx.AsyncClient, province: Province
) -> None:
    person = province.user_ids["caregiver"]
    address = f"/people/{person}"
    closed = await api.post(
        f"{address}/disable", json={"because": "mất điện thoại"}, headers=province.manager
    )
    assert closed.status_code == 204
    assert (await api.get("/facilities", headers=province.caregiver)).status_code == 401
    assert (await api.post(f"{address}/enable", headers=province.manager)).status_code == 204
    assert (await api.get("/facilities", headers=province.caregiver)).status_code == 401
    seen = (await api.get(address, headers=province.manager)).json()
    assert seen["disabled_at"] is None


async def test_an_administrator_may_close_any_account_but_give_no_care_role(
    api: httpx.AsyncClient, province: Province
) -> None:
    person = province.user_ids["caregiver"]
    given = await api.post(
        f"/people/{person}/roles",
        json={"role": "CAREGIVER", "facility": LOTUS},
        headers=province.admin,
    )
    assert given.status_code == 403
    closed = await api.post(
        f"/people/{person}/disable", json={"because": "x"}, headers=province.admin
    )
    assert closed.status_code == 204


@pytest.fixture
async def pages(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://console.test") as client:
        yield client


def reader(by: Headers) -> Headers:
    token = by["Authorization"].removeprefix("Bearer ")
    return {"Cookie": f"giamsat_session={token}", "Origin": "http://console.test"}


async def test_pages_show_give_and_end_roles(
    pages: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    by, person = reader(province.manager), province.user_ids["caregiver"]
    listed = await pages.get("/people", headers=by)
    assert listed.status_code == 200
    assert "caregiver@giamsat.example" in listed.text
    sheet = await pages.get(f"/people/{person}", headers=by)
    assert "Nhân viên chăm sóc" in sheet.text
    given = await pages.post(
        f"/people/{person}/roles",
        data={"role": "SOCIAL_WORKER", "place": f"facility:{SUNFLOWER}"},
        headers=by,
    )
    assert given.status_code == 303, given.text
    role = await pages.get(f"/people/{person}", headers=by)
    assert "Nhân viên công tác xã hội" in role.text
    elsewhere = await pages.post(
        f"/people/{person}/roles",
        data={"role": "SOCIAL_WORKER", "place": f"facility:{LOTUS}"},
        headers=by,
    )
    assert elsewhere.status_code == 422
    assert "Không có nơi như vậy" in elsewhere.text
    number = await role_of_kind(engine, person, Role.SOCIAL_WORKER)
    without = await pages.post(f"/people/{person}/roles/{number}/end", data={}, headers=by)
    assert "Hãy nêu lý do" in without.text
    ended = await pages.post(
        f"/people/{person}/roles/{number}/end", data={"because": "hết hạn"}, headers=by
    )
    assert ended.status_code == 303


async def role_of_kind(engine: AsyncEngine, person: int, role: Role) -> int:
    async with engine.connect() as connection:
        found: int = (
            await connection.execute(
                select(role_assignment.c.id).where(
                    role_assignment.c.user_id == person, role_assignment.c.role == role
                )
            )
        ).scalar_one()
    return found


async def test_the_page_of_invitations_makes_and_revokes_one(
    pages: httpx.AsyncClient, province: Province
) -> None:
    by = reader(province.manager)
    form = {
        "email": "thu.ha@giamsat.example", "role": "CAREGIVER",
        "place": f"facility:{SUNFLOWER}", "language": "vi",
    }  # fmt: skip
    made = await pages.post("/people/invitations", data=form, headers=by)
    assert made.status_code == 201, made.text
    link = made.text.partition('id="link">')[2].partition("<")[0]
    opened = await pages.get(link.removeprefix("http://console.test"))
    assert (opened.status_code, "Nhân viên chăm sóc" in opened.text) == (200, True)
    listed = await pages.get("/people/invitations", headers=by)
    number = listed.text.partition("/people/invitations/")[2].partition("/resend")[0]
    revoked = await pages.post(f"/people/invitations/{number}/revoke", headers=by)
    assert revoked.status_code == 303
    gone = await pages.get(link.removeprefix("http://console.test"))
    assert gone.status_code == 410
    wrong = await pages.post("/people/invitations", data={**form, "email": "x"}, headers=by)
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (422, True)


async def test_the_page_of_a_link_lets_somebody_in(
    pages: httpx.AsyncClient, province: Province
) -> None:
    by = reader(province.manager)
    form = {"email": "thu.ha@giamsat.example", "role": "CAREGIVER",
            "place": f"facility:{SUNFLOWER}"}  # fmt: skip
    made = await pages.post("/people/invitations", data=form, headers=by)
    token = made.text.partition("token=")[2].partition("<")[0]
    own = {"Origin": "http://console.test"}
    typed = {
        "token": token, "name": "Thu Hà", "language": "vi",
        "passphrase": "trời xanh mây trắng 27", "again": "trời xanh mây trắng 27",
    }  # fmt: skip
    differs = await pages.post("/invitation", data={**typed, "again": "x"}, headers=own)
    assert "không giống nhau" in differs.text
    easy = {**typed, "passphrase": "aaaaaaaaaaaaaaaa", "again": "aaaaaaaaaaaaaaaa"}
    assert "lặp lại" in (await pages.post("/invitation", data=easy, headers=own)).text
    forged = await pages.post("/invitation", data=typed, headers={"Origin": "http://evil.example"})
    assert forged.status_code == 403
    accepted = await pages.post("/invitation", data=typed, headers=own)
    assert (accepted.status_code, accepted.headers["location"]) == (303, "/")
    assert "giamsat_session" in accepted.headers["set-cookie"]
    assert (await pages.get(f"/invitation?token={token}")).status_code == 410
