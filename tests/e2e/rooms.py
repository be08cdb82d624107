"""A room of a demo facility, made for one test, and who is told about it."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.system import Api, System


@dataclass
class Room:
    """A zone of a demo facility, with one device of its own, and who is told about it."""

    api: Api
    facility: str
    zone: str
    device: str
    mqtt: dict[str, Any]

    async def spans(self) -> list[dict[str, Any]]:
        now = datetime.now(UTC)  # noqa: TID251 - the test's own clock
        answer = await self.api.get(
            f"facilities/{self.facility}/coverage",
            **{"from": (now - timedelta(minutes=5)).isoformat(), "to": now.isoformat()},
        )
        mine = [zone for zone in answer["zones"] if zone["zone"] == self.zone]
        assert all(sum(zone["seconds"].values()) == 300 for zone in mine)
        return [span for zone in mine for span in zone["spans"]]

    async def states(self) -> list[str]:
        return [span["state"] for span in await self.spans()]

    async def gap(self, state: str) -> dict[str, Any] | None:
        gaps = await self.api.get("gaps", facility=self.facility, state=state)
        mine: list[dict[str, Any]] = [gap for gap in gaps["items"] if gap["zone"] == self.zone]
        return mine[0] if mine else None


@asynccontextmanager
async def a_room(system: System) -> AsyncIterator[Room]:
    """In the facility that the demo's operator runs; nothing is required of it afterwards."""
    api = await system.log_in()
    operator = await system.log_in("FACILITY_MANAGER")
    facility = (await operator.get("facilities"))["items"][0]["code"]
    code = uuid.uuid4().hex[:8]
    await api.post(
        f"facilities/{facility}/zones",
        {
            "code": f"Z-{code}",
            "name": f"Phòng {code}",
            "kind": "play_room",
            "requirement": {"min_devices": 1, "max_gap_s": 5},
        },
    )
    registered = await api.post(
        f"facilities/{facility}/devices",
        {
            "code": f"D-{code}",
            "name": f"Cảm biến {code}",
            "kind": "sensor",
            "zone": f"Z-{code}",
            "interval_s": 1,
        },
    )
    room = Room(api, facility, f"Z-{code}", f"D-{code}", registered["mqtt"])
    try:
        yield room
    finally:
        await api.client.delete(f"facilities/{facility}/devices/{room.device}")
        answer = await api.client.delete(f"facilities/{facility}/zones/{room.zone}")
        assert answer.is_success, answer.text
