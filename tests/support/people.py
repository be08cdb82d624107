"""A province with two communes, a facility in each, and people in every role, all logged in."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.sessions import tokens
from shared.db.session import unit_of_work
from shared.db.tables.people import role_assignment, session, user_account
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Role
from shared.domain.assurance import Assurance

#: Sunflower is a public facility in Hoa Binh, Lotus lies in Phuoc Long.
SUNFLOWER, LOTUS = "SUN-01", "LOT-01"
PROVINCE, HOA_BINH, PHUOC_LONG = "79", "79001", "79002"
NOBODYS_HASH = "no password opens this"

Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Province:
    """The people, by what they send to be known."""

    admin: Headers
    officer: Headers
    inspector: Headers
    commune: Headers
    manager: Headers
    lotus_manager: Headers
    caregiver: Headers
    leader: Headers
    facility_ids: dict[str, int]
    unit_ids: dict[str, int]
    user_ids: dict[str, int]


async def province_of(engine: AsyncEngine, now: datetime) -> Province:
    async with unit_of_work(engine) as connection:
        units = {PROVINCE: await _unit(connection, PROVINCE, None)}
        for code in (HOA_BINH, PHUOC_LONG):
            units[code] = await _unit(connection, code, units[PROVINCE])
        facilities = {
            SUNFLOWER: await _facility(connection, SUNFLOWER, units[HOA_BINH], now),
            LOTUS: await _facility(connection, LOTUS, units[PHUOC_LONG], now),
        }
        sunflower = {"facility_id": facilities[SUNFLOWER]}
        province = {"admin_unit_id": units[PROVINCE]}
        cast: dict[str, tuple[Role, dict[str, int]]] = {
            "admin": (Role.SYS_ADMIN, {}),
            "officer": (Role.DEPT_OFFICER, province),
            "inspector": (Role.INSPECTOR, province),
            "leader": (Role.PPC_LEADER, province),
            "commune": (Role.COMMUNE_CPO, {"admin_unit_id": units[HOA_BINH]}),
            "manager": (Role.FACILITY_MANAGER, sunflower),
            "lotus_manager": (Role.FACILITY_MANAGER, {"facility_id": facilities[LOTUS]}),
            "caregiver": (Role.CAREGIVER, sunflower),
        }
        users = {
            name: await add_user(connection, name, role, place, now)
            for name, (role, place) in cast.items()
        }
        headers = {name: await log_in(connection, users[name], now) for name in cast}
    return Province(**headers, facility_ids=facilities, unit_ids=units, user_ids=users)


async def log_in(connection: AsyncConnection, user_id: int, now: datetime) -> Headers:
    """Without a password: what a session's holder sends."""
    token = tokens.new()
    await connection.execute(
        insert(session).values(
            token_hash=tokens.hash_of(token),
            user_id=user_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + tokens.ABSOLUTE,
            assurance=Assurance.TWO_FACTORS,
            proven_at=now,
        )
    )
    return {"Authorization": f"Bearer {token}"}


async def _unit(connection: AsyncConnection, code: str, parent_id: int | None) -> int:
    values = {
        "code": code,
        "name": f"Unit {code}",
        "level": "commune" if parent_id else "province",
        "kind": "commune" if parent_id else "province",
        "parent_id": parent_id,
        "valid_from": date(2025, 7, 1),
    }
    return await _id(connection, insert(admin_unit).values(values).returning(admin_unit.c.id))


async def _facility(connection: AsyncConnection, code: str, unit_id: int, now: datetime) -> int:
    values = {
        "code": code,
        "name": f"Facility {code}",
        "ownership": "public",
        "admin_unit_id": unit_id,
        "time_zone": "Asia/Ho_Chi_Minh",
        "children": 40,
        "registered_at": now - timedelta(days=90),
    }
    return await _id(connection, insert(facility).values(values).returning(facility.c.id))


async def add_user(
    connection: AsyncConnection, name: str, role: Role, place: dict[str, int], now: datetime
) -> int:
    values = {
        "email": f"{name}@giamsat.example",
        "name": name.title(),
        "language": "vi",
        "password_hash": NOBODYS_HASH,
        "created_at": now,
    }
    user_id = await _id(
        connection, insert(user_account).values(values).returning(user_account.c.id)
    )
    await connection.execute(
        insert(role_assignment).values(
            user_id=user_id, role=role, valid_from=now - timedelta(days=1), **place
        )
    )
    return user_id


async def _id(connection: AsyncConnection, statement: object) -> int:
    found: int = (await connection.execute(statement)).scalar_one()  # type: ignore[call-overload] # any insert
    return found
