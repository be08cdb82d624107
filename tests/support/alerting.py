"""A small province for the tests of alerts: evidence goes in by hand, time is an argument."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.tell.outbox import Sender
from services.alerts.tick import Holder, Ticked, tick
from shared.db.session import unit_of_work
from shared.db.tables import alerting, coverage, ladders, people, registry
from shared.domain.schedule import local_day, midnight

ZONE = "Asia/Ho_Chi_Minh"
#: Noon in Viet Nam.
START = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
SENDER = Sender(mail_domain="giamsat.example", console_url="https://giamsat.example")
LADDER = (("FACILITY_MANAGER", 0), ("COMMUNE_CPO", 60), ("DEPT_OFFICER", 180))


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass
class World:
    """Everything in it began at START; `seconds` count from there."""

    owner: AsyncEngine
    alerts: AsyncEngine
    province_id: int = 0
    commune_id: int = 0
    time_zones: dict[int, str] = field(default_factory=dict)

    async def add(self, table: Any, **values: Any) -> int:
        async with unit_of_work(self.owner) as connection:
            row = await connection.execute(insert(table).values(**values).returning(table.c.id))
            return int(row.scalar_one())

    async def begin(self, ladder: tuple[tuple[str, int], ...] = LADDER) -> None:
        born = START.date() - timedelta(days=500)
        self.province_id = await self.add(
            registry.admin_unit, code="51", name="Quảng Ngãi", level="province", kind="province",
            valid_from=born,
        )  # fmt: skip
        self.commune_id = await self.add(
            registry.admin_unit, code="21172", name="xã Ba Gia", level="commune", kind="commune",
            parent_id=self.province_id, valid_from=born,
        )  # fmt: skip
        for number, (role, after_s) in enumerate(ladder, start=1):
            await self.add(
                ladders.ladder_step, step=number, role=role, after_s=after_s,
                valid_from=START - timedelta(days=1),
            )  # fmt: skip
        async with unit_of_work(self.owner) as connection:
            await connection.execute(
                insert(coverage.ingest_worker).values(
                    slot=0, boot="b", started_at=START, flushed_at=START, seen_until=START
                )
            )

    async def facility(self, code: str = "F1", name: str = "Mái ấm Hoa Sen") -> int:
        return await self.add(
            registry.facility, code=code, name=name, ownership="public",
            admin_unit_id=self.commune_id, time_zone=ZONE, children=30, registered_at=START,
        )  # fmt: skip

    async def zone(
        self, facility_id: int, code: str = "z1", *, min_devices: int = 1, max_gap_s: float = 60
    ) -> int:
        zone_id = await self.add(
            registry.zone, facility_id=facility_id, code=code, name=f"Phòng {code}",
            kind="play_room", registered_at=START,
        )  # fmt: skip
        await self.add(
            registry.requirement, zone_id=zone_id, min_devices=min_devices, max_gap_s=max_gap_s,
            valid_from=START,
        )  # fmt: skip
        return zone_id

    async def device(
        self, facility_id: int, zone_id: int | None, code: str = "d1", *, kind: str = "camera",
        interval_s: float = 10,
    ) -> int:  # fmt: skip
        return await self.add(
            registry.device, facility_id=facility_id, code=code, name=code, kind=kind,
            zone_id=zone_id, interval_s=interval_s, registered_at=START,
            approved_at=START if kind == "camera" else None,
        )  # fmt: skip

    async def user(
        self, role: str, *, facility_id: int | None = None, admin_unit_id: int | None = None,
        email: str = "", language: str = "vi",
    ) -> int:  # fmt: skip
        user_id = await self.add(
            people.user_account, email=email or f"{role.lower()}@example.org", name=role,
            language=language, password_hash="x", created_at=START,
        )  # fmt: skip
        await self.add(
            people.role_assignment, user_id=user_id, role=role, facility_id=facility_id,
            admin_unit_id=admin_unit_id, valid_from=START - timedelta(days=1),
        )  # fmt: skip
        return user_id

    async def usual_people(self, facility_id: int) -> None:
        await self.user("FACILITY_MANAGER", facility_id=facility_id)
        await self.user("COMMUNE_CPO", admin_unit_id=self.commune_id)
        await self.user("DEPT_OFFICER", admin_unit_id=self.province_id)
        await self.user("SYS_ADMIN")

    async def attest(
        self, device_id: int, start_s: float, end_s: float, *, kind: str = "watched",
        told_s: float | None = None,
    ) -> None:  # fmt: skip
        """What ingest would write for a heartbeat told at `told_s`, split at local midnights."""
        start, end = after(start_s), after(end_s)
        told_at = after(end_s if told_s is None else told_s)
        async with unit_of_work(self.owner) as connection:
            while start < end:
                day = local_day(start, ZONE)
                stop = min(end, midnight(day + timedelta(days=1), ZONE))
                await connection.execute(
                    ATTEST[kind],
                    {"device": device_id, "day": day, "start": start, "end": stop, "told": told_at},
                )
                start = stop

    async def attest_all(
        self, device_ids: Sequence[int], start_s: float, end_s: float, *, kind: str = "watched"
    ) -> None:
        """Many devices at once, told when it ends."""
        start, end = after(start_s), after(end_s)
        async with unit_of_work(self.owner) as connection:
            while start < end:
                day = local_day(start, ZONE)
                stop = min(end, midnight(day + timedelta(days=1), ZONE))
                await connection.execute(
                    ATTEST[kind],
                    [
                        {"device": one, "day": day, "start": start, "end": stop, "told": end}
                        for one in device_ids
                    ],
                )
                start = stop

    async def last_word(self, device_id: int, at_s: float, state: str = "ok") -> None:
        """What ingest would keep as the latest word of a device."""
        at = after(at_s)
        async with unit_of_work(self.owner) as connection:
            await connection.execute(
                delete(coverage.device_latest).where(
                    coverage.device_latest.c.device_id == device_id
                )
            )
            await connection.execute(
                insert(coverage.device_latest).values(
                    device_id=device_id, at=at, received_at=at, state=state, readings={}
                )
            )

    async def mark_corrected(self, device_id: int, told_s: float) -> None:
        """What ingest does when evidence changes what had been judged."""
        async with unit_of_work(self.owner) as connection:
            await connection.execute(
                update(coverage.device_day)
                .where(coverage.device_day.c.device_id == device_id)
                .values(corrected_at=after(told_s))
            )

    async def know_until(self, seconds: float) -> None:
        async with unit_of_work(self.owner) as connection:
            await connection.execute(
                update(coverage.ingest_worker).values(seen_until=after(seconds))
            )

    async def be_blind(self, start_s: float, end_s: float) -> None:
        async with unit_of_work(self.owner) as connection:
            await connection.execute(
                insert(coverage.blind_span).values(
                    slot=0, from_at=after(start_s), to_at=after(end_s)
                )
            )

    async def acknowledge(self, incident_id: int, user_id: int, seconds: float) -> None:
        async with unit_of_work(self.owner) as connection:
            await connection.execute(
                insert(people.acknowledgement).values(
                    incident_id=incident_id, user_id=user_id, acknowledged_at=after(seconds)
                )
            )

    async def tick(self, seconds: float, *, holder: str = "one") -> Ticked | None:
        return await tick(self.alerts, Holder(holder), SENDER, after(seconds))

    async def catch_up(self, seconds: float) -> None:
        """Judge all that is known then, however long it takes."""
        await self.know_until(seconds)
        while (ticked := await self.tick(seconds)) is not None and ticked.is_behind:
            pass

    async def pass_time(self, until_s: float, *, since_s: float, step_s: float = 1) -> None:
        """Everything is known at once: tick after tick, with the watermark at each."""
        seconds = since_s
        while seconds <= until_s:
            await self.know_until(seconds)
            await self.tick(seconds)
            seconds += step_s

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with unit_of_work(self.owner) as connection:
            return list((await connection.execute(text(statement), values)).all())

    async def gaps(self) -> list[tuple[str, float, float | None]]:
        """(state, from, to) in seconds since START."""
        async with unit_of_work(self.owner) as connection:
            found = await connection.execute(select(alerting.gap).order_by(alerting.gap.c.id))
            return [(row.state, _since(row.from_at), _until(row.to_at)) for row in found]

    async def incidents(self) -> list[tuple[str, str]]:
        found = await self.rows("SELECT cause, state FROM incident ORDER BY id")
        return [(row.cause, row.state) for row in found]

    async def mails(self) -> list[tuple[str, str]]:
        found = await self.rows("SELECT kind, address FROM notification ORDER BY id")
        return [(row.kind, row.address.split("@")[0]) for row in found]

    async def events(self) -> list[str]:
        return [row.kind for row in await self.rows("SELECT kind FROM event ORDER BY id")]


def _since(at: datetime) -> float:
    return (at - START).total_seconds()


def _until(at: datetime | None) -> float | None:
    return None if at is None else _since(at)


def _statement(kind: str) -> Any:
    spans = dict.fromkeys(("watched", "late", "impaired"), "'{}'::tstzmultirange")
    spans[kind] = "tstzmultirange(tstzrange(:start, :end))"
    corrected = ":told" if kind == "late" else "CAST(NULL AS timestamptz)"
    return text(
        f"""
        INSERT INTO device_day AS kept
            (device_id, day, watched, late, impaired, changed_at, corrected_at)
        VALUES (:device, :day, {spans["watched"]}, {spans["late"]}, {spans["impaired"]},
                :told, {corrected})
        ON CONFLICT (device_id, day) DO UPDATE SET
            watched = kept.watched + excluded.watched, late = kept.late + excluded.late,
            impaired = kept.impaired + excluded.impaired, changed_at = excluded.changed_at,
            corrected_at = coalesce(excluded.corrected_at, kept.corrected_at)
        """  # noqa: S608 - the names are ours
    )


ATTEST = {kind: _statement(kind) for kind in ("watched", "late", "impaired")}
