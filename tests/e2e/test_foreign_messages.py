"""A hub that speaks its own way: its name is mapped in the running product, and its words count."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e import device
from tests.e2e.rooms import Room
from tests.support.system import System
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(170)]


def say(room: Room) -> None:
    """What Zigbee2MQTT says of a door, below the hub's own topic."""
    seen = datetime.now(UTC).isoformat(timespec="milliseconds")  # noqa: TID251 - a device's clock
    topic = room.mqtt["heartbeat_topic"].removesuffix("heartbeat") + "zigbee2mqtt/cửa bếp"
    said = device.publish(room.mqtt, {"contact": True, "last_seen": seen}, topic=topic)
    assert not said


async def test_an_unknown_name_is_mapped_and_its_messages_count_without_a_restart(
    system: System, room: Room
) -> None:
    operator = await system.log_in("FACILITY_MANAGER")
    rules = f"facilities/{room.facility}/adapter-rules"
    say(room)

    async def unknown() -> dict[str, Any] | None:
        items = (await operator.get(f"{rules}/unmapped"))["items"]
        return next((one for one in items if one["publisher"] == room.device), None)

    stranger = await eventually(unknown)
    assert stranger is not None
    assert (stranger["dialect"], stranger["prefix"], stranger["name"]) == (
        "zigbee2mqtt",
        "zigbee2mqtt",
        "cửa bếp",
    )
    terms = {name: stranger[name] for name in ("publisher", "dialect", "prefix", "name")}
    await operator.post(rules, {**terms, "device": room.device})
    (entry,) = stranger["quarantine"]
    asked = await operator.client.post(f"quarantine/{entry}/replay")
    assert (asked.status_code, asked.json()["kept"]) == (202, 1), asked.text

    async def replayed() -> dict[str, Any] | None:
        replay: dict[str, Any] = (await operator.get(f"quarantine/{entry}"))["replay"]
        return replay if replay["replayed_at"] else None

    done = await eventually(replayed)
    assert done is not None
    assert (done["replayed"], done["kept"], done["requested_at"]) == (1, 0, None)

    async def is_credited() -> list[Any]:
        return await system.sql(
            "SELECT watched, late FROM device_day JOIN device ON device.id = device_id "
            "WHERE code = $1",
            room.device,
        )

    assert await eventually(is_credited)
