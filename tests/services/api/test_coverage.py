from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.coverage import blind_span, device_day, device_fault, ingest_worker
from shared.db.tables.registry import device, requirement, zone
from shared.domain.schedule import local_day
from tests.services.api.conftest import Clock
from tests.support.people import SUNFLOWER, Province

COVERAGE = f"/facilities/{SUNFLOWER}/coverage"
TIME_ZONE = "Asia/Ho_Chi_Minh"
Minutes = Sequence[tuple[float, float]]


@dataclass
class House:
    """One zone and its cameras; time is told in minutes before now."""

    connection: AsyncConnection
    facility_id: int
    zone_id: int
    now: datetime

    def ago(self, minutes: float) -> datetime:
        return self.now - timedelta(minutes=minutes)

    async def camera(self, code: str, *, registered: float = 20_000) -> int:
        return int(
            (
                await self.connection.execute(
                    insert(device)
                    .values(
                        facility_id=self.facility_id,
                        zone_id=self.zone_id,
                        code=code,
                        name=code,
                        kind="camera",
                        interval_s=30,
                        registered_at=self.ago(registered),
                        approved_at=self.ago(registered),
                    )
                    .returning(device.c.id)
                )
            ).scalar_one()
        )

    async def attest(
        self,
        device_id: int,
        watched: Minutes = (),
        late: Minutes = (),
        dark: Minutes = (),
        proven: Minutes = (),
    ) -> None:
        """All on the local day of now."""
        day = local_day(self.now, TIME_ZONE)
        await self.connection.execute(
            insert(device_day).values(
                device_id=device_id,
                day=day,
                watched=self.spans((*watched, *dark)),
                late=self.spans(late),
                impaired=self.spans(dark),
                proven=self.spans(proven),
                changed_at=self.now,
            )
        )
        if dark:
            await self.connection.execute(
                insert(device_fault).values(
                    device_id=device_id, day=day, fault="dark", spans=self.spans(dark)
                )
            )

    def spans(self, minutes: Minutes) -> list[Range[datetime]]:
        return [Range(self.ago(start), self.ago(end)) for start, end in minutes]

    async def known_until(self, minutes: float, *blind: tuple[float, float]) -> None:
        await self.connection.execute(
            insert(ingest_worker).values(
                slot=0,
                boot="b",
                started_at=self.ago(20_000),
                flushed_at=self.now,
                seen_until=self.ago(minutes),
            )
        )
        for start, end in blind:
            await self.connection.execute(
                insert(blind_span).values(slot=0, from_at=self.ago(start), to_at=self.ago(end))
            )


@pytest.fixture
def build(engine: AsyncEngine, province: Province, clock: Clock) -> Any:
    async def built(connection: AsyncConnection, *, min_devices: int = 1) -> House:
        facility_id = province.facility_ids[SUNFLOWER]
        began = clock.at - timedelta(days=60)
        zone_id = (
            await connection.execute(
                insert(zone)
                .values(
                    facility_id=facility_id,
                    code="play",
                    name="play",
                    kind="play_room",
                    registered_at=began,
                )
                .returning(zone.c.id)
            )
        ).scalar_one()
        await connection.execute(
            insert(requirement).values(
                zone_id=zone_id, min_devices=min_devices, max_gap_s=60, valid_from=began
            )
        )
        return House(connection, facility_id, zone_id, clock.at)

    return built


def window(now: datetime, start: float, end: float) -> dict[str, str]:
    times = [now - timedelta(minutes=minutes) for minutes in (start, end)]
    return {"from": times[0].isoformat(), "to": times[1].isoformat()}


def told(spans: Sequence[dict[str, Any]], now: datetime) -> list[tuple[Any, ...]]:
    """In minutes before now, without what is absent."""
    return [
        (
            (now - datetime.fromisoformat(span["from"])) / timedelta(minutes=1),
            (now - datetime.fromisoformat(span["to"])) / timedelta(minutes=1),
            span["state"],
            *(span[name] for name in ("quality", "fault") if name in span),
        )
        for span in spans
    ]


def figures(**seconds: int) -> dict[str, int]:
    return {"covered": 0, "gap": 0, "unknown": 0, "not_required": 0} | seconds


async def test_each_state_has_its_spans_and_seconds(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, build: Any, clock: Clock
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        camera = await house.camera("cam")
        await house.attest(
            camera,
            watched=[(60, 50), (40, 30)],
            late=[(50, 45)],
            dark=[(30, 25)],
            proven=[(56, 50), (32, 25)],
        )
        await house.known_until(10, (20, 18))
    answer = await api.get(COVERAGE, params=window(clock.at, 60, 0), headers=province.caregiver)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["facility"], body["from"], body["to"], body["as_known_at"]) == (
        SUNFLOWER,
        "2026-07-01T07:00:00Z",
        "2026-07-01T08:00:00Z",
        "2026-07-01T07:50:00Z",
    )
    (camera_told,) = body["devices"]
    assert camera_told["device"] == "cam"
    assert told(camera_told["spans"], clock.at) == [
        (60, 56, "covered", "live"),
        (56, 50, "covered", "proven"),
        (50, 45, "covered", "late"),
        (45, 40, "gap"),
        (40, 32, "covered", "live"),
        (32, 30, "covered", "proven"),
        (30, 25, "impaired", "dark"),
        (25, 20, "gap"),
        (20, 18, "unknown"),
        (18, 10, "gap"),
        (10, 0, "unknown"),
    ]
    assert camera_told["seconds"] == {"covered": 1500, "impaired": 300, "gap": 1080, "unknown": 720}
    grades = {"proven": 480, "live": 720, "late": 300}
    assert camera_told["quality_seconds"] == grades
    (zone_told,) = body["zones"]
    assert zone_told["quality_seconds"] == grades
    assert told(zone_told["spans"], clock.at) == [
        (60, 56, "covered", "live"),
        (56, 50, "covered", "proven"),
        (50, 45, "covered", "late"),
        (45, 40, "gap"),
        (40, 32, "covered", "live"),
        (32, 30, "covered", "proven"),
        (30, 20, "gap"),
        (20, 18, "unknown"),
        (18, 10, "gap"),
        (10, 0, "unknown"),
    ]
    assert zone_told["seconds"] == figures(covered=1500, gap=1380, unknown=720)


async def test_tolerated_hole_counts_as_covered_also_across_the_windows_border(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, build: Any, clock: Clock
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        camera = await house.camera("cam")
        await house.attest(camera, watched=[(60, 50), (49.5, 40), (38, 20)])
        await house.known_until(20)
    short = await api.get(COVERAGE, params=window(clock.at, 55, 45), headers=province.manager)
    assert short.json()["zones"][0]["seconds"] == figures(covered=600)
    # Only the last 30 s of a hole of two minutes lie in this window: still a gap.
    edge = await api.get(COVERAGE, params=window(clock.at, 38.5, 30), headers=province.manager)
    assert edge.json()["zones"][0]["seconds"] == figures(covered=480, gap=30)


async def test_seconds_add_up_to_any_window(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, build: Any, clock: Clock
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection, min_devices=2)
        for number in range(3):
            camera = await house.camera(f"cam-{number}", registered=55 + number / 7)
            spans = [(60 - n * 3 - number / 9, 58 - n * 3 + number / 11) for n in range(15)]
            await house.attest(
                camera,
                watched=spans[::2],
                late=spans[1::2],
                dark=[(20.01, 19.3)],
                proven=spans[::4],
            )
        await house.known_until(3.33, (9.01, 8.77))
    for start, end in ((60, 0), (59.99, 0.01), (33.3, 33.27), (20_000, 0)):
        asked = window(clock.at, start, end)
        body = (await api.get(COVERAGE, params=asked, headers=province.manager)).json()
        first, last = (datetime.fromisoformat(body[name]) for name in ("from", "to"))
        for row in (*body["zones"], *body["devices"]):
            assert sum(row["seconds"].values()) == (last - first).total_seconds()
            assert sum(row["quality_seconds"].values()) == row["seconds"]["covered"]
            spans = row["spans"]
            assert (spans[0]["from"], spans[-1]["to"]) == (body["from"], body["to"])
            assert all(one["to"] == next_["from"] for one, next_ in pairwise(spans))


async def test_nothing_is_known_before_the_first_worker_and_a_new_zone_is_there_at_once(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    clock.advance(microseconds=300_000)
    zones = f"/facilities/{SUNFLOWER}/zones"
    await api.post(zones, json={"code": "play"}, headers=province.manager)
    body = (await api.get(COVERAGE, headers=province.manager)).json()
    assert body["as_known_at"] is None
    assert body["zones"][0]["seconds"] == figures(not_required=86_400)


async def test_windows_that_cannot_be_are_refused(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    for asked in (
        window(clock.at, 0, 60),
        window(clock.at, 60, 60),
        window(clock.at, 31 * 1440 + 1, 0),
        {"from": "2026-07-01T07:00:00"},
        {"from": "yesterday"},
        {"to": "9999-12-31T23:59:59Z"},
        {"to": "0001-01-01T00:00:00Z"},
        {"from": "2026-07-01T07:00:00 07:00"},
    ):
        answer = await api.get(COVERAGE, params=asked, headers=province.manager)
        assert answer.status_code == 422, asked
        (fault,) = answer.json()["errors"]
        assert fault["field"] in {"query.from", "query.to"}
        assert fault["advice"]


async def test_foreign_coverage_is_not_there(api: httpx.AsyncClient, province: Province) -> None:
    assert (await api.get(COVERAGE, headers=province.lotus_manager)).status_code == 404
