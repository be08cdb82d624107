"""Rules for foreign messages in the registry, and the messages that no rule knew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, func, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.schemas import RuleOut
from shared.contracts.adapters.payload import LONGEST_PAYLOAD
from shared.contracts.adapters.rules import Dialect
from shared.db.tables.coverage import quarantine, quarantine_message
from shared.db.tables.registry import adapter_rule, device, facility, zone
from shared.domain.places import DeviceKind
from shared.domain.states import Refusal

_publisher: Final = device.alias("publisher")
#: Reasons for which a message may only lack a rule.
UNRULED: Final = (Refusal.UNMAPPED, Refusal.WRONG_TOPIC)


@dataclass(frozen=True, slots=True)
class Device:
    """A device in service, as far as foreign messages go."""

    id: int
    code: str
    name: str
    kind: DeviceKind
    zone: str | None
    interval_s: float
    tolerance_s: float | None
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class Site:
    """What a facility is called, and whether its evidence must be signed."""

    name: str
    requires_signature: bool


@dataclass(frozen=True, slots=True)
class Term:
    """What a rule says, by the keys of its devices."""

    publisher_id: int
    dialect: Dialect
    prefix: str
    name: str
    device_id: int


@dataclass(frozen=True, slots=True)
class Stray:
    """Messages of one topic that no rule knew; the newest whole one, if one is kept."""

    id: int
    reason: Refusal
    topic: str
    sample: str
    count: int
    last_at: datetime
    payload: bytes | None


async def devices(connection: AsyncConnection, facility_id: int) -> Sequence[Device]:
    """Those in service, by name."""
    rows = await connection.execute(
        select(
            device.c.id,
            device.c.code,
            device.c.name,
            device.c.kind,
            zone.c.name,
            device.c.interval_s,
            device.c.tolerance_s,
            device.c.registered_at,
        )
        .select_from(device.outerjoin(zone, zone.c.id == device.c.zone_id))
        .where(device.c.facility_id == facility_id, device.c.retired_at.is_(None))
        .order_by(device.c.name, device.c.code)
    )
    return [Device(row[0], row[1], row[2], DeviceKind(row[3]), *row[4:]) for row in rows]


async def site(connection: AsyncConnection, facility_id: int) -> Site:
    row = (
        await connection.execute(
            select(facility.c.name, facility.c.requires_signature).where(
                facility.c.id == facility_id
            )
        )
    ).one()
    return Site(row.name, row.requires_signature)


async def of_facility(connection: AsyncConnection, facility_id: int) -> Sequence[RuleOut]:
    """All rules in force, by publisher, prefix and name."""
    rows = await connection.execute(
        _shown(facility_id).order_by(
            _publisher.c.code, adapter_rule.c.prefix, adapter_rule.c.name, adapter_rule.c.id
        )
    )
    return [RuleOut.model_validate(dict(row)) for row in rows.mappings()]


async def page(
    connection: AsyncConnection,
    facility_id: int,
    *,
    publisher: str | None,
    before: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[RuleOut]:
    """Newest first."""
    statement = _shown(facility_id)
    if publisher is not None:
        statement = statement.where(_publisher.c.code == publisher)
    if before is not None:
        statement = statement.where(tuple_(adapter_rule.c.created_at, adapter_rule.c.id) < before)
    rows = await connection.execute(
        statement.order_by(adapter_rule.c.created_at.desc(), adapter_rule.c.id.desc()).limit(limit)
    )
    return [RuleOut.model_validate(dict(row)) for row in rows.mappings()]


async def one(connection: AsyncConnection, facility_id: int, rule_id: int) -> RuleOut | None:
    rows = await connection.execute(_shown(facility_id).where(adapter_rule.c.id == rule_id))
    row = rows.mappings().one_or_none()
    return RuleOut.model_validate(dict(row)) if row else None


async def in_force(connection: AsyncConnection, facility_id: int, term: Term) -> RuleOut:
    """The rule that gives this name its meaning; nobody removes it while the facility is locked."""
    rows = await connection.execute(
        _shown(facility_id).where(
            adapter_rule.c.publisher_id == term.publisher_id,
            adapter_rule.c.prefix == term.prefix,
            adapter_rule.c.name == term.name,
        )
    )
    return RuleOut.model_validate(dict(rows.mappings().one()))


def _shown(facility_id: int) -> Select[Any]:
    return (
        select(
            adapter_rule.c.id,
            _publisher.c.code.label("publisher"),
            adapter_rule.c.dialect,
            adapter_rule.c.prefix,
            adapter_rule.c.name,
            device.c.code.label("device"),
            and_(_publisher.c.retired_at.is_(None), device.c.retired_at.is_(None)).label(
                "is_in_service"
            ),
            adapter_rule.c.created_at,
        )
        .join_from(adapter_rule, _publisher, _publisher.c.id == adapter_rule.c.publisher_id)
        .join(device, device.c.id == adapter_rule.c.device_id)
        .where(_publisher.c.facility_id == facility_id, adapter_rule.c.removed_at.is_(None))
    )


async def add(connection: AsyncConnection, term: Term, *, now: datetime) -> int | None:
    """Its id, or nothing if the name has its meaning already."""
    rule_id: int | None = await connection.scalar(
        upsert(adapter_rule)
        .values(
            publisher_id=term.publisher_id,
            dialect=term.dialect,
            prefix=term.prefix,
            name=term.name,
            device_id=term.device_id,
            created_at=now,
        )
        .on_conflict_do_nothing(
            index_elements=["publisher_id", "prefix", "name"],
            index_where=adapter_rule.c.removed_at.is_(None),
        )
        .returning(adapter_rule.c.id)
    )
    return rule_id


async def remove(connection: AsyncConnection, rule_id: int, *, now: datetime) -> None:
    await connection.execute(
        update(adapter_rule).where(adapter_rule.c.id == rule_id).values(removed_at=now)
    )


async def was_removed(connection: AsyncConnection, facility_id: int, rule_id: int) -> bool:
    found = await connection.scalar(
        select(adapter_rule.c.removed_at)
        .join_from(adapter_rule, _publisher, _publisher.c.id == adapter_rule.c.publisher_id)
        .where(adapter_rule.c.id == rule_id, _publisher.c.facility_id == facility_id)
    )
    return found is not None


async def strays(
    connection: AsyncConnection, root: str, *, since: datetime, limit: int
) -> Sequence[Stray]:
    """What no rule knew below a topic, newest first."""
    newest = (
        select(quarantine_message.c.payload)
        .where(
            quarantine_message.c.quarantine_id == quarantine.c.id,
            # Nothing longer is read by any dialect, so it need not be loaded either.
            func.octet_length(quarantine_message.c.payload) <= LONGEST_PAYLOAD,
        )
        .order_by(quarantine_message.c.id.desc())
        .limit(1)
        .lateral("newest")
    )
    rows = await connection.execute(
        select(
            quarantine.c.id,
            quarantine.c.reason,
            quarantine.c.topic,
            quarantine.c.sample,
            quarantine.c.count,
            quarantine.c.last_at,
            newest.c.payload,
        )
        .select_from(quarantine.outerjoin(newest, onclause=true()))
        .where(
            quarantine.c.reason.in_(UNRULED),
            func.starts_with(quarantine.c.topic, f"{root}/"),
            quarantine.c.last_at >= since,
        )
        .order_by(quarantine.c.last_at.desc(), quarantine.c.id.desc())
        .limit(limit)
    )
    return [Stray(row[0], Refusal(row[1]), *row[2:]) for row in rows]
