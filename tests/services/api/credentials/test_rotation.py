"""A device's passwords over the real broker: several at once, each with its own dates."""

import asyncio
from typing import Any

import aiomqtt
import httpx
import pytest
from aiomqtt import ProtocolVersion
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.credentials.keeping.keeper import Keeper
from services.api.resources import Resources
from shared.db.session import unit_of_work
from shared.domain.credentials import MOST_IN_FORCE
from tests.services.api.conftest import Clock
from tests.support.people import SUNFLOWER, Province, log_in

DEVICE = f"/facilities/{SUNFLOWER}/devices/gw"
Mqtt = dict[str, Any]


class House:
    """A gateway on record, its manager, and the loop that follows the dates."""

    def __init__(self, api: httpx.AsyncClient, province: Province, resources: Resources) -> None:
        self.api, self.resources = api, resources
        self.who, self.user_id = province.manager, province.user_ids["manager"]
        self.keeper = Keeper(resources)
        self.first: Mqtt = {}

    async def log_in_again(self, engine: AsyncEngine) -> None:
        """Sessions do not live as long as these tests go on."""
        async with unit_of_work(engine) as connection:
            self.who = await log_in(connection, self.user_id, self.resources.now())

    async def register(self) -> None:
        made = await self.api.post(
            f"/facilities/{SUNFLOWER}/devices",
            json={"code": "gw", "kind": "gateway"},
            headers=self.who,
        )
        self.first = made.json()["mqtt"]

    async def rotate(self, **asked: object) -> Any:
        return await self.api.post(f"{DEVICE}/credentials", json=asked, headers=self.who)

    async def rotated(self, **asked: object) -> Mqtt:
        answer = await self.rotate(**asked)
        assert answer.status_code == 201, answer.text
        mqtt: Mqtt = answer.json()["mqtt"]
        return mqtt

    async def standings(self) -> dict[int, tuple[str, str | None]]:
        listed = (await self.api.get(f"{DEVICE}/credentials", headers=self.who)).json()["items"]
        return {one["number"]: (one["standing"], one["ended_because"]) for one in listed}


@pytest.fixture
async def house(api: httpx.AsyncClient, province: Province, resources: Resources) -> House:
    house = House(api, province, resources)
    await house.register()
    return house


def connected(mqtt: Mqtt) -> aiomqtt.Client:
    return aiomqtt.Client(
        mqtt["host"],
        mqtt["port"],
        username=mqtt["username"],
        password=mqtt["password"],
        protocol=ProtocolVersion.V5,
        timeout=5,
    )


async def is_admitted(mqtt: Mqtt) -> bool:
    try:
        async with connected(mqtt):
            return True
    except aiomqtt.MqttError:
        return False


async def ended(live: aiomqtt.Client) -> None:
    """Returns when the broker has ended the session."""
    with pytest.raises(aiomqtt.MqttError):
        async with asyncio.timeout(5):
            await anext(aiter(live.messages))


async def test_old_password_holds_for_a_day_beside_the_new_one_and_its_session_lives_on(
    house: House, clock: Clock, engine: AsyncEngine
) -> None:
    clock.advance(minutes=10)
    async with connected(house.first) as live:
        new = await house.rotated()
        await live.publish(new["heartbeat_topic"], b"[]", qos=1)
        assert (await is_admitted(house.first), await is_admitted(new)) == (True, True)
        clock.advance(hours=23, minutes=59)
        await house.keeper.look()
        await live.publish(new["heartbeat_topic"], b"[]", qos=1)
        clock.advance(minutes=1)
        await house.keeper.look()
        await ended(live)
    assert (await is_admitted(house.first), await is_admitted(new)) == (False, True)
    await house.log_in_again(engine)
    assert await house.standings() == {1: ("ended", "expired"), 2: ("in_force", None)}


async def test_without_overlap_the_old_password_and_its_session_end_at_once(house: House) -> None:
    async with connected(house.first) as live:
        new = await house.rotated(overlap_s=0)
        await ended(live)
    assert (await is_admitted(house.first), await is_admitted(new)) == (False, True)
    assert await house.standings() == {1: ("ended", "rotated"), 2: ("in_force", None)}


async def test_password_for_later_is_refused_until_its_time_has_come(
    house: House, clock: Clock
) -> None:
    later = "2026-07-01T20:00:00Z"
    new = await house.rotated(not_before=later, overlap_s=3600)
    await house.keeper.look()
    assert (await is_admitted(house.first), await is_admitted(new)) == (True, False)
    clock.advance(hours=12)
    await house.keeper.look()
    assert (await is_admitted(house.first), await is_admitted(new)) == (True, True)
    clock.advance(hours=1)
    await house.keeper.look()
    assert (await is_admitted(house.first), await is_admitted(new)) == (False, True)


async def test_password_with_an_end_ends_by_itself(house: House, clock: Clock) -> None:
    guest = await house.rotated(not_after="2026-07-01T09:00:00Z")
    assert await is_admitted(guest)
    clock.advance(hours=1)
    await house.keeper.look()
    assert not await is_admitted(guest)
    # The first one was to end a day later, and does not end earlier for that.
    assert await is_admitted(house.first)


async def test_one_password_is_revoked_and_the_others_go_on(house: House) -> None:
    new = await house.rotated()
    async with connected(house.first) as live, connected(new) as other:
        gone = await house.api.delete(f"{DEVICE}/credentials/1", headers=house.who)
        assert gone.status_code == 204
        await ended(live)
        await other.publish(new["heartbeat_topic"], b"[]", qos=1)
    assert await house.standings() == {1: ("ended", "revoked"), 2: ("in_force", None)}
    missing = await house.api.delete(f"{DEVICE}/credentials/9", headers=house.who)
    assert missing.status_code == 404


async def test_all_are_revoked_those_that_wait_too(
    house: House, clock: Clock, engine: AsyncEngine
) -> None:
    waiting = await house.rotated(not_before="2026-07-01T20:00:00Z")
    gone = await house.api.delete(f"{DEVICE}/credentials", headers=house.who)
    assert gone.status_code == 204
    clock.advance(days=1)
    await house.keeper.look()
    assert (await is_admitted(house.first), await is_admitted(waiting)) == (False, False)
    await house.log_in_again(engine)
    assert set((await house.standings()).values()) == {("ended", "revoked")}
    assert await is_admitted(await house.rotated())


async def test_so_many_hold_at_once_and_no_more(house: House) -> None:
    for _ in range(MOST_IN_FORCE - 1):
        await house.rotated()
    refused = await house.rotate()
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_credentials")
    assert (await house.rotate(overlap_s=0)).status_code == 201


@pytest.mark.parametrize(
    "asked",
    [
        {"overlap_s": -1},
        {"overlap_s": 91 * 86_400},
        {"overlap_s": "NaN"},
        {"not_before": "2020-01-01T00:00:00Z"},
        {"not_before": "2030-01-01T00:00:00Z"},
        {"not_before": "2026-07-02T00:00:00"},
        {"not_after": "2026-06-30T00:00:00Z"},
    ],
)
async def test_dates_that_make_no_sense_are_refused_and_nothing_is_made(
    house: House, asked: dict[str, object]
) -> None:
    refused = await house.rotate(**asked)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert await house.standings() == {1: ("in_force", None)}


async def test_no_name_is_given_twice(house: House) -> None:
    names = {house.first["username"]}
    for _ in range(3):
        names.add((await house.rotated(overlap_s=0))["username"])
    assert names == {f"{SUNFLOWER}/gw", *(f"{SUNFLOWER}/gw~{n}" for n in (2, 3, 4))}


async def test_list_is_paged_and_never_shows_a_password(house: House) -> None:
    for _ in range(4):
        await house.rotated(overlap_s=0)
    pages, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = await house.api.get(f"{DEVICE}/credentials", params=query, headers=house.who)
        assert "password" not in answer.text
        pages.append([one["number"] for one in answer.json()["items"]])
        if (cursor := answer.json()["next"]) is None:
            break
    assert pages == [[5, 4], [3, 2], [1]]


async def test_only_who_manages_devices_there_sees_and_changes_credentials(
    house: House, province: Province
) -> None:
    async def statuses(who: dict[str, str]) -> list[int]:
        ask = house.api.request
        address = f"{DEVICE}/credentials"
        answers = [
            await ask("GET", address, headers=who),
            await ask("POST", address, headers=who),
            await ask("DELETE", address, headers=who),
            await ask("DELETE", f"{address}/1", headers=who),
            await ask("POST", f"{DEVICE}/replacements", json={}, headers=who),
        ]
        return [answer.status_code for answer in answers]

    assert await statuses(province.inspector) == [403] * 5
    assert await statuses(province.lotus_manager) == [404] * 5
    assert await is_admitted(house.first)


async def test_who_rotated_and_revoked_is_on_record(house: House, engine: AsyncEngine) -> None:
    await house.rotated()
    await house.api.delete(f"{DEVICE}/credentials/1", headers=house.who)
    async with engine.connect() as connection:
        lines = await connection.execute(
            text(
                "SELECT verb, key, detail FROM access_log "
                "WHERE subject = 'device_credential' ORDER BY n"
            )
        )
        assert [tuple(line) for line in lines] == [
            ("create", f"{SUNFLOWER}/gw", '{"number": 2, "overlap_s": 86400.0}'),
            ("revoke", f"{SUNFLOWER}/gw", '{"number": 1}'),
        ]


async def test_replaced_hardware_knows_nothing_that_opens_and_the_record_stays(
    house: House, engine: AsyncEngine, clock: Clock
) -> None:
    key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    added = await house.api.post(f"{DEVICE}/keys", json={"public_key": key}, headers=house.who)
    assert added.status_code == 201, added.text
    before = (await house.api.get(DEVICE, headers=house.who)).json()
    clock.advance(days=3)
    await house.log_in_again(engine)
    async with connected(house.first) as live:
        answer = await house.api.post(
            f"{DEVICE}/replacements", json={"reason": "Hỏng nguồn"}, headers=house.who
        )
        assert answer.status_code == 201, answer.text
        await ended(live)
    assert await is_admitted(answer.json()["mqtt"])
    keys = (await house.api.get(f"{DEVICE}/keys", headers=house.who)).json()["items"]
    assert [one["revoked_at"] for one in keys] == ["2026-07-04T08:00:00Z"]
    listed = (await house.api.get(f"{DEVICE}/replacements", headers=house.who)).json()["items"]
    assert listed == [{"replaced_at": "2026-07-04T08:00:00Z", "reason": "Hỏng nguồn"}]
    assert await house.standings() == {1: ("ended", "replaced"), 2: ("in_force", None)}
    after = (await house.api.get(DEVICE, headers=house.who)).json()
    assert after["registered_at"] == before["registered_at"]
