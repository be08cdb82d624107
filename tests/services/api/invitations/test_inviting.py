import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.invitations import invitation, person_mail
from shared.db.tables.people import role_assignment, session, user_account
from shared.domain.access import Role
from tests.services.api.conftest import Clock
from tests.support.people import HOA_BINH, LOTUS, PROVINCE, SUNFLOWER, Headers, Province

GOOD = "trời xanh mây trắng 27"
NEW = "thu.ha@giamsat.example"


async def invite(api: httpx.AsyncClient, by: Headers, role: Role, **more: object) -> httpx.Response:
    body = {"role": role, "email": NEW, **more}
    return await api.post("/invitations", json=body, headers=by)


def token_of(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["link"]).partition("token=")[2]


async def accept(api: httpx.AsyncClient, token: str, **more: object) -> httpx.Response:
    body = {"token": token, "name": "Thu Hà", "passphrase": GOOD, **more}
    return await api.post("/invitations/acceptance", json=body)


async def rows(engine: AsyncEngine, statement: str) -> list[tuple[object, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def test_who_is_invited_chooses_a_passphrase_and_works_there(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    invited = await invite(api, province.manager, Role.CAREGIVER, facility=SUNFLOWER)
    begun = await accept(api, token_of(invited))
    assert begun.status_code == 201, begun.text
    body = begun.json()
    assert (body["standing"], body["user"]["name"]) == ("full", "Thu Hà")
    assert body["user"]["roles"] == [
        {"role": "CAREGIVER", "facility": SUNFLOWER, "admin_unit": None}
    ]
    headers = {"Authorization": f"Bearer {body['token']}"}
    seen = (await api.get("/facilities", headers=headers)).json()["items"]
    assert [one["code"] for one in seen] == [SUNFLOWER]
    again = await api.post("/sessions", json={"email": NEW, "password": GOOD})
    assert again.status_code == 201
    [(given_by,)] = await rows(engine, "SELECT given_by FROM role_assignment WHERE given_by > 0")
    assert given_by == province.user_ids["manager"]


async def test_the_link_is_kept_as_a_hash_and_good_once(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    token = token_of(await invite(api, province.manager, Role.CAREGIVER, facility=SUNFLOWER))
    assert len(token) >= 43
    kept = await rows(engine, "SELECT * FROM invitation")
    assert token not in repr(kept)
    assert (await accept(api, token)).status_code == 201
    second = await accept(api, token)
    assert (second.status_code, second.json()["code"]) == (409, "over")


async def test_a_link_is_good_for_three_days(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    token = token_of(await invite(api, province.manager, Role.CAREGIVER, facility=SUNFLOWER))
    clock.advance(hours=72)
    assert (await accept(api, token)).json()["code"] == "over"


async def test_a_new_link_ends_the_one_before_and_a_revoked_one_opens_nothing(
    api: httpx.AsyncClient, province: Province
) -> None:
    invited = await invite(api, province.manager, Role.CAREGIVER, facility=SUNFLOWER)
    first, address = token_of(invited), f"/invitations/{invited.json()['invitation']['id']}"
    resent = await api.post(f"{address}/resend", headers=province.manager)
    second = str(resent.json()["link"]).partition("token=")[2]
    assert (await accept(api, first)).json()["code"] == "over"
    revoked = await api.post(f"{address}/revoke", headers=province.manager)
    assert revoked.status_code == 204
    assert (await accept(api, second)).json()["code"] == "over"
    late = await api.post(f"{address}/resend", headers=province.manager)
    assert (late.status_code, late.json()["code"]) == (409, "over")


async def test_the_mail_is_in_the_outbox_in_the_readers_language(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    invited = await invite(api, province.manager, Role.CAREGIVER, facility=SUNFLOWER)
    async with engine.connect() as connection:
        mail = (await connection.execute(select(person_mail))).one()
    assert (mail.address, mail.state) == (NEW, "pending")
    assert invited.json()["link"] in mail.body
    assert "Nhân viên chăm sóc" in mail.body
    assert "Facility SUN-01" in mail.body


@pytest.mark.parametrize(
    ("who", "role", "place", "told"),
    [
        ("manager", Role.CAREGIVER, {"facility": LOTUS}, 404),
        ("manager", Role.CAREGIVER, {"facility": "NO-SUCH"}, 404),
        ("manager", Role.FACILITY_MANAGER, {"facility": SUNFLOWER}, 403),
        ("manager", Role.DEPT_OFFICER, {"admin_unit": PROVINCE}, 404),
        ("manager", Role.SYS_ADMIN, {}, 403),
        ("caregiver", Role.CAREGIVER, {"facility": SUNFLOWER}, 403),
        ("commune", Role.COMMUNE_CPO, {"admin_unit": HOA_BINH}, 403),
        ("officer", Role.SYS_ADMIN, {}, 403),
        ("officer", Role.CAREGIVER, {"facility": SUNFLOWER}, 403),
        ("admin", Role.CAREGIVER, {"facility": SUNFLOWER}, 403),
        ("officer", Role.COMMUNE_CPO, {"admin_unit": HOA_BINH}, 409),
        ("officer", Role.INSPECTOR, {"admin_unit": PROVINCE}, 409),
        ("officer", Role.FACILITY_MANAGER, {"admin_unit": HOA_BINH}, 409),
        ("officer", Role.FACILITY_MANAGER, {"facility": SUNFLOWER}, 201),
        ("admin", Role.DEPT_OFFICER, {"admin_unit": PROVINCE}, 201),
        ("admin", Role.SYS_ADMIN, {}, 201),
    ],
)
async def test_a_role_is_given_within_place_and_delegation(
    api: httpx.AsyncClient,
    province: Province,
    who: str,
    role: Role,
    place: dict[str, str],
    told: int,
) -> None:
    by: Headers = getattr(province, who)
    answer = await invite(api, by, role, **place)
    assert answer.status_code == told, answer.text


async def test_an_administrator_sees_no_address_not_even_of_those_they_invited(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await invite(api, province.admin, Role.DEPT_OFFICER, admin_unit=PROVINCE)
    listed = await api.get("/invitations", headers=province.admin)
    assert made.json()["invitation"]["email"] is None
    assert NEW not in listed.text
    assert listed.json()["items"][0]["role"] == "DEPT_OFFICER"
    of_officer = await api.get("/invitations", headers=province.officer)
    assert of_officer.json()["items"][0]["email"] == NEW


async def test_whoever_was_invited_by_somebody_no_longer_in_charge_stays_out(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    token = token_of(await invite(api, province.manager, Role.CAREGIVER, facility=SUNFLOWER))
    async with unit_of_work(engine) as connection:
        await connection.execute(
            role_assignment.update()
            .where(role_assignment.c.user_id == province.user_ids["manager"])
            .values(valid_to=clock.at)
        )
    assert (await accept(api, token)).json()["code"] == "over"


async def test_a_passphrase_that_is_guessed_first_is_not_taken(
    api: httpx.AsyncClient, province: Province
) -> None:
    token = token_of(await invite(api, province.manager, Role.CAREGIVER, facility=SUNFLOWER))
    for passphrase in ("ngắn", "giám sát Quảng Ngãi", "Thu Hà Thu Hà 2026"):
        answer = await accept(api, token, passphrase=passphrase)
        assert answer.status_code == 422, passphrase
        assert answer.json()["errors"][0]["field"] == "body.passphrase"
    assert (await accept(api, token)).status_code == 201


async def test_whoever_has_an_account_takes_another_role_logged_in_as_themselves(
    api: httpx.AsyncClient, province: Province
) -> None:
    body = {"role": Role.CAREGIVER, "facility": LOTUS, "email": "Caregiver@giamsat.example"}
    invited = await api.post("/invitations", json=body, headers=province.lotus_manager)
    token = token_of(invited)
    assert (await accept(api, token)).json()["code"] == "log_in_first"
    own = "/invitations/acceptance/own"
    other = await api.post(own, json={"token": token}, headers=province.inspector)
    assert other.json()["code"] == "for_another"
    taken = await api.post(own, json={"token": token}, headers=province.caregiver)
    assert taken.status_code == 204
    seen = (await api.get("/facilities", headers=province.caregiver)).json()["items"]
    assert {one["code"] for one in seen} == {SUNFLOWER, LOTUS}


async def test_a_reset_ends_all_that_was_a_proof_and_its_link_is_shown_to_nobody(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    person = province.user_ids["caregiver"]
    made = await api.post(f"/people/{person}/reset", headers=province.manager)
    assert (made.status_code, made.json()["link"]) == (201, None)
    async with engine.connect() as connection:
        body = (await connection.execute(select(person_mail.c.body))).scalar_one()
    found = re.search(r"token=(\S+)", body)
    assert found is not None
    begun = await accept(api, found[1])
    assert begun.status_code == 201, begun.text
    assert (await api.get("/facilities", headers=province.caregiver)).status_code == 401
    async with engine.connect() as connection:
        there = await connection.scalars(
            select(session.c.user_id).where(session.c.user_id == person)
        )
        name = await connection.scalar(
            select(user_account.c.name).where(user_account.c.id == person)
        )
    assert len(there.all()) == 1
    assert name == "Caregiver"


async def test_whoever_answers_for_less_than_all_of_somebodys_roles_resets_nobody(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    person = province.user_ids["caregiver"]
    async with unit_of_work(engine) as connection:
        await connection.execute(
            role_assignment.insert().values(
                user_id=person,
                role=Role.DEPT_OFFICER,
                admin_unit_id=province.unit_ids[PROVINCE],
                valid_from=clock.at - timedelta(days=1),
            )
        )
    told = await api.post(f"/people/{person}/reset", headers=province.manager)
    assert told.status_code == 403
    stranger = await api.post(f"/people/{person}/reset", headers=province.lotus_manager)
    assert stranger.status_code == 404


async def test_nothing_of_an_invitation_names_its_reader_in_the_access_log(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    token = token_of(await invite(api, province.manager, Role.CAREGIVER, facility=SUNFLOWER))
    await accept(api, token)
    told = await rows(engine, "SELECT verb, subject, key, detail, purpose FROM access_log")
    verbs = [(verb, subject) for verb, subject, *_ in told]
    assert ("create", "invitation") in verbs
    assert ("approve", "invitation") in verbs
    assert ("log_in", "session") in verbs
    assert "thu.ha" not in repr(told).casefold()
    assert "Thu" not in repr(told)
    async with engine.connect() as connection:
        accepted = (await connection.execute(select(invitation.c.accepted_by))).scalar_one()
    assert accepted is not None
