"""Incidents of the province's two facilities, of an area, and of the platform itself."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.alerting import incident
from shared.db.tables.outbox import notification
from tests.support.people import HOA_BINH, LOTUS, SUNFLOWER, Province


@dataclass
class Troubles:
    """Adds incidents and messages; each begins at the moment that it is told."""

    engine: AsyncEngine
    province: Province
    now: datetime
    ids: dict[str, int] = field(default_factory=dict)

    async def add(self, table: Any, **values: object) -> int:
        async with unit_of_work(self.engine) as connection:
            found = await connection.execute(insert(table).values(values).returning(table.c.id))
            return int(found.scalar_one())

    async def incident(self, facility: str | None = SUNFLOWER, **values: object) -> int:
        began = self.now - timedelta(minutes=10)
        usual: dict[str, object] = {
            "cause": "device_silent", "state": "open", "since_at": began,
            "opened_at": began + timedelta(minutes=1),
        }  # fmt: skip
        place = {"facility_id": self.province.facility_ids[facility]} if facility else {}
        return await self.add(incident, **(usual | place | values))

    async def message(self, incident_id: int | None, to: str = "manager", **values: object) -> int:
        usual: dict[str, object] = {
            "kind": "alert", "occasion": 1, "channel": "email", "language": "vi",
            "address": f"{to}@giamsat.example", "role": "FACILITY_MANAGER", "subject": "Mất",
            "body": "Phòng chơi", "message_id": f"{incident_id}-{to}-{values}", "state": "sent",
            "created_at": self.now, "due_at": self.now, "sent_at": self.now,
            "user_id": self.province.user_ids[to],
        }  # fmt: skip
        return await self.add(notification, incident_id=incident_id, **(usual | values))

    async def change(self, incident_id: int, **values: object) -> None:
        async with unit_of_work(self.engine) as connection:
            await connection.execute(
                update(incident).where(incident.c.id == incident_id).values(values)
            )


@pytest.fixture
def troubles(engine: AsyncEngine, province: Province, clock: Any) -> Troubles:
    return Troubles(engine, province, clock.at)


@pytest.fixture
async def ids(troubles: Troubles) -> dict[str, int]:
    """One of each kind that matters to who may see what."""
    area = await troubles.incident(
        None, cause="area_outage", admin_unit_id=troubles.province.unit_ids[HOA_BINH]
    )
    return {
        "area": area,
        SUNFLOWER: await troubles.incident(parent_id=area),
        LOTUS: await troubles.incident(LOTUS),
        "platform": await troubles.incident(None, cause="platform_blind"),
    }
