"""Device profiles, each by its newest version."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.profiles.schemas import ProfileOut, VersionIn
from shared.db.tables.placement import device_profile


async def of_service(
    connection: AsyncConnection, *, after: str, limit: int
) -> Sequence[ProfileOut]:
    """Those one may choose, by code."""
    newest = _newest().subquery()
    rows = await connection.execute(
        select(newest)
        .where(newest.c.retired_at.is_(None), newest.c.code > after)
        .order_by(newest.c.code)
        .limit(limit)
    )
    return [_profile(row) for row in rows.mappings()]


def _newest() -> Select[Any]:
    return (
        select(device_profile)
        .ext(distinct_on(device_profile.c.code))
        .order_by(device_profile.c.code, device_profile.c.version.desc())
    )


async def versions(connection: AsyncConnection, code: str) -> Sequence[ProfileOut]:
    """Newest first; none if there is no such profile."""
    rows = await connection.execute(
        select(device_profile)
        .where(device_profile.c.code == code)
        .order_by(device_profile.c.version.desc())
    )
    return [_profile(row) for row in rows.mappings()]


async def chosen(connection: AsyncConnection, code: str) -> tuple[int, ProfileOut] | None:
    """Its number and the newest version, unless it can be chosen no more."""
    row = (
        (await connection.execute(_newest().where(device_profile.c.code == code)))
        .mappings()
        .one_or_none()
    )
    if row is None or row["retired_at"] is not None:
        return None
    return row["id"], _profile(row)


async def add_version(
    connection: AsyncConnection, code: str, given: VersionIn, *, version: int, now: datetime
) -> bool:
    """False if somebody else added that version meanwhile."""
    added = await connection.scalar(
        upsert(device_profile)
        .values(code=code, version=version, created_at=now, **_columns(given))
        .on_conflict_do_nothing(index_elements=[device_profile.c.code, device_profile.c.version])
        .returning(device_profile.c.id)
    )
    return added is not None


async def retire(connection: AsyncConnection, code: str, *, now: datetime) -> None:
    await connection.execute(
        update(device_profile)
        .where(device_profile.c.code == code, device_profile.c.retired_at.is_(None))
        .values(retired_at=now)
    )


def _columns(given: VersionIn) -> dict[str, object]:
    return given.model_dump(exclude={"code"})


def _profile(row: RowMapping) -> ProfileOut:
    return ProfileOut.model_validate({name: row[name] for name in ProfileOut.model_fields})
