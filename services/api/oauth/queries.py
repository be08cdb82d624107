"""Keys that prove, proofs that are spent, and tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.agencies import agency_client, agency_key, agency_token, spent_proof


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is taken now."""

    id: int
    jwk: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is taken now, and whose it is."""

    client_id: int
    client_code: str
    scopes: Sequence[str]
    bound_to: str | None
    daily_records: int


def _is_taken(now: datetime) -> ColumnElement[bool]:
    return and_(
        agency_key.c.revoked_at.is_(None),
        agency_key.c.not_before <= now,
        or_(agency_key.c.not_after.is_(None), agency_key.c.not_after > now),
    )


async def key(
    connection: AsyncConnection, client_id: int, kid: str, *, now: datetime
) -> Key | None:
    row = (
        await connection.execute(
            select(agency_key.c.id, agency_key.c.jwk).where(
                agency_key.c.client_id == client_id, agency_key.c.kid == kid, _is_taken(now)
            )
        )
    ).one_or_none()
    return Key(*row) if row else None


async def spend(
    connection: AsyncConnection, digest: bytes, *, expires_at: datetime, now: datetime
) -> bool:
    """Whether it had not been shown before. Of two at once, one waits for the other."""
    await connection.execute(delete(spent_proof).where(spent_proof.c.expires_at <= now))
    fresh = await connection.scalar(
        upsert(spent_proof)
        .values(digest=digest, expires_at=expires_at)
        .on_conflict_do_nothing()
        .returning(spent_proof.c.digest)
    )
    return fresh is not None


async def issue(
    connection: AsyncConnection,
    token_hash: bytes,
    *,
    key: tuple[int, int],
    scopes: Sequence[str],
    bound_to: str | None,
    times: tuple[datetime, datetime],
) -> None:
    """`key`: the client and its key; `times`: now, and when it ends."""
    now, expires_at = times
    await connection.execute(delete(agency_token).where(agency_token.c.expires_at <= now))
    await connection.execute(
        insert(agency_token).values(
            token_hash=token_hash,
            client_id=key[0],
            key_id=key[1],
            scopes=list(scopes),
            bound_to=bound_to,
            issued_at=now,
            expires_at=expires_at,
        )
    )


async def token(connection: AsyncConnection, token_hash: bytes, *, now: datetime) -> Token | None:
    """Only while its client and the key it was given for are in force, too."""
    row = (
        await connection.execute(
            select(
                agency_token.c.client_id,
                agency_client.c.code,
                agency_token.c.scopes,
                agency_token.c.bound_to,
                agency_client.c.daily_records,
            )
            .select_from(agency_token)
            .join(agency_client, agency_client.c.id == agency_token.c.client_id)
            .join(agency_key, agency_key.c.id == agency_token.c.key_id)
            .where(
                agency_token.c.token_hash == token_hash,
                agency_token.c.expires_at > now,
                agency_token.c.revoked_at.is_(None),
                agency_client.c.revoked_at.is_(None),
                _is_taken(now),
            )
        )
    ).one_or_none()
    return Token(*row) if row else None


async def revoke(
    connection: AsyncConnection, token_hash: bytes, client_id: int, *, now: datetime
) -> None:
    """Another client's token is left alone."""
    await connection.execute(
        update(agency_token)
        .where(
            agency_token.c.token_hash == token_hash,
            agency_token.c.client_id == client_id,
            agency_token.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
