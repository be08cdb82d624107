"""Rules for foreign messages over a real database: who may change them, and what they then mean."""

import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.coverage import quarantine, quarantine_message
from shared.db.tables.registry import adapter_rule, device, facility, registry_version
from tests.services.api.conftest import Clock
from tests.support.people import LOTUS, SUNFLOWER, Province

RULES = f"/facilities/{SUNFLOWER}/adapter-rules"
RULE = {
    "publisher": "hub",
    "dialect": "tasmota",
    "prefix": "nha-a",
    "name": "cua-bep",
    "device": "door",
}
TELEMETRY = '{"Time":"2026-07-01T15:00:00","UptimeSec":86400,"Wifi":{"Signal":-61,"LinkCount":1}}'


@pytest.fixture(autouse=True)
async def devices(province: Province, engine: AsyncEngine, clock: Clock) -> dict[str, int]:
    """A hub, two doors and a retired one in Sunflower, a hub in Lotus; there for ten minutes."""
    found: dict[str, int] = {}
    async with unit_of_work(engine) as connection:
        for where, code, kind, retired_at in (
            (SUNFLOWER, "hub", "gateway", None),
            (SUNFLOWER, "door", "door", None),
            (SUNFLOWER, "gate", "door", None),
            (SUNFLOWER, "old", "door", clock.at),
            (LOTUS, "lotus-hub", "gateway", None),
        ):
            found[code] = (
                await connection.execute(
                    insert(device)
                    .values(
                        facility_id=province.facility_ids[where],
                        code=code,
                        name=f"Device {code}",
                        kind=kind,
                        interval_s=300,
                        registered_at=clock.at - timedelta(minutes=10),
                        retired_at=retired_at,
                    )
                    .returning(device.c.id)
                )
            ).scalar_one()
    return found


async def added(api: httpx.AsyncClient, province: Province, **changed: object) -> Any:
    made = await api.post(RULES, json={**RULE, **changed}, headers=province.manager)
    assert made.status_code == 201, made.text
    return made.json()


async def tried(api: httpx.AsyncClient, province: Province, **message: object) -> Any:
    whole = {"publisher": "hub", "topic": "nha-a/tele/cua-bep/STATE", "payload": TELEMETRY}
    answer = await api.post(f"{RULES}/test", json={**whole, **message}, headers=province.manager)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def version_of(engine: AsyncEngine, rule_id: int) -> int:
    async with engine.connect() as connection:
        found = await connection.scalar(
            select(adapter_rule.c.version).where(adapter_rule.c.id == rule_id)
        )
        return int(found or 0)


async def test_rule_is_added_read_and_listed(api: httpx.AsyncClient, province: Province) -> None:
    made = await api.post(RULES, json=RULE, headers=province.manager)
    assert made.status_code == 201
    rule = made.json()
    assert made.headers["Location"] == f"/api/v1{RULES}/{rule['id']}"
    assert rule == {
        **RULE,
        "id": rule["id"],
        "is_in_service": True,
        "created_at": "2026-07-01T08:00:00Z",
    }
    read = await api.get(f"{RULES}/{rule['id']}", headers=province.officer)
    assert read.json() == rule
    listed = await api.get(RULES, headers=province.manager)
    assert listed.json() == {"items": [rule], "next": None}
    others = await api.get(f"{RULES}?publisher=door", headers=province.manager)
    assert others.json()["items"] == []


async def test_rules_come_in_pages_newest_first(api: httpx.AsyncClient, province: Province) -> None:
    ids = [(await added(api, province, name=f"n{number}"))["id"] for number in range(3)]
    first = (await api.get(f"{RULES}?limit=2", headers=province.manager)).json()
    assert [rule["id"] for rule in first["items"]] == ids[:0:-1]
    rest = await api.get(f"{RULES}?limit=2&cursor={first['next']}", headers=province.manager)
    assert [rule["id"] for rule in rest.json()["items"]] == ids[:1]


async def test_whoever_reads_the_registry_on_sees_each_change_by_its_version(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    async def now() -> int:
        async with engine.connect() as connection:
            return int(await connection.scalar(select(registry_version.c.version)) or 0)

    before = await now()
    rule = await added(api, province)
    assert await version_of(engine, rule["id"]) == before + 1
    await api.delete(f"{RULES}/{rule['id']}", headers=province.manager)
    assert await version_of(engine, rule["id"]) == before + 2


async def test_name_means_one_device_at_a_time(api: httpx.AsyncClient, province: Province) -> None:
    there = await added(api, province)
    again = {**RULE, "dialect": "onvif", "device": "gate"}
    refused = await api.post(RULES, json=again, headers=province.manager)
    assert (refused.status_code, refused.json()["code"]) == (409, "rule_exists")
    assert refused.json()["detail"] == (
        f"“cua-bep” from hub below nha-a means door already (rule {there['id']}). "
        "Change that rule, remove it first, or use another prefix."
    )
    await added(api, province, prefix="nha-b")
    await added(api, province, name="*")
    removed = await api.delete(f"{RULES}/{there['id']}", headers=province.manager)
    assert removed.status_code == 204
    assert (await added(api, province, device="gate"))["device"] == "gate"


async def test_changed_rule_is_a_new_one_and_the_old_one_stays_on_record(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    old = await added(api, province)
    clock.advance(minutes=1)
    changed = await api.patch(
        f"{RULES}/{old['id']}", json={"device": "gate"}, headers=province.manager
    )
    assert changed.status_code == 200
    new = changed.json()
    assert new == {
        **old,
        "id": new["id"],
        "device": "gate",
        "created_at": "2026-07-01T08:01:00Z",
    }
    assert new["id"] != old["id"]
    assert (await api.get(f"{RULES}/{old['id']}", headers=province.manager)).status_code == 404
    async with engine.connect() as connection:
        rows = await connection.execute(
            select(adapter_rule.c.device_id, adapter_rule.c.removed_at).order_by(adapter_rule.c.id)
        )
        assert [row.removed_at for row in rows] == [clock.at, None]


async def test_change_into_the_name_of_another_rule_leaves_both_as_they_were(
    api: httpx.AsyncClient, province: Province
) -> None:
    first = await added(api, province)
    second = await added(api, province, name="cong")
    address = f"{RULES}/{second['id']}"
    refused = await api.patch(address, json={"name": "cua-bep"}, headers=province.manager)
    assert (refused.status_code, refused.json()["code"]) == (409, "rule_exists")
    listed = (await api.get(RULES, headers=province.manager)).json()["items"]
    assert listed == [second, first]
    same = await api.patch(address, json={"name": "cong"}, headers=province.manager)
    assert (same.status_code, same.json()) == (200, second)
    nothing = await api.patch(address, json={}, headers=province.manager)
    assert nothing.status_code == 422


async def test_removing_twice_changes_nothing(api: httpx.AsyncClient, province: Province) -> None:
    rule = await added(api, province)
    for _ in range(2):
        answer = await api.delete(f"{RULES}/{rule['id']}", headers=province.manager)
        assert answer.status_code == 204
    assert (await api.get(RULES, headers=province.manager)).json()["items"] == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"device": "lotus-hub"}, "body.device"),
        ({"device": "nobody"}, "body.device"),
        ({"device": "old"}, "body.device"),
        ({"publisher": "lotus-hub"}, "body.publisher"),
        ({"publisher": "old"}, "body.publisher"),
        ({"dialect": "klingon"}, "body.dialect"),
        ({"prefix": "a/+/b"}, "body.prefix"),
        ({"prefix": "a//b"}, "body.prefix"),
        ({"prefix": "a\u200bb"}, "body.prefix"),
        ({"name": ""}, "body.name"),
        ({"name": "a\x00b"}, "body.name"),
        ({"name": "a" * 201}, "body.name"),
    ],
)
async def test_rule_that_cannot_be_is_refused_with_the_field_that_is_wrong(
    api: httpx.AsyncClient,
    province: Province,
    engine: AsyncEngine,
    changed: dict[str, str],
    field: str,
) -> None:
    refused = await api.post(RULES, json={**RULE, **changed}, headers=province.manager)
    assert refused.status_code == 422
    assert [fault["field"] for fault in refused.json()["errors"]] == [field]
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(adapter_rule)) == 0


async def test_prefix_is_understood_and_a_name_kept_letter_by_letter(
    api: httpx.AsyncClient, province: Province
) -> None:
    decomposed = "cu\u031b\u0309a"
    made = await added(api, province, prefix=f"giamsat/v1/{SUNFLOWER}/hub/nha-a/#", name=decomposed)
    assert (made["prefix"], made["name"]) == ("nha-a", decomposed)


async def test_rule_of_a_device_retired_since_is_shown_as_without_effect(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    await added(api, province)
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(device).where(device.c.code == "door").values(retired_at=clock.at)
        )
    listed = (await api.get(RULES, headers=province.manager)).json()["items"]
    assert [rule["is_in_service"] for rule in listed] == [False]


async def test_message_is_told_as_what_would_be_counted_of_it(
    api: httpx.AsyncClient, province: Province
) -> None:
    await added(api, province)
    meaning = await tried(api, province)
    assert meaning == {
        "publisher": "hub",
        "topic": "nha-a/tele/cua-bep/STATE",
        "outcome": "understood",
        "dialect": "tasmota",
        "prefix": "nha-a",
        "attestations": [
            {
                "device": "door",
                "start": "2026-07-01T07:54:00Z",
                "end": "2026-07-01T08:00:00Z",
                "is_one_interval": True,
                "state": "ok",
                "readings": {"rssi": -61.0},
                "credited": {"start": "2026-07-01T07:54:00Z", "end": "2026-07-01T08:00:00Z"},
                "refusal": None,
                "words": "Đã giám sát một chu kỳ (6 phút) đến 15:00:00. Tín hiệu -61 dBm.",
            }
        ],
        "conditions": [
            {
                "device": "door",
                "condition": "offline",
                "holds": False,
                "at": "2026-07-01T08:00:00Z",
                "words": "Hết từ 15:00:00: đã tắt hoặc mất kết nối.",
            }
        ],
        "unmapped": [],
        "expected": None,
        "guesses": [],
        "words": "Đã hiểu: đây là tin của Tasmota.",
    }


async def test_full_topic_says_who_published(api: httpx.AsyncClient, province: Province) -> None:
    await added(api, province)
    topic = f"giamsat/v1/{SUNFLOWER}/hub/nha-a/tele/cua-bep/LWT"
    meaning = await tried(api, province, publisher=None, topic=topic, payload="Offline")
    assert (meaning["publisher"], meaning["topic"]) == ("hub", "nha-a/tele/cua-bep/LWT")
    assert meaning["attestations"] == []
    assert [told["holds"] for told in meaning["conditions"]] == [True]
    encoded = base64.b64encode(b"Offline").decode()
    same = await tried(api, province, topic=topic, payload=None, payload_base64=encoded)
    assert same == meaning


async def test_rule_may_be_tried_before_it_is_kept(
    api: httpx.AsyncClient, province: Province
) -> None:
    await added(api, province)
    draft = {**RULE, "device": "gate"}
    meaning = await tried(api, province, rules=[draft])
    assert [one["device"] for one in meaning["attestations"]] == ["gate"]
    kept = await tried(api, province)
    assert [one["device"] for one in kept["attestations"]] == ["door"]
    foreign = await api.post(
        f"{RULES}/test",
        json={"publisher": "hub", "topic": "a/b", "rules": [{**RULE, "device": "lotus-hub"}]},
        headers=province.manager,
    )
    assert (foreign.status_code, foreign.json()["errors"][0]["field"]) == (
        422,
        "body.rules.device",
    )


async def test_name_without_a_rule_and_what_cannot_be_read_are_told(
    api: httpx.AsyncClient, province: Province
) -> None:
    await added(api, province)
    stranger = await tried(api, province, topic="nha-a/tele/cong/STATE")
    assert (stranger["outcome"], stranger["unmapped"]) == ("understood", ["cong"])
    broken = await tried(api, province, payload="{")
    assert broken["outcome"] == "unreadable"
    assert broken["expected"] == "expected an object as Tasmota sends on STATE"
    other = await tried(api, province, topic="nha-a/stat/cua-bep/RESULT")
    assert other["outcome"] == "nothing_stated"
    kept = await tried(api, province, retained=True)
    assert (kept["outcome"], kept["attestations"]) == ("retained", [])
    will = await tried(
        api, province, topic="nha-a/tele/cua-bep/LWT", payload="Offline", retained=True
    )
    assert [(one["condition"], one["holds"]) for one in will["conditions"]] == [("offline", True)]
    own = await tried(api, province, topic="heartbeat")
    assert own["outcome"] == "our_own"


async def test_what_would_not_be_counted_is_said_so(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    await added(api, province)
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(device)
            .where(device.c.code == "door")
            .values(registered_at=clock.at - timedelta(minutes=1))
        )
    (clipped,) = (await tried(api, province))["attestations"]
    assert clipped["credited"] == {"start": "2026-07-01T07:59:00Z", "end": "2026-07-01T08:00:00Z"}
    assert "Được tính từ 14:59:00 đến 15:00:00." in clipped["words"]
    async with unit_of_work(engine) as connection:
        await connection.execute(update(facility).values(requires_signature=True))
    (unsigned,) = (await tried(api, province))["attestations"]
    assert (unsigned["credited"], unsigned["refusal"]) == (None, "unsigned")
    assert "Không được tính" in unsigned["words"]


@pytest.mark.parametrize(
    "message",
    [
        {"topic": "a/b"},
        {"publisher": "nobody", "topic": "a/b"},
        {"publisher": "old", "topic": "a/b"},
        {"publisher": "hub", "topic": "a/+"},
        {"publisher": "hub", "topic": "/"},
        {"publisher": "hub", "topic": f"giamsat/v1/{LOTUS}/lotus-hub/a"},
        {"publisher": "hub", "topic": f"giamsat/v1/{SUNFLOWER}/door/a"},
        {"publisher": "hub", "topic": f"giamsat/v1/{SUNFLOWER}"},
        {"publisher": "hub", "topic": "a/b", "payload": "x", "payload_base64": "eA=="},
        {"publisher": "hub", "topic": "a/b", "payload_base64": "%"},
    ],
)
async def test_message_that_nobody_here_could_have_sent_is_refused(
    api: httpx.AsyncClient, province: Province, message: dict[str, str]
) -> None:
    refused = await api.post(f"{RULES}/test", json=message, headers=province.manager)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


async def set_aside(engine: AsyncEngine, clock: Clock, topic: str, payload: bytes) -> int:
    async with unit_of_work(engine) as connection:
        entry_id: int = (
            await connection.execute(
                insert(quarantine)
                .values(
                    reason="unmapped",
                    topic=f"giamsat/v1/{topic}",
                    facility_code=topic.partition("/")[0],
                    sample=payload[:20].decode(),
                    count=2,
                    first_at=clock.at,
                    last_at=clock.at,
                )
                .returning(quarantine.c.id)
            )
        ).scalar_one()
        await connection.execute(
            insert(quarantine_message).values(
                quarantine_id=entry_id, received_at=clock.at, payload=payload
            )
        )
        clock.advance(seconds=1)
    return entry_id


async def test_names_seen_lately_that_no_rule_knows_are_listed_until_one_does(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    await added(api, province)
    payload = TELEMETRY.encode()
    first = await set_aside(engine, clock, f"{SUNFLOWER}/hub/nha-a/tele/cong/STATE", payload)
    will = await set_aside(engine, clock, f"{SUNFLOWER}/hub/nha-a/tele/cong/LWT", b"Online")
    await set_aside(engine, clock, f"{LOTUS}/lotus-hub/nha-a/tele/x/STATE", payload)
    await set_aside(engine, clock, f"{SUNFLOWER}/gone/nha-a/tele/x/STATE", payload)
    listed = await api.get(f"{RULES}/unmapped", headers=province.manager)
    assert listed.json() == {
        "items": [
            {
                "publisher": "hub",
                "dialect": "tasmota",
                "prefix": "nha-a",
                "name": "cong",
                "is_guess": False,
                "count": 4,
                "last_at": "2026-07-01T08:00:01Z",
                "quarantine": [will, first],
            }
        ],
        "mapped_since": [],
    }
    await added(api, province, name="cong", device="gate")
    after = await api.get(f"{RULES}/unmapped", headers=province.manager)
    assert after.json() == {"items": [], "mapped_since": [will, first]}


async def test_rules_of_a_foreign_facility_are_not_there(
    api: httpx.AsyncClient, province: Province
) -> None:
    rule = await added(api, province)
    stranger, one = province.lotus_manager, f"{RULES}/{rule['id']}"
    message = {"publisher": "hub", "topic": "a/b"}
    answers = [
        await api.get(RULES, headers=stranger),
        await api.post(RULES, json=RULE, headers=stranger),
        await api.get(one, headers=stranger),
        await api.patch(one, json={"name": "x"}, headers=stranger),
        await api.delete(one, headers=stranger),
        await api.post(f"{RULES}/test", json=message, headers=stranger),
        await api.get(f"{RULES}/unmapped", headers=stranger),
    ]
    assert [answer.status_code for answer in answers] == [404] * 7
    elsewhere = f"/facilities/{LOTUS}/adapter-rules/{rule['id']}"
    strays = [
        await api.get(elsewhere, headers=stranger),
        await api.patch(elsewhere, json={"name": "x"}, headers=stranger),
        await api.delete(elsewhere, headers=stranger),
    ]
    assert [answer.status_code for answer in strays] == [404] * 3


async def test_who_sees_the_facility_but_may_not_manage_devices_is_told_so(
    api: httpx.AsyncClient, province: Province
) -> None:
    rule = await added(api, province)
    one = f"{RULES}/{rule['id']}"
    message = {"publisher": "hub", "topic": "a/b"}
    for reader in (province.caregiver, province.commune, province.inspector, province.leader):
        answers = [
            await api.get(RULES, headers=reader),
            await api.post(RULES, json=RULE, headers=reader),
            await api.get(one, headers=reader),
            await api.patch(one, json={"name": "x"}, headers=reader),
            await api.delete(one, headers=reader),
            await api.post(f"{RULES}/test", json=message, headers=reader),
            await api.get(f"{RULES}/unmapped", headers=reader),
        ]
        assert [answer.status_code for answer in answers] == [403] * 7
    for manager in (province.manager, province.officer, province.admin):
        assert (await api.get(one, headers=manager)).status_code == 200
    assert (await api.get(RULES)).status_code == 401


async def test_retired_facility_takes_no_rule_but_lets_one_go(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    rule = await added(api, province)
    async with unit_of_work(engine) as connection:
        await connection.execute(update(facility).values(retired_at=clock.at))
    refused = await api.post(RULES, json={**RULE, "name": "x"}, headers=province.manager)
    assert (refused.status_code, refused.json()["code"]) == (409, "retired")
    removed = await api.delete(f"{RULES}/{rule['id']}", headers=province.manager)
    assert removed.status_code == 204
