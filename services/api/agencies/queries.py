"""Agencies and their keys on record."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.agencies.schemas import AgencyIn, AgencyOut, KeyOut
from shared.db.tables.agencies import agency_client, agency_key, agency_usage
from shared.db.tables.units import authority
from shared.runtime.jose import PublicKey


@dataclass(frozen=True, slots=True)
class Client:
    """An agency, as far as letting it in goes."""

    id: int
    code: str
    name: str
    jwks_uri: str | None
    jwks_fetched_at: datetime | None
    requires_dpop: bool
    daily_records: int
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Known:
    """A key on record, as far as taking it again goes."""

    id: int
    kid: str
    thumbprint: str
    is_fetched: bool
    not_after: datetime | None
    revoked_at: datetime | None


_CLIENT = (
    agency_client.c.id,
    agency_client.c.code,
    agency_client.c.name,
    agency_client.c.jwks_uri,
    agency_client.c.jwks_fetched_at,
    agency_client.c.requires_dpop,
    agency_client.c.daily_records,
    agency_client.c.revoked_at,
)


async def authority_named(connection: AsyncConnection, code: str, *, today: date) -> int | None:
    """One that exists today."""
    found: int | None = await connection.scalar(
        select(authority.c.id).where(
            authority.c.code == code,
            authority.c.valid_from <= today,
            or_(authority.c.valid_to.is_(None), authority.c.valid_to > today),
        )
    )
    return found


async def authorities(connection: AsyncConnection, *, today: date) -> Sequence[tuple[str, str]]:
    """Code and name of those that exist today."""
    rows = await connection.execute(
        select(authority.c.code, authority.c.name)
        .where(
            authority.c.valid_from <= today,
            or_(authority.c.valid_to.is_(None), authority.c.valid_to > today),
        )
        .order_by(authority.c.name)
    )
    return [(row.code, row.name) for row in rows]


async def add(
    connection: AsyncConnection,
    given: AgencyIn,
    *,
    authority_id: int,
    user_id: int,
    now: datetime,
) -> int | None:
    """Its number; nothing if the code is taken."""
    added: int | None = await connection.scalar(
        upsert(agency_client)
        .values(
            code=given.code,
            name=given.name,
            authority_id=authority_id,
            contact_office=given.contact_office,
            jwks_uri=given.jwks_uri,
            requires_dpop=given.requires_dpop,
            daily_records=given.daily_records,
            created_at=now,
            created_by=user_id,
        )
        .on_conflict_do_nothing(index_elements=[agency_client.c.code])
        .returning(agency_client.c.id)
    )
    return added


async def client(connection: AsyncConnection, code: str) -> Client | None:
    row = (
        await connection.execute(select(*_CLIENT).where(agency_client.c.code == code))
    ).one_or_none()
    return Client(*row) if row else None


async def locked_client(connection: AsyncConnection, code: str) -> Client | None:
    """The same, and nobody else changes its keys until the transaction ends."""
    row = (
        await connection.execute(
            select(*_CLIENT).where(agency_client.c.code == code).with_for_update(key_share=True)
        )
    ).one_or_none()
    return Client(*row) if row else None


async def revoke(
    connection: AsyncConnection, client_id: int, *, user_id: int, now: datetime
) -> None:
    """For good; revoked once already, it stays so since then."""
    await connection.execute(
        update(agency_client)
        .where(agency_client.c.id == client_id, agency_client.c.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by=user_id)
    )


async def keys(connection: AsyncConnection, client_id: int) -> Sequence[Known]:
    rows = await connection.execute(
        select(
            agency_key.c.id,
            agency_key.c.kid,
            agency_key.c.thumbprint,
            agency_key.c.is_fetched,
            agency_key.c.not_after,
            agency_key.c.revoked_at,
        )
        .where(agency_key.c.client_id == client_id)
        .order_by(agency_key.c.id)
    )
    return [Known(*row) for row in rows]


async def add_key(
    connection: AsyncConnection,
    client_id: int,
    key: PublicKey,
    *,
    is_fetched: bool,
    times: tuple[datetime, datetime | None],
    now: datetime,
) -> None:
    """`times`: from when it is taken, and until when."""
    await connection.execute(
        insert(agency_key).values(
            client_id=client_id,
            kid=key.kid,
            thumbprint=key.thumbprint,
            jwk=dict(key.members),
            is_fetched=is_fetched,
            not_before=times[0],
            not_after=times[1],
            created_at=now,
        )
    )


async def end_key(connection: AsyncConnection, key_id: int, not_after: datetime | None) -> None:
    await connection.execute(
        update(agency_key).where(agency_key.c.id == key_id).values(not_after=not_after)
    )


async def revoke_key(connection: AsyncConnection, key_id: int, *, now: datetime) -> None:
    await connection.execute(
        update(agency_key)
        .where(agency_key.c.id == key_id, agency_key.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def fetched(connection: AsyncConnection, client_id: int, *, now: datetime) -> None:
    await connection.execute(
        update(agency_client).where(agency_client.c.id == client_id).values(jwks_fetched_at=now)
    )


def _shown(day: date) -> Select[Any]:
    used = and_(agency_usage.c.client_id == agency_client.c.id, agency_usage.c.day == day)
    return (
        select(
            agency_client,
            authority.c.code.label("authority"),
            authority.c.name.label("authority_name"),
            func.coalesce(agency_usage.c.records, 0).label("records_today"),
        )
        .join_from(agency_client, authority)
        .outerjoin(agency_usage, used)
    )


async def page(
    connection: AsyncConnection, *, day: date, after: str, limit: int
) -> Sequence[AgencyOut]:
    """By code."""
    rows = await connection.execute(
        _shown(day).where(agency_client.c.code > after).order_by(agency_client.c.code).limit(limit)
    )
    return await _with_keys(connection, rows.mappings().all())


async def one(connection: AsyncConnection, code: str, *, day: date) -> AgencyOut | None:
    rows = await connection.execute(_shown(day).where(agency_client.c.code == code))
    found = await _with_keys(connection, rows.mappings().all())
    return found[0] if found else None


async def _with_keys(connection: AsyncConnection, clients: Sequence[Any]) -> list[AgencyOut]:
    rows = await connection.execute(
        select(agency_key)
        .where(agency_key.c.client_id.in_([one["id"] for one in clients]))
        .order_by(agency_key.c.revoked_at.is_not(None), agency_key.c.id.desc())
    )
    held: dict[int, list[KeyOut]] = defaultdict(list)
    for row in rows.mappings():
        held[row["client_id"]].append(KeyOut.model_validate({**row, "kty": row["jwk"]["kty"]}))
    return [AgencyOut.model_validate({**one, "keys": held[one["id"]]}) for one in clients]
