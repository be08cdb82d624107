"""Second factors as the database keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.factors.ceremony import NewPasskey
from shared.db.tables.people import user_account
from shared.db.tables.proofs import passkey, recovery_code, totp_secret


@dataclass(frozen=True, slots=True)
class Passkey:
    """One as its owner sees it."""

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Secret:
    """An app's secret, sealed, and the last step of which a code was taken."""

    id: int
    sealed: bytes
    last_step: int
    confirmed_at: datetime | None


# -- the app -----------------------------------------------------------------------------------


async def propose_secret(
    connection: AsyncConnection, user_id: int, sealed: bytes, *, now: datetime
) -> None:
    """In place of another that was not confirmed; the one that counts goes on counting."""
    await connection.execute(
        upsert(totp_secret)
        .values(user_id=user_id, sealed=sealed, created_at=now)
        .on_conflict_do_update(
            index_elements=[totp_secret.c.user_id],
            index_where=totp_secret.c.confirmed_at.is_(None),
            set_={"sealed": sealed, "created_at": now, "last_step": 0},
        )
    )


async def proposed_secret(connection: AsyncConnection, user_id: int) -> Secret | None:
    return await _secret(connection, user_id, totp_secret.c.confirmed_at.is_(None))


async def secret(connection: AsyncConnection, user_id: int) -> Secret | None:
    """The one that counts."""
    return await _secret(connection, user_id, totp_secret.c.confirmed_at.is_not(None))


async def _secret(
    connection: AsyncConnection, user_id: int, which: ColumnElement[bool]
) -> Secret | None:
    row = (
        await connection.execute(
            select(
                totp_secret.c.id,
                totp_secret.c.sealed,
                totp_secret.c.last_step,
                totp_secret.c.confirmed_at,
            ).where(totp_secret.c.user_id == user_id, which)
        )
    ).one_or_none()
    return Secret(*row) if row else None


async def confirmed_since(connection: AsyncConnection, user_id: int) -> datetime | None:
    """Since when codes of an app count."""
    since: datetime | None = await connection.scalar(
        select(totp_secret.c.confirmed_at).where(
            totp_secret.c.user_id == user_id, totp_secret.c.confirmed_at.is_not(None)
        )
    )
    return since


async def confirm_secret(
    connection: AsyncConnection, user_id: int, secret_id: int, *, step: int, now: datetime
) -> None:
    """From now on it counts, and the one before does not."""
    before = totp_secret.c.confirmed_at.is_not(None)
    await connection.execute(delete(totp_secret).where(totp_secret.c.user_id == user_id, before))
    await connection.execute(
        update(totp_secret)
        .where(totp_secret.c.id == secret_id)
        .values(confirmed_at=now, last_step=step)
    )


async def use_step(connection: AsyncConnection, secret_id: int, step: int) -> bool:
    """Whether no code of this step or a later one was taken yet; of two at once, one wins."""
    used = await connection.execute(
        update(totp_secret)
        .where(totp_secret.c.id == secret_id, totp_secret.c.last_step < step)
        .values(last_step=step)
        .returning(totp_secret.c.id)
    )
    return used.one_or_none() is not None


async def remove_secrets(connection: AsyncConnection, user_id: int) -> None:
    await connection.execute(delete(totp_secret).where(totp_secret.c.user_id == user_id))


# -- passkeys ----------------------------------------------------------------------------------


async def passkeys(connection: AsyncConnection, user_id: int) -> Sequence[Passkey]:
    rows = await connection.execute(
        select(passkey.c.id, passkey.c.name, passkey.c.created_at, passkey.c.last_used_at)
        .where(passkey.c.user_id == user_id)
        .order_by(passkey.c.id)
    )
    return [Passkey(*row) for row in rows]


async def credential_ids(connection: AsyncConnection, user_id: int) -> Sequence[bytes]:
    found = await connection.scalars(
        select(passkey.c.credential_id).where(passkey.c.user_id == user_id)
    )
    return found.all()


async def handle(connection: AsyncConnection, user_id: int, *, fresh: bytes) -> bytes:
    """By which passkeys name somebody; made at the first."""
    await connection.execute(
        update(user_account)
        .where(user_account.c.id == user_id, user_account.c.passkey_handle.is_(None))
        .values(passkey_handle=fresh)
    )
    found: bytes = (
        await connection.execute(
            select(user_account.c.passkey_handle).where(user_account.c.id == user_id)
        )
    ).scalar_one()
    return found


async def add_passkey(
    connection: AsyncConnection, user_id: int, made: NewPasskey, *, name: str, now: datetime
) -> bool:
    """False if it is on record already, whoever's it is."""
    added = await connection.scalar(
        upsert(passkey)
        .values(
            user_id=user_id,
            name=name,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[passkey.c.credential_id])
        .returning(passkey.c.id)
    )
    return added is not None


async def owner_of(
    connection: AsyncConnection, credential_id: bytes, claimed_handle: bytes | None
) -> tuple[int, NewPasskey] | None:
    """Whose passkey it is, if it names the same owner itself; locked until it has been used."""
    row = (
        await connection.execute(
            select(
                passkey.c.user_id,
                user_account.c.passkey_handle,
                passkey.c.credential_id,
                passkey.c.public_key,
                passkey.c.sign_count,
            )
            .join_from(passkey, user_account)
            .where(passkey.c.credential_id == credential_id)
            .with_for_update(of=passkey)
        )
    ).one_or_none()
    if row is None or claimed_handle != row.passkey_handle:
        return None
    return row.user_id, NewPasskey(row.credential_id, row.public_key, row.sign_count)


async def used_passkey(
    connection: AsyncConnection, credential_id: bytes, *, sign_count: int, now: datetime
) -> None:
    await connection.execute(
        update(passkey)
        .where(passkey.c.credential_id == credential_id)
        .values(sign_count=sign_count, last_used_at=now)
    )


async def remove_passkey(connection: AsyncConnection, user_id: int, passkey_id: int) -> bool:
    removed = await connection.execute(
        delete(passkey)
        .where(passkey.c.user_id == user_id, passkey.c.id == passkey_id)
        .returning(passkey.c.id)
    )
    return removed.one_or_none() is not None


# -- codes on paper ----------------------------------------------------------------------------


async def keep_recovery_codes(
    connection: AsyncConnection, user_id: int, hashes: Sequence[bytes], *, now: datetime
) -> None:
    """Those before are void."""
    await remove_recovery_codes(connection, user_id)
    rows = [{"user_id": user_id, "code_hash": one, "created_at": now} for one in hashes]
    await connection.execute(insert(recovery_code), rows)


async def remove_recovery_codes(connection: AsyncConnection, user_id: int) -> None:
    await connection.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))


async def use_recovery_code(
    connection: AsyncConnection, user_id: int, code_hash: bytes, *, now: datetime
) -> bool:
    """Whether it was theirs and unused; of two at once, one wins."""
    used = await connection.execute(
        update(recovery_code)
        .where(
            recovery_code.c.user_id == user_id,
            recovery_code.c.code_hash == code_hash,
            recovery_code.c.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(recovery_code.c.user_id)
    )
    return used.one_or_none() is not None


async def recovery_codes_left(connection: AsyncConnection, user_id: int) -> int:
    left = select(func.count()).where(
        recovery_code.c.user_id == user_id, recovery_code.c.used_at.is_(None)
    )
    return int(await connection.scalar(left) or 0)


# -- all of them -------------------------------------------------------------------------------


async def has_any(connection: AsyncConnection, user_id: int) -> bool:
    confirmed = totp_secret.c.confirmed_at.is_not(None)
    return bool(
        await connection.scalar(
            select(
                exists().where(passkey.c.user_id == user_id)
                | exists().where(totp_secret.c.user_id == user_id, confirmed)
            )
        )
    )


async def remove_all(connection: AsyncConnection, user_id: int) -> None:
    """All that somebody has proven themselves with besides a passphrase."""
    await remove_secrets(connection, user_id)
    await connection.execute(delete(passkey).where(passkey.c.user_id == user_id))
    await remove_recovery_codes(connection, user_id)
