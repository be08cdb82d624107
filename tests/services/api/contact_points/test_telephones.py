"""A person's own telephones: proved by a code, tried out, and nobody else's business."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import reading, unit_of_work
from shared.db.tables.access_log import access_log
from shared.db.tables.channels import contact_point, person_text
from shared.db.tables.outbox import address_fault
from tests.services.api.conftest import Clock
from tests.support.people import Headers, Province

HERE = "/account/telephones"
NUMBER = "+84901234567"


@pytest.fixture
def me(province: Province) -> Headers:
    return province.caregiver


async def added(
    api: httpx.AsyncClient, me: Headers, number: str = "0901 234 567", **more: str
) -> int:
    answer = await api.post(HERE, json={"number": number, **more}, headers=me)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def sent_code(engine: AsyncEngine) -> str:
    """As it came by short message."""
    async with reading(engine) as connection:
        body = await connection.scalar(
            select(person_text.c.body)
            .where(person_text.c.kind == "code")
            .order_by(person_text.c.id.desc())
            .limit(1)
        )
    found = re.search(r"\b\d{6}\b", str(body))
    assert found
    return found[0]


async def verified(api: httpx.AsyncClient, engine: AsyncEngine, me: Headers) -> int:
    telephone = await added(api, me)
    body = {"code": await sent_code(engine)}
    answer = await api.post(f"{HERE}/{telephone}/verification", json=body, headers=me)
    assert answer.status_code == 200, answer.text
    return telephone


async def test_a_code_proves_whose_telephone_it_is(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers, clock: Clock
) -> None:
    telephone = await added(api, me, label="Trực đêm")
    [shown] = (await api.get(HERE, headers=me)).json()
    assert (shown["number"], shown["label"], shown["verified_at"]) == (NUMBER, "Trực đêm", None)
    assert shown["last_text"]["kind"] == "code"
    code = await sent_code(engine)
    spaced = f" {code[:3]} {code[3:]} "
    answer = await api.post(f"{HERE}/{telephone}/verification", json={"code": spaced}, headers=me)
    assert answer.json()["verified_at"] is not None
    async with reading(engine) as connection:
        row = (await connection.execute(select(contact_point))).one()
    assert (row.verified_at, row.code_hash) == (clock.at, None)


async def test_the_code_lies_in_no_row_but_the_message(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers
) -> None:
    await added(api, me)
    code = await sent_code(engine)
    async with reading(engine) as connection:
        row = (await connection.execute(select(contact_point))).one()
    assert code.encode() not in row.code_hash
    assert row.code_hash.startswith(b"$argon2id$")


async def test_a_wrong_code_proves_nothing_and_guessing_has_an_end(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers, clock: Clock
) -> None:
    telephone = await added(api, me)
    code = await sent_code(engine)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    path = f"{HERE}/{telephone}/verification"
    for _ in range(5):
        answer = await api.post(path, json={"code": wrong}, headers=me)
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_code")
    answer = await api.post(path, json={"code": code}, headers=me)
    assert answer.status_code == 429
    clock.advance(minutes=16)
    answer = await api.post(path, json={"code": code}, headers=me)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_code")


async def test_another_code_takes_the_place_of_the_first(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers
) -> None:
    telephone = await added(api, me)
    first = await sent_code(engine)
    assert (await api.post(f"{HERE}/{telephone}/code", headers=me)).status_code == 202
    second = await sent_code(engine)
    path = f"{HERE}/{telephone}/verification"
    if first != second:
        assert (await api.post(path, json={"code": first}, headers=me)).status_code == 409
    assert (await api.post(path, json={"code": second}, headers=me)).status_code == 200


@pytest.mark.parametrize("number", ["0241234567", "123", "không", "+84 90", "0901234567x"])
async def test_only_mobile_numbers_are_taken(
    api: httpx.AsyncClient, me: Headers, number: str
) -> None:
    answer = await api.post(HERE, json={"number": number}, headers=me)
    assert answer.status_code == 422


async def test_nobody_adds_a_telephone_twice_or_a_sixth(
    api: httpx.AsyncClient, me: Headers
) -> None:
    await added(api, me)
    again = await api.post(HERE, json={"number": "+84901234567"}, headers=me)
    assert (again.status_code, again.json()["code"]) == (409, "telephone_known")
    for last in range(1, 5):
        await added(api, me, f"090123456{last}")
    sixth = await api.post(HERE, json={"number": "0907000000"}, headers=me)
    assert (sixth.status_code, sixth.json()["code"]) == (409, "too_many_telephones")


async def test_codes_are_not_sent_without_end(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    """Not to one number, whoever asks."""
    for who, again in ((province.manager, 2), (province.caregiver, 1)):
        telephone = await added(api, who)
        for _ in range(again):
            answer = await api.post(f"{HERE}/{telephone}/code", headers=who)
            assert answer.status_code == 202
    refused = await api.post(HERE, json={"number": NUMBER}, headers=province.commune)
    assert refused.status_code == 429
    async with reading(engine) as connection:
        sent = (await connection.execute(select(person_text.c.id))).all()
    assert len(sent) == 5


async def test_a_test_is_sent_to_a_proved_telephone_only(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers
) -> None:
    telephone = await added(api, me)
    refused = await api.post(f"{HERE}/{telephone}/test", headers=me)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_verified")
    body = {"code": await sent_code(engine)}
    await api.post(f"{HERE}/{telephone}/verification", json=body, headers=me)
    answer = await api.post(f"{HERE}/{telephone}/test", headers=me)
    assert answer.status_code == 202
    assert (answer.json()["last_text"]["kind"], answer.json()["last_text"]["state"]) == (
        "test", "pending",
    )  # fmt: skip


async def test_spelling_and_name_can_be_changed(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers
) -> None:
    telephone = await verified(api, engine, me)
    answer = await api.patch(
        f"{HERE}/{telephone}", json={"spelling": "marked", "label": "Nhà"}, headers=me
    )
    assert (answer.json()["spelling"], answer.json()["label"]) == ("marked", "Nhà")
    answer = await api.patch(f"{HERE}/{telephone}", json={"spelling": "unmarked"}, headers=me)
    assert answer.json()["spelling"] == "unmarked"
    assert (await api.patch(f"{HERE}/{telephone}", json={}, headers=me)).status_code == 422


async def test_a_removed_telephone_is_gone_and_may_come_back(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers
) -> None:
    telephone = await verified(api, engine, me)
    assert (await api.delete(f"{HERE}/{telephone}", headers=me)).status_code == 204
    assert (await api.get(HERE, headers=me)).json() == []
    assert (await api.delete(f"{HERE}/{telephone}", headers=me)).status_code == 404
    again = await added(api, me)
    [shown] = (await api.get(HERE, headers=me)).json()
    assert (shown["id"], shown["verified_at"]) == (again, None)


@pytest.mark.parametrize("who", ["admin", "manager", "officer"])
async def test_what_is_somebody_elses_is_not_there(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, me: Headers, who: str
) -> None:
    telephone = await verified(api, engine, me)
    other = getattr(province, who)
    assert (await api.get(HERE, headers=other)).json() == []
    tries = [
        await api.delete(f"{HERE}/{telephone}", headers=other),
        await api.patch(f"{HERE}/{telephone}", json={"label": "x"}, headers=other),
        await api.post(f"{HERE}/{telephone}/test", headers=other),
        await api.post(f"{HERE}/{telephone}/code", headers=other),
        await api.post(f"{HERE}/{telephone}/verification", json={"code": "1"}, headers=other),
    ]
    absent = await api.delete(f"{HERE}/987654", headers=other)
    assert {answer.status_code for answer in tries} == {404}
    assert {answer.json()["detail"] for answer in tries} == {absent.json()["detail"]}
    assert len((await api.get(HERE, headers=me)).json()) == 1


async def test_all_of_it_is_on_record_without_the_number(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers
) -> None:
    telephone = await verified(api, engine, me)
    await api.post(f"{HERE}/{telephone}/test", headers=me)
    await api.delete(f"{HERE}/{telephone}", headers=me)
    async with reading(engine) as connection:
        lines = (await connection.execute(select(access_log).order_by(access_log.c.n))).all()
    assert [line.verb for line in lines] == ["create", "change", "request", "remove"]
    assert "901234567" not in str(lines)


async def test_a_telephone_that_fails_says_so(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers, clock: Clock
) -> None:
    await verified(api, engine, me)
    async with unit_of_work(engine) as connection:
        await connection.execute(
            insert(address_fault).values(
                channel="sms", address=NUMBER, since_at=clock.at, reason="bad_receipt"
            )
        )
        await connection.execute(update(person_text).values(state="sent", receipt="delivered"))
    [shown] = (await api.get(HERE, headers=me)).json()
    assert shown["is_failing"] is True
    assert shown["last_text"]["receipt"] == "delivered"


async def test_a_code_that_is_too_old_proves_nothing(
    api: httpx.AsyncClient, engine: AsyncEngine, me: Headers, clock: Clock
) -> None:
    telephone = await added(api, me)
    code = await sent_code(engine)
    clock.at += timedelta(minutes=15)
    answer = await api.post(f"{HERE}/{telephone}/verification", json={"code": code}, headers=me)
    assert answer.status_code == 409
