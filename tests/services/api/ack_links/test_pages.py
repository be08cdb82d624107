"""Whoever was told takes it up from the message: once, in time, and nobody learns more by it."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.access_log import access_log
from shared.db.tables.people import acknowledgement, role_assignment, user_account
from shared.domain import ack_link
from tests.services.api.conftest import LINK_KEY, Clock
from tests.services.api.incidents.conftest import Troubles
from tests.support.people import Province

PHONE = httpx.AsyncClient


async def link(troubles: Troubles, incident_id: int, to: str = "manager", **values: object) -> str:
    number = await troubles.message(incident_id, to, **values)
    return path_of(number, troubles)


def path_of(number: int, troubles: Troubles, key: str = LINK_KEY) -> str:
    token = ack_link.make(number, written_at=troubles.now, key=key.encode())
    return f"/a/{token}"


async def given(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as connection:
        return list(await connection.execute(select(acknowledgement)))


async def test_looking_takes_nothing_up(
    phone: PHONE, troubles: Troubles, engine: AsyncEngine
) -> None:
    path = await link(troubles, await troubles.incident())
    for look in (phone.get, phone.get, phone.head):
        await look(path)
    assert await given(engine) == []


async def test_the_page_says_what_and_since_when_and_names_nobody(
    phone: PHONE, troubles: Troubles
) -> None:
    answer = await phone.get(await link(troubles, await troubles.incident()))
    assert answer.status_code == 200
    assert "Facility SUN-01" in answer.text
    assert "Thiết bị ngừng báo" in answer.text
    assert "10 phút" in answer.text
    for name in ("Manager", "manager@", "Caregiver"):
        assert name not in answer.text


async def test_one_press_takes_it_up_in_the_name_of_who_was_told(
    phone: PHONE, troubles: Troubles, engine: AsyncEngine, province: Province
) -> None:
    incident_id = await troubles.incident()
    number = await troubles.message(incident_id)
    answer = await phone.post(path_of(number, troubles))
    assert (answer.status_code, answer.headers["location"]) == (303, path_of(number, troubles))
    (row,) = await given(engine)
    assert (row.incident_id, row.user_id) == (incident_id, province.user_ids["manager"])
    assert (row.via, row.notification_id) == ("link", number)
    after = await phone.get(path_of(number, troubles))
    assert "Bạn đã tiếp nhận" in after.text
    assert '<form method="post" action="/a/' not in after.text


async def test_a_second_press_changes_nothing_also_at_once(
    phone: PHONE, troubles: Troubles, engine: AsyncEngine
) -> None:
    path = await link(troubles, await troubles.incident())
    answers = await asyncio.gather(*(phone.post(path) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {303}
    assert len(await given(engine)) == 1


async def test_what_was_done_by_a_link_is_on_record(
    phone: PHONE, troubles: Troubles, engine: AsyncEngine, province: Province
) -> None:
    incident_id = await troubles.incident()
    await phone.post(await link(troubles, incident_id))
    async with engine.connect() as connection:
        (line,) = await connection.execute(
            select(access_log).where(access_log.c.verb == "acknowledge")
        )
    assert line.actor == f"user:{province.user_ids['manager']}"
    assert (line.subject, line.key) == ("incident", str(incident_id))


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_link_that_opens_nothing_says_why(
    phone: PHONE, troubles: Troubles, clock: Clock, language: str
) -> None:
    said = {
        "vi": ("không phải của chúng tôi", "quá cũ", "đã kết thúc"),
        "en": ("not ours", "too old", "is over"),
    }[language]
    phone.cookies.set("giamsat_lang", language)
    number = await troubles.message(await troubles.incident())
    ended = await troubles.message(
        await troubles.incident(cause="picture", state="resolved", resolved_at=clock.at)
    )
    forged = await phone.get(path_of(number, troubles, key="a" * 40))
    assert (forged.status_code, said[0] in forged.text) == (404, True)
    assert "Facility" not in forged.text
    over = await phone.get(path_of(ended, troubles))
    assert (over.status_code, said[2] in over.text) == (410, True)
    clock.advance(days=7)
    old = await phone.get(path_of(number, troubles))
    assert (old.status_code, said[1] in old.text) == (410, True)
    assert "Facility" not in old.text


async def test_what_does_not_open_takes_nothing_up(
    phone: PHONE, troubles: Troubles, clock: Clock, engine: AsyncEngine
) -> None:
    number = await troubles.message(await troubles.incident())
    ended = await troubles.message(
        await troubles.incident(cause="picture", state="resolved", resolved_at=clock.at)
    )
    assert (await phone.post(path_of(number, troubles, key="a" * 40))).status_code == 404
    assert (await phone.post(path_of(ended, troubles))).status_code == 410
    clock.advance(days=7)
    assert (await phone.post(path_of(number, troubles))).status_code == 410
    assert await given(engine) == []


async def test_who_no_longer_holds_a_role_there_takes_nothing_up(
    phone: PHONE, troubles: Troubles, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    path = await link(troubles, await troubles.incident())
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(role_assignment)
            .where(role_assignment.c.user_id == province.user_ids["manager"])
            .values(valid_to=clock.at)
        )
    refused = await phone.post(path)
    assert (refused.status_code, "không còn giữ vai trò" in refused.text) == (403, True)
    assert await given(engine) == []


async def test_a_closed_account_takes_nothing_up(
    phone: PHONE, troubles: Troubles, engine: AsyncEngine, province: Province, clock: Clock
) -> None:
    path = await link(troubles, await troubles.incident())
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(user_account)
            .where(user_account.c.id == province.user_ids["manager"])
            .values(disabled_at=clock.at)
        )
    assert (await phone.post(path)).status_code == 403
    assert await given(engine) == []


async def test_a_message_to_no_person_has_no_link(phone: PHONE, troubles: Troubles) -> None:
    path = await link(troubles, await troubles.incident(), user_id=None)
    assert (await phone.get(path)).status_code == 404


async def test_a_page_of_others_cannot_press_for_anybody(
    phone: PHONE, troubles: Troubles, engine: AsyncEngine
) -> None:
    path = await link(troubles, await troubles.incident())
    for headers in (
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://elsewhere.test"},
        {"Sec-Fetch-Site": "none", "Origin": "http://elsewhere.test"},
    ):
        assert (await phone.post(path, headers=headers)).status_code == 403
    assert await given(engine) == []


async def test_a_browser_without_tls_says_no_origin_and_may(
    phone: PHONE, troubles: Troubles, engine: AsyncEngine
) -> None:
    path = await link(troubles, await troubles.incident())
    del phone.headers["Sec-Fetch-Site"]
    assert (await phone.post(path, headers={"Origin": "null"})).status_code == 303
    assert len(await given(engine)) == 1


async def test_the_address_goes_to_nobody_else_and_into_no_cache(
    phone: PHONE, troubles: Troubles
) -> None:
    path = await link(troubles, await troubles.incident())
    for answer in (await phone.get(path), await phone.post(path), await phone.get(path + "x")):
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]


async def test_whoever_guesses_has_to_wait_and_whoever_holds_a_link_has_not(
    phone: PHONE, troubles: Troubles
) -> None:
    path = await link(troubles, await troubles.incident())
    assert {(await phone.get(path)).status_code for _ in range(25)} == {200}
    guesses = [(await phone.get(f"{path[:-1]}{sign}")).status_code for sign in "234567" * 4]
    assert guesses[:20] == [404] * 20
    assert guesses[20:] == [429] * 4


async def test_who_was_told_twice_takes_it_up_once(
    phone: PHONE, troubles: Troubles, engine: AsyncEngine
) -> None:
    incident_id = await troubles.incident()
    first = await link(troubles, incident_id)
    second = await link(troubles, incident_id, occasion=2, created_at=troubles.now)
    assert (await phone.post(first)).status_code == 303
    again = await phone.get(second)
    assert (again.status_code, "Bạn đã tiếp nhận" in again.text) == (200, True)
    await phone.post(second)
    assert len(await given(engine)) == 1


async def test_the_link_speaks_the_language_of_its_message(
    phone: PHONE, troubles: Troubles
) -> None:
    path = await link(troubles, await troubles.incident(), language="en")
    assert "I take it up" in (await phone.get(path)).text


async def test_an_old_link_stays_good_until_its_last_second(
    phone: PHONE, troubles: Troubles, clock: Clock
) -> None:
    path = await link(troubles, await troubles.incident())
    clock.at += ack_link.LASTS - timedelta(seconds=1)
    assert (await phone.get(path)).status_code == 200
