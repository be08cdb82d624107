"""The main job: a room stops being watched, and the right people know."""

from typing import Any

import pytest

from tests.e2e import device
from tests.e2e.rooms import Room
from tests.support.system import System
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(170)]


@pytest.mark.parametrize("version", ["mqttv5", "mqttv311"])
async def test_who_should_know_hears_of_a_gap_and_of_its_repair(
    system: System, room: Room, version: str
) -> None:
    operator = system.run["users"]["FACILITY_MANAGER"]["email"]
    officer = system.run["users"]["COMMUNE_CPO"]["email"]
    with device.beating(room.mqtt, version=version):

        async def is_watched() -> bool:
            return "covered" in await room.states()

        assert await eventually(is_watched)
    last_beat = device.now_ms()

    async def opened() -> dict[str, Any] | None:
        return await room.gap("open")

    gap = await eventually(opened, within_s=20)
    assert gap is not None
    told = await system.mail(to=operator, about=f"Phòng {room.zone[2:]}")
    assert told["Auto-Submitted"] == "auto-generated"
    assert await system.mail(to=officer, about=f"Phòng {room.zone[2:]}")
    incident = await room.api.get(f"incidents/{gap['incident']}")
    assert incident["state"] == "open"

    since = last_beat - 60_000
    device.publish(room.mqtt, {"at": device.now_ms(), "since": since}, version=version)

    async def repaired() -> dict[str, Any] | None:
        return await room.gap("repaired")

    assert await eventually(repaired, within_s=20)

    async def corrected() -> bool:
        return any(
            "đính chính" in str(mail["Subject"]) and mail["References"] == told["References"]
            for mail in system.mails()
            if operator in str(mail["To"])
        )

    assert await eventually(corrected, within_s=20)
    with device.beating(room.mqtt, version=version):
        assert "gap" not in await room.states()


async def test_what_a_device_sends_wrongly_is_in_quarantine_with_its_reason(
    room: Room,
) -> None:
    topic = room.mqtt["heartbeat_topic"]
    device.publish(room.mqtt, b"\x00\xffgarbage")
    device.publish(room.mqtt, b"x" * 6000)
    device.publish(room.mqtt, {"at": device.now_ms(ago_s=-3600)})
    device.publish(room.mqtt, {"at": device.now_ms()}, topic=topic.replace("heartbeat", "hb"))
    wanted = {"unreadable", "oversized", "future", "wrong_topic"}

    async def reasons() -> bool:
        found = await room.api.get("quarantine", facility=room.facility, limit=200)
        mine = {item["reason"] for item in found["items"] if item["device"] == room.device}
        return wanted <= mine

    assert await eventually(reasons)
    with device.beating(room.mqtt):

        async def is_watched() -> bool:
            return "covered" in await room.states()

        assert await eventually(is_watched)


async def test_a_device_cannot_speak_for_another(system: System, room: Room, other: Room) -> None:
    said = device.publish(room.mqtt, {"at": device.now_ms()}, topic=other.mqtt["heartbeat_topic"])
    assert "Not authorized" in said or "135" in said
    rows = await system.sql(
        "SELECT 1 FROM device_day JOIN device ON device.id = device_id WHERE code = $1",
        other.device,
    )
    assert rows == []


async def test_a_retired_device_is_turned_away_at_once(room: Room) -> None:
    answer = await room.api.client.delete(f"facilities/{room.facility}/devices/{room.device}")
    assert answer.status_code in {200, 204}
    said = device.publish(room.mqtt, {"at": device.now_ms()})
    assert "refused" in said.lower() or "not authori" in said.lower(), said
