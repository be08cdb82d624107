"""What ingest reads of the registry, and of what it noted itself before a restart."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class RegisteredDevice:
    """What ingest must know of a device."""

    id: int
    facility: str
    code: str
    is_gateway: bool
    is_camera: bool
    is_round_point: bool
    time_zone: str
    requires_signature: bool
    interval_s: float
    tolerance_s: float | None
    registered_at: datetime
    retired_at: datetime | None
    #: Of a camera: from when and until when it may record.
    approved_at: datetime | None
    approved_until: datetime | None


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule of a publisher some of whose rules changed; `device` is a code."""

    publisher_id: int
    dialect: str
    prefix: str
    name: str
    device: str
    is_removed: bool


@dataclass(frozen=True, slots=True)
class StoredIdentity:
    """Which boot of a device spoke last."""

    device_id: int
    boot: str
    began_at: datetime
    seq: int
    at: datetime
    former: dict[str, int]
    doubted_until: datetime | None


@dataclass(frozen=True, slots=True)
class StoredCondition:
    """What holds of a device, or held."""

    device_id: int
    condition: str
    holds: bool
    since: datetime


async def registry_version(connection: AsyncConnection) -> int:
    version = await connection.scalar(text("SELECT version FROM registry_version WHERE id = 1"))
    return int(version or 0)


async def devices_since(connection: AsyncConnection, version: int) -> list[RegisteredDevice]:
    """The devices that are new, or that changed with their facility, after that version."""
    rows = await connection.execute(
        text(
            """
            SELECT device.id, facility.code, device.code, device.kind = 'gateway',
                   device.kind = 'camera', device.kind = 'round_point',
                   facility.time_zone, facility.requires_signature,
                   device.interval_s, device.tolerance_s, device.registered_at,
                   least(device.retired_at, facility.retired_at),
                   device.approved_at, device.approved_until
            FROM device JOIN facility ON facility.id = device.facility_id
            WHERE device.version > :version
               OR device.facility_id IN (SELECT id FROM facility WHERE version > :version)
            """
        ),
        {"version": version},
    )
    return [RegisteredDevice(*row) for row in rows]


async def keys_since(connection: AsyncConnection, version: int) -> list[tuple[int, bytes, bool]]:
    """(device, public key, whether in force) of every device whose keys changed."""
    rows = await connection.execute(
        text(
            """
            SELECT device_id, public_key, revoked_at IS NULL FROM device_key
            WHERE device_id IN (SELECT device_id FROM device_key WHERE version > :version)
            ORDER BY device_id, created_at
            """
        ),
        {"version": version},
    )
    return [(row[0], bytes(row[1]), row[2]) for row in rows]


async def rules_since(connection: AsyncConnection, version: int) -> list[StoredRule]:
    """All rules, removed ones too, of every publisher whose rules changed."""
    rows = await connection.execute(
        text(
            """
            SELECT rule.publisher_id, rule.dialect, rule.prefix, rule.name, device.code,
                   rule.removed_at IS NOT NULL
            FROM adapter_rule rule JOIN device ON device.id = rule.device_id
            WHERE rule.publisher_id IN
                  (SELECT publisher_id FROM adapter_rule WHERE version > :version)
            ORDER BY rule.id
            """
        ),
        {"version": version},
    )
    return [StoredRule(*row) for row in rows]


async def identities(connection: AsyncConnection) -> list[StoredIdentity]:
    """Of all devices that ever said which boot they are."""
    rows = await connection.execute(
        text(
            "SELECT device_id, boot, began_at, seq, at, former, doubted_until FROM device_identity"
        )
    )
    return [StoredIdentity(*row) for row in rows]


async def conditions_since(
    connection: AsyncConnection, changed_at: datetime
) -> tuple[list[StoredCondition], datetime | None]:
    """What any worker noted since, and the newest of these changes."""
    rows = list(
        await connection.execute(
            text(
                "SELECT device_id, condition, holds, since, changed_at FROM device_condition "
                "WHERE changed_at > :changed_at"
            ),
            {"changed_at": changed_at},
        )
    )
    newest = max((row[4] for row in rows), default=None)
    return [StoredCondition(*row[:4]) for row in rows], newest
