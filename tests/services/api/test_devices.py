import asyncio
import subprocess
from typing import Any

import aiomqtt
import httpx
import pytest
from aiomqtt import ProtocolVersion
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.app import create_app
from services.api.broker_access import BrokerAccess
from services.api.resources import Resources
from shared.contracts import dynsec
from shared.db.session import unit_of_work
from shared.db.tables.coverage import (
    device_clock,
    device_condition,
    device_latest,
    ingest_worker,
)
from shared.db.tables.registry import device, device_credential
from tests.services.api.conftest import Clock
from tests.support.cameras import allowed
from tests.support.people import LOTUS, SUNFLOWER, Province

DEVICES = f"/facilities/{SUNFLOWER}/devices"
CAMERA = {"code": "cam-1", "name": "Camera 1", "kind": "camera", "zone": "play"}


@pytest.fixture
async def zones(api: httpx.AsyncClient, province: Province) -> None:
    for code, kind in (("play", "play_room"), ("bath", "bathroom")):
        made = await api.post(
            f"/facilities/{SUNFLOWER}/zones",
            json={"code": code, "kind": kind},
            headers=province.manager,
        )
        assert made.status_code == 201, made.text


async def registered(api: httpx.AsyncClient, province: Province, **changed: object) -> Any:
    made = await api.post(DEVICES, json={**CAMERA, **changed}, headers=province.manager)
    assert made.status_code == 201, made.text
    return made.json()


def connected(mqtt: dict[str, Any]) -> aiomqtt.Client:
    return aiomqtt.Client(
        mqtt["host"],
        mqtt["port"],
        username=mqtt["username"],
        password=mqtt["password"],
        protocol=ProtocolVersion.V5,
        timeout=5,
    )


def published(mqtt: dict[str, Any], topic: str, *, version: str = "mqttv5") -> str:
    """What mosquitto_pub says of a message: nothing, if it was taken."""
    command = ["mosquitto_pub", "-V", version, "-h", mqtt["host"], "-p", str(mqtt["port"])]
    command += ["-u", mqtt["username"], "-P", mqtt["password"], "-q", "1", "-t", topic, "-m", "{}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=10)
    return done.stderr


async def is_admitted(mqtt: dict[str, Any]) -> bool:
    return not await asyncio.to_thread(published, mqtt, mqtt["heartbeat_topic"])


@pytest.mark.usefixtures("zones")
async def test_a_device_names_the_gateway_through_which_it_speaks(
    api: httpx.AsyncClient, province: Province
) -> None:
    await registered(api, province, code="gw-1", kind="gateway", zone=None)
    made = await registered(api, province, gateway="gw-1")
    stranger = {**CAMERA, "code": "cam-2", "gateway": "cam-1"}
    refused = await api.post(DEVICES, json=stranger, headers=province.manager)

    assert made["gateway"] == "gw-1"
    assert refused.status_code == 404, "a camera speaks for nobody"


@pytest.mark.usefixtures("zones")
async def test_registered_device_is_told_how_to_speak_to_the_broker(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await registered(api, province)
    mqtt = made.pop("mqtt")
    assert made == {
        "code": "cam-1",
        "name": "Camera 1",
        "kind": "camera",
        "zone": "play",
        "gateway": None,
        "placed_at": "2026-07-01T08:00:00Z",
        "profile": None,
        "interval_s": 30,
        "tolerance_s": 6,
        "registered_at": "2026-07-01T08:00:00Z",
        "retired_at": None,
        "state": "unknown",
        "latest": None,
        "conditions": [],
        "clock": None,
        "suspended_until": None,
        "has_key": False,
        "approval": {
            "standing": "missing",
            "may_record": False,
            "since": None,
            "until": None,
            "review_on": None,
        },
        "warnings": [
            {
                "code": "may_not_record",
                "detail": "It records nothing. Nobody has asked that this camera may watch here: "
                "POST …/approvals.",
                "advised_interval_s": None,
            }
        ],
    }
    assert mqtt["username"] == f"{SUNFLOWER}/cam-1"
    assert mqtt["heartbeat_topic"] == f"giamsat/v1/{SUNFLOWER}/cam-1/heartbeat"
    assert len(mqtt["password"]) >= 22
    read = await api.get(f"{DEVICES}/cam-1", headers=province.manager)
    assert read.json() == made


@pytest.mark.usefixtures("zones")
async def test_broker_takes_a_new_device_at_once_on_its_own_topic_only(
    api: httpx.AsyncClient, province: Province
) -> None:
    mqtt = (await registered(api, province))["mqtt"]
    for version in ("mqttv5", "mqttv311"):
        assert not published(mqtt, mqtt["heartbeat_topic"], version=version)
    foreign = f"giamsat/v1/{SUNFLOWER}/cam-2/heartbeat"
    assert "Not authorized" in published(mqtt, foreign)


@pytest.mark.usefixtures("zones")
async def test_retiring_a_device_ends_its_live_session_and_its_password(
    api: httpx.AsyncClient, province: Province
) -> None:
    mqtt = (await registered(api, province))["mqtt"]
    async with connected(mqtt) as live:
        answer = await api.delete(f"{DEVICES}/cam-1", headers=province.manager)
        assert answer.status_code == 204
        with pytest.raises(aiomqtt.MqttError):
            async with asyncio.timeout(5):
                await anext(aiter(live.messages))
    assert not await is_admitted(mqtt)
    read = await api.get(f"{DEVICES}/cam-1", headers=province.manager)
    assert read.json()["retired_at"] == "2026-07-01T08:00:00Z"
    listed = await api.get(DEVICES, headers=province.manager)
    assert listed.json() == {"items": [], "next": None}


@pytest.mark.usefixtures("zones")
async def test_new_credentials_end_the_old_ones_at_once_if_asked_to(
    api: httpx.AsyncClient, province: Province
) -> None:
    old = (await registered(api, province))["mqtt"]
    answer = await api.post(
        f"{DEVICES}/cam-1/credentials", json={"overlap_s": 0}, headers=province.manager
    )
    assert answer.status_code == 201
    new = answer.json()["mqtt"]
    assert await is_admitted(new)
    assert not await is_admitted(old)


@pytest.mark.usefixtures("zones")
async def test_kept_credential_is_what_the_brokers_file_can_be_made_from(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    mqtt = (await registered(api, province))["mqtt"]
    async with engine.connect() as connection:
        row = (await connection.execute(select(device_credential))).one()
    kept = dynsec.Secret(row.salt, row.password_hash, row.iterations)
    assert kept == dynsec.mosquitto_hash(mqtt["password"], row.salt)
    assert row.username == mqtt["username"]


async def test_gateway_has_no_zone_and_sends_for_others(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await registered(api, province, code="gw", kind="gateway")
    assert made["zone"] is None
    assert made["mqtt"]["heartbeat_topic"] == f"giamsat/v1/{SUNFLOWER}/gw/heartbeats"


@pytest.mark.usefixtures("zones")
async def test_device_that_cannot_be_is_refused_with_the_reason(
    api: httpx.AsyncClient, province: Province
) -> None:
    attempts: tuple[tuple[dict[str, Any], int, str], ...] = (
        ({"zone": "bath"}, 409, "privacy_zone"),
        ({"zone": "attic"}, 404, "not_found"),
        ({"zone": None}, 422, "invalid"),
        ({"kind": "drone"}, 422, "invalid"),
        ({"interval_s": 0.5}, 422, "invalid"),
        ({"interval_s": 90_001}, 422, "invalid"),
        ({"code": "a/b"}, 422, "invalid"),
        ({"code": "#"}, 422, "invalid"),
        ({"code": "x" * 64}, 422, "invalid"),
        ({"code": "cam\n"}, 422, "invalid"),
        ({"name": "  "}, 422, "invalid"),
        ({"name": "a\x00b"}, 422, "invalid"),
    )
    answers = [
        await api.post(DEVICES, json={**CAMERA, **changed}, headers=province.manager)
        for changed, _, _ in attempts
    ]
    told = [(answer.status_code, answer.json()["code"]) for answer in answers]
    assert told == [(status, code) for _, status, code in attempts]
    assert all("\x00" not in answer.json()["detail"] for answer in answers)
    listed = await api.get(f"{DEVICES}?retired=true", headers=province.manager)
    assert listed.json()["items"] == []


@pytest.mark.usefixtures("zones")
async def test_sensor_may_watch_where_a_camera_may_not(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await registered(api, province, code="s-1", kind="motion", zone="bath")
    assert made["zone"] == "bath"


@pytest.mark.usefixtures("zones")
async def test_code_is_given_once_and_never_again(
    api: httpx.AsyncClient, province: Province
) -> None:
    await registered(api, province)
    again = await api.post(DEVICES, json=CAMERA, headers=province.manager)
    assert (again.status_code, again.json()["code"]) == (409, "code_taken")
    assert "credentials" in again.json()["detail"]
    await api.delete(f"{DEVICES}/cam-1", headers=province.manager)
    reused = await api.post(DEVICES, json=CAMERA, headers=province.manager)
    assert (reused.status_code, reused.json()["code"]) == (409, "code_retired")


@pytest.mark.usefixtures("zones")
async def test_change_touches_only_what_is_sent(api: httpx.AsyncClient, province: Province) -> None:
    await registered(api, province)
    changed = await api.patch(f"{DEVICES}/cam-1", json={"interval_s": 5}, headers=province.manager)
    assert (changed.json()["interval_s"], changed.json()["name"]) == (5, "Camera 1")
    nothing = await api.patch(f"{DEVICES}/cam-1", json={"zone": "x"}, headers=province.manager)
    assert nothing.status_code == 422


@pytest.mark.usefixtures("zones")
async def test_foreign_devices_are_not_there(api: httpx.AsyncClient, province: Province) -> None:
    await registered(api, province)
    stranger = province.lotus_manager
    one = f"{DEVICES}/cam-1"
    answers = [
        await api.get(DEVICES, headers=stranger),
        await api.post(DEVICES, json=CAMERA, headers=stranger),
        await api.get(one, headers=stranger),
        await api.patch(one, json={"name": "x"}, headers=stranger),
        await api.delete(one, headers=stranger),
        await api.post(f"{one}/credentials", headers=stranger),
        await api.get(f"/facilities/{LOTUS}/devices/cam-1", headers=stranger),
    ]
    assert [answer.status_code for answer in answers] == [404] * 7


@pytest.mark.usefixtures("zones")
async def test_who_sees_a_device_but_may_not_manage_it_is_told_so(
    api: httpx.AsyncClient, province: Province
) -> None:
    await registered(api, province)
    one = f"{DEVICES}/cam-1"
    for reader in (province.caregiver, province.commune, province.inspector, province.leader):
        assert (await api.get(one, headers=reader)).status_code == 200
        assert (await api.patch(one, json={"name": "x"}, headers=reader)).status_code == 403
        assert (await api.delete(one, headers=reader)).status_code == 403
        assert (await api.post(f"{one}/credentials", headers=reader)).status_code == 403
        refused = await api.post(DEVICES, json={**CAMERA, "code": "c"}, headers=reader)
        assert refused.status_code == 403


@pytest.mark.usefixtures("zones")
async def test_without_the_broker_nothing_is_stored_and_trying_again_works(
    api: httpx.AsyncClient, province: Province, resources: Resources, engine: AsyncEngine
) -> None:
    away = BrokerAccess(host="127.0.0.1", port=1, username="", password="", timeout_s=0.2)
    cut_off = Resources(resources.engine, away, resources.settings, resources.now)
    transport = httpx.ASGITransport(create_app(cut_off))
    async with httpx.AsyncClient(transport=transport, base_url=api.base_url) as impaired:
        refused = await impaired.post(DEVICES, json=CAMERA, headers=province.manager)
    assert (refused.status_code, refused.json()["code"]) == (503, "broker_unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(device)) == 0
    await registered(api, province)


@pytest.mark.usefixtures("zones")
async def test_without_the_broker_no_device_is_retired(
    api: httpx.AsyncClient, province: Province, resources: Resources
) -> None:
    await registered(api, province)
    away = BrokerAccess(host="127.0.0.1", port=1, username="", password="", timeout_s=0.2)
    cut_off = Resources(resources.engine, away, resources.settings, resources.now)
    transport = httpx.ASGITransport(create_app(cut_off))
    async with httpx.AsyncClient(transport=transport, base_url=api.base_url) as impaired:
        refused = await impaired.delete(f"{DEVICES}/cam-1", headers=province.manager)
    assert refused.status_code == 503
    read = await api.get(f"{DEVICES}/cam-1", headers=province.manager)
    assert read.json()["retired_at"] is None


@pytest.mark.usefixtures("zones")
async def test_retiring_a_facility_retires_all_in_it(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    mqtt = (await registered(api, province))["mqtt"]
    clock.advance(minutes=5)
    answer = await api.delete(f"/facilities/{SUNFLOWER}", headers=province.officer)
    assert answer.status_code == 204
    assert not await is_admitted(mqtt)
    for address in (DEVICES, f"/facilities/{SUNFLOWER}/zones"):
        listed = await api.get(f"{address}?retired=true", headers=province.officer)
        assert {item["retired_at"] for item in listed.json()["items"]} == {"2026-07-01T08:05:00Z"}
    refused = await api.post(DEVICES, json={**CAMERA, "code": "c"}, headers=province.officer)
    assert (refused.status_code, refused.json()["code"]) == (409, "retired")


@pytest.mark.usefixtures("zones")
async def test_many_devices_at_once_are_all_registered_once(
    api: httpx.AsyncClient, province: Province
) -> None:
    bodies = [{**CAMERA, "code": f"cam-{number % 6}"} for number in range(12)]
    answers = await asyncio.gather(
        *(api.post(DEVICES, json=body, headers=province.manager) for body in bodies)
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 6 + [409] * 6
    made = [answer.json()["mqtt"] for answer in answers if answer.status_code == 201]
    assert all([await is_admitted(mqtt) for mqtt in made])


@pytest.mark.usefixtures("zones")
async def test_device_shows_what_it_said_last_and_how_it_stands_now(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    await registered(api, province)
    await allowed(api, province, "cam-1", clock.at.date())
    await registered(api, province, code="gw", kind="gateway", zone=None)
    heard_at = clock.at
    clock.advance(seconds=30)
    async with unit_of_work(engine) as connection:
        camera_id = await connection.scalar(select(device.c.id).where(device.c.code == "cam-1"))
        await connection.execute(
            insert(device_latest).values(
                device_id=camera_id,
                at=heard_at,
                received_at=heard_at,
                state="dark",
                readings={"battery": 80.5, "fps": 12, "other": "x"},
            )
        )
        await connection.execute(
            insert(ingest_worker).values(
                slot=0, boot="b", started_at=heard_at, flushed_at=clock.at, seen_until=clock.at
            )
        )
    read = (await api.get(f"{DEVICES}/cam-1", headers=province.caregiver)).json()
    assert read["state"] == "impaired"
    assert read["latest"] == {
        "at": "2026-07-01T08:00:00Z",
        "received_at": "2026-07-01T08:00:00Z",
        "state": "dark",
        "battery": 80.5,
        "rssi": None,
        "fps": 12,
    }
    clock.advance(seconds=60)
    async with unit_of_work(engine) as connection:
        await connection.execute(update(ingest_worker).values(seen_until=clock.at))
    listed = (await api.get(DEVICES, headers=province.caregiver)).json()["items"]
    assert {item["code"]: item["state"] for item in listed} == {"cam-1": "gap", "gw": "unknown"}


async def id_of(engine: AsyncEngine, code: str) -> int:
    async with engine.connect() as connection:
        found = await connection.scalar(select(device.c.id).where(device.c.code == code))
    return int(found or 0)


@pytest.mark.usefixtures("zones")
async def test_device_shows_what_holds_for_it_and_how_its_clock_is_set(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    await registered(api, province)
    await allowed(api, province, "cam-1", clock.at.date())
    camera_id, at = await id_of(engine, "cam-1"), clock.at
    clock.advance(seconds=60)
    held = [("bridge_offline", True), ("dark", True), ("offline", False)]
    async with unit_of_work(engine) as connection:
        await connection.execute(
            insert(device_condition),
            [
                {"device_id": camera_id, "condition": code, "holds": holds, "since": at}
                | {"changed_at": at}
                for code, holds in held
            ],
        )
        await connection.execute(
            insert(device_clock).values(
                device_id=camera_id, state="ahead", offset_ms=45_250, since=at, measured_at=clock.at
            )
        )
        await connection.execute(
            insert(ingest_worker).values(
                slot=0, boot="b", started_at=at, flushed_at=clock.at, seen_until=clock.at
            )
        )
    read = (await api.get(f"{DEVICES}/cam-1", headers=province.caregiver)).json()
    assert read["conditions"] == [
        {"condition": "bridge_offline", "since": "2026-07-01T08:00:00Z"},
        {"condition": "dark", "since": "2026-07-01T08:00:00Z"},
    ]
    assert read["clock"] == {
        "state": "ahead",
        "offset_s": 45.25,
        "since": "2026-07-01T08:00:00Z",
        "measured_at": "2026-07-01T08:01:00Z",
    }
    # Silent for a minute, but so is its hub.
    assert read["state"] == "unknown"


@pytest.mark.usefixtures("zones")
async def test_who_reports_too_seldom_for_the_zone_is_taken_with_a_warning(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await registered(api, province, kind="motion", interval_s=60)
    assert [warning["code"] for warning in made["warnings"]] == ["reports_too_seldom"]
    one = f"{DEVICES}/cam-1"
    better = await api.patch(one, json={"interval_s": 50}, headers=province.manager)
    assert better.json()["warnings"] == []
    zone = f"/facilities/{SUNFLOWER}/zones/play"
    stricter = {"requirement": {"max_gap_s": 30}}
    assert (await api.patch(zone, json=stricter, headers=province.manager)).status_code == 200
    read = (await api.get(one, headers=province.caregiver)).json()
    assert "tolerates only 30 s" in read["warnings"][0]["detail"]
    gateway = await registered(api, province, code="gw", kind="gateway", zone=None, interval_s=3600)
    assert gateway["warnings"] == []
