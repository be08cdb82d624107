"""What the simulator writes into the registry, reads of it, and takes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ARRAY, LargeBinary, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.simulate.cast import PREFIX

TIME_ZONE: Final = "Asia/Ho_Chi_Minh"
#: Of its own, so that no real person is told of what does not exist.
PROVINCE: Final = PREFIX + "51"
COMMUNE: Final = PREFIX + "51-1"
ROOM: Final = "room"
_SINCE: Final = date(2025, 7, 1)
_REVIEW_AFTER: Final = timedelta(days=90)
_TEXTS = ARRAY(Text)
_OURS: Final = PREFIX + "%"


@dataclass(slots=True)
class Rows:
    """Columns of devices to register, with the facility each is in."""

    facilities: list[str]
    codes: list[str]
    kinds: list[str]


@dataclass(frozen=True, slots=True)
class OnRecord:
    """A device as the registry knows it."""

    facility: str
    code: str
    interval_s: float
    registered_at: datetime
    retired_at: datetime | None


async def ensure_units(connection: AsyncConnection) -> None:
    add = text(
        """
        INSERT INTO admin_unit (code, name, level, kind, parent_id, valid_from)
        SELECT :code, :name, :level, :kind,
               (SELECT id FROM admin_unit WHERE code = :parent AND valid_from = :since), :since
        ON CONFLICT DO NOTHING
        """
    )
    units = (
        (PROVINCE, "Tỉnh mô phỏng", "province", "province", None),
        (COMMUNE, "xã Mô Phỏng", "commune", "commune", PROVINCE),
    )
    for code, name, level, kind, parent in units:
        values = {"code": code, "name": name, "level": level, "kind": kind, "parent": parent}
        await connection.execute(
            add.bindparams(bindparam("parent", type_=Text)), values | {"since": _SINCE}
        )


async def add_facilities(
    connection: AsyncConnection, codes: Sequence[str], *, registered_at: datetime
) -> None:
    """Each with one room, in which at least one device must watch."""
    await connection.execute(
        text(
            """
            INSERT INTO facility (code, name, ownership, admin_unit_id, time_zone, children,
                                  registered_at)
            SELECT code, 'Cơ sở mô phỏng ' || substr(code, :skipped), 'non_public',
                   (SELECT id FROM admin_unit WHERE code = :commune), :zone, 0, :at
            FROM unnest(:codes) AS code
            """
        ).bindparams(bindparam("codes", type_=_TEXTS)),
        {
            "codes": list(codes),
            "skipped": len(PREFIX) + 1,
            "commune": COMMUNE,
            "zone": TIME_ZONE,
            "at": registered_at,
        },
    )
    await connection.execute(
        text(
            """
            WITH room AS (
                INSERT INTO zone (facility_id, code, name, kind, registered_at)
                SELECT id, :room, 'Phòng sinh hoạt', 'play_room', :at
                FROM facility WHERE code = ANY(:codes)
                RETURNING id
            )
            INSERT INTO requirement (zone_id, min_devices, max_gap_s, valid_from)
            SELECT id, 1, 60, :at FROM room
            """
        ).bindparams(bindparam("codes", type_=_TEXTS)),
        {"codes": list(codes), "room": ROOM, "at": registered_at},
    )


async def add_devices(
    connection: AsyncConnection, rows: Rows, *, interval_s: float, registered_at: datetime
) -> None:
    """A gateway watches no room."""
    await connection.execute(
        text(
            """
            INSERT INTO device (facility_id, code, name, kind, zone_id, interval_s, registered_at,
                                approved_at)
            SELECT facility.id, row.code, row.code, row.kind,
                   CASE WHEN row.kind = 'gateway' THEN NULL ELSE zone.id END, :interval_s,
                   CAST(:at AS timestamptz),
                   CASE WHEN row.kind = 'camera' THEN CAST(:at AS timestamptz) END
            FROM unnest(:facilities, :codes, :kinds) AS row (facility, code, kind)
            JOIN facility ON facility.code = row.facility
            JOIN zone ON zone.facility_id = facility.id AND zone.code = :room
            """
        ).bindparams(
            bindparam("facilities", type_=_TEXTS),
            bindparam("codes", type_=_TEXTS),
            bindparam("kinds", type_=_TEXTS),
        ),
        {
            "facilities": rows.facilities,
            "codes": rows.codes,
            "kinds": rows.kinds,
            "room": ROOM,
            "interval_s": interval_s,
            "at": registered_at,
        },
    )
    await _approve_cameras(connection, sorted(set(rows.facilities)), now=registered_at)


async def _approve_cameras(
    connection: AsyncConnection, codes: Sequence[str], *, now: datetime
) -> None:
    """Of facilities whose children are invented, too."""
    await connection.execute(
        text(
            """
            INSERT INTO camera_approval (device_id, zone_id, purpose, justification, alternatives,
                                         requested_at, review_on, decided_at, is_granted)
            SELECT device.id, device.zone_id, 'simulation', 'simulation', 'simulation', :at,
                   CAST(:review_on AS date), :at, true
            FROM unnest(:facilities) AS named (code)
            JOIN facility ON facility.code = named.code
            JOIN device ON device.facility_id = facility.id AND device.kind = 'camera'
            """
        ).bindparams(bindparam("facilities", type_=_TEXTS)),
        {
            "facilities": list(codes),
            "at": now,
            "review_on": (now + _REVIEW_AFTER).date(),
        },
    )


async def add_keys(
    connection: AsyncConnection,
    devices: Sequence[tuple[str, str]],
    public_keys: Sequence[bytes],
    *,
    now: datetime,
) -> None:
    """The keys with which those devices sign; one that is known stays as it is."""
    await connection.execute(
        text(
            """
            INSERT INTO device_key (device_id, public_key, created_at)
            SELECT device.id, row.public_key, :now
            FROM unnest(:facilities, :codes, :public_keys) AS row (facility, code, public_key)
            JOIN facility ON facility.code = row.facility
            JOIN device ON device.facility_id = facility.id AND device.code = row.code
            ON CONFLICT (device_id, public_key) DO NOTHING
            """
        ).bindparams(
            bindparam("facilities", type_=_TEXTS),
            bindparam("codes", type_=_TEXTS),
            bindparam("public_keys", type_=ARRAY(LargeBinary)),
        ),
        {
            "facilities": [facility for facility, _ in devices],
            "codes": [code for _, code in devices],
            "public_keys": list(public_keys),
            "now": now,
        },
    )


@dataclass(slots=True)
class RuleRows:
    """Columns of what foreign names mean, all of one dialect."""

    facilities: list[str]
    publishers: list[str]
    prefixes: list[str]
    names: list[str]
    devices: list[str]


async def add_rules(
    connection: AsyncConnection, dialect: str, rows: RuleRows, *, now: datetime
) -> None:
    """Below the publisher's topic and the prefix, the name means the device."""
    columns = ("facilities", "publishers", "prefixes", "names", "devices")
    await connection.execute(
        text(
            """
            INSERT INTO adapter_rule (publisher_id, dialect, prefix, name, device_id, created_at)
            SELECT publisher.id, :dialect, row.prefix, row.name, device.id, :now
            FROM unnest(:facilities, :publishers, :prefixes, :names, :devices)
                 AS row (facility, publisher, prefix, name, device)
            JOIN facility ON facility.code = row.facility
            JOIN device AS publisher ON publisher.facility_id = facility.id
                                    AND publisher.code = row.publisher
            JOIN device ON device.facility_id = facility.id AND device.code = row.device
            ON CONFLICT DO NOTHING
            """
        ).bindparams(*(bindparam(column, type_=_TEXTS) for column in columns)),
        {"dialect": dialect, "now": now, **{name: getattr(rows, name) for name in columns}},
    )


async def on_record(connection: AsyncConnection, facilities: Sequence[str]) -> list[OnRecord]:
    """Every device of those facilities, in service or not."""
    rows = await connection.execute(
        text(
            """
            SELECT facility.code, device.code, device.interval_s, device.registered_at,
                   least(device.retired_at, facility.retired_at)
            FROM device JOIN facility ON facility.id = device.facility_id
            WHERE facility.code = ANY(:codes)
            """
        ).bindparams(bindparam("codes", type_=_TEXTS)),
        {"codes": list(facilities)},
    )
    return [OnRecord(*row) for row in rows]


async def facilities_in_service(connection: AsyncConnection) -> list[str]:
    """Those that were simulated, under whatever name."""
    codes = await connection.scalars(
        text("SELECT code FROM facility WHERE code LIKE :ours AND retired_at IS NULL"),
        {"ours": _OURS},
    )
    return list(codes)


#: In this order, for each looks for its facilities by what is still in service.
_RETIREMENTS: Final = (
    """
    UPDATE adapter_rule SET removed_at = :now WHERE removed_at IS NULL AND publisher_id IN
        (SELECT device.id FROM device JOIN facility ON facility.id = device.facility_id
         WHERE facility.code LIKE :ours)
    """,
    """
    UPDATE device_key SET revoked_at = :now WHERE revoked_at IS NULL AND device_id IN
        (SELECT device.id FROM device JOIN facility ON facility.id = device.facility_id
         WHERE facility.code LIKE :ours)
    """,
    """
    UPDATE requirement SET valid_to = :now WHERE valid_to IS NULL AND zone_id IN
        (SELECT zone.id FROM zone JOIN facility ON facility.id = zone.facility_id
         WHERE facility.code LIKE :ours)
    """,
    """
    UPDATE device SET retired_at = :now WHERE retired_at IS NULL AND facility_id IN
        (SELECT id FROM facility WHERE code LIKE :ours)
    """,
    """
    UPDATE zone SET retired_at = :now WHERE retired_at IS NULL AND facility_id IN
        (SELECT id FROM facility WHERE code LIKE :ours)
    """,
    "UPDATE facility SET retired_at = :now WHERE retired_at IS NULL AND code LIKE :ours",
)


async def retire_all(connection: AsyncConnection, *, now: datetime) -> None:
    """Everything that was ever simulated: nothing is required there any more, nothing admitted."""
    for statement in _RETIREMENTS:
        await connection.execute(text(statement), {"now": now, "ours": _OURS})
