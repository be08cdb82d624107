"""Words of messages in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, any_, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.names import name_of
from shared.db.tables.channels import message_template
from shared.db.tables.invitations import person_mail
from shared.db.tables.registry import admin_unit
from shared.domain.access import Scope
from shared.domain.templates import Words

_T: Final = message_template.c
_MOST_VERSIONS: Final = 50


@dataclass(frozen=True, slots=True)
class Key:
    """What words are for."""

    kind: str
    channel: str
    language: str
    unit_id: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """Words in force."""

    id: int
    key: Key
    unit: str | None
    words: Words
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """Words that are or were in force; people by name or number."""

    words: Words
    valid_from: datetime
    valid_to: datetime | None
    changed_by: str | None
    ended_by: str | None


@dataclass(frozen=True, slots=True)
class Province:
    """A unit that may have words of its own."""

    code: str
    name: str


async def in_force(connection: AsyncConnection, unit_ids: Sequence[int]) -> list[Kept]:
    """Of these units and of the whole country."""
    rows = await connection.execute(
        select(
            _T.id, _T.kind, _T.channel, _T.language, _T.admin_unit_id, admin_unit.c.code,
            _T.subject, _T.body, _T.valid_from,
        )
        .select_from(message_template)
        .outerjoin(admin_unit, admin_unit.c.id == _T.admin_unit_id)
        .where(
            _T.valid_to.is_(None),
            or_(
                _T.admin_unit_id.is_(None),
                _T.admin_unit_id == any_(literal(list(unit_ids), ARRAY(BIGINT))),
            ),
        )
    )  # fmt: skip
    return [
        Kept(
            row.id,
            Key(row.kind, row.channel, row.language, row.admin_unit_id),
            row.code,
            Words(row.subject, row.body),
            row.valid_from,
        )
        for row in rows
    ]


async def versions(connection: AsyncConnection, key: Key) -> list[Version]:
    """The newest first."""
    rows = await connection.execute(
        select(
            _T.subject, _T.body, _T.valid_from, _T.valid_to,
            name_of(_T.created_by).label("changed_by"), name_of(_T.ended_by).label("ended_by"),
        )
        .where(*_of(key))
        .order_by(_T.valid_from.desc(), _T.id.desc())
        .limit(_MOST_VERSIONS)
    )  # fmt: skip
    return [
        Version(
            Words(row.subject, row.body), row.valid_from, row.valid_to, row.changed_by, row.ended_by
        )
        for row in rows
    ]


async def begin(
    connection: AsyncConnection, key: Key, words: Words, *, by: int, now: datetime
) -> None:
    """In place of what is in force, which ends."""
    lock = func.hashtextextended(f"message_template/{key}", 0)
    await connection.execute(select(func.pg_advisory_xact_lock(lock)))
    await end(connection, key, by=by, now=now)
    await connection.execute(
        insert(message_template).values(
            kind=key.kind,
            channel=key.channel,
            language=key.language,
            admin_unit_id=key.unit_id,
            subject=words.subject,
            body=words.body,
            valid_from=now,
            created_by=by,
        )
    )


async def end(connection: AsyncConnection, key: Key, *, by: int, now: datetime) -> bool:
    """False if there is nothing of its own."""
    ended = await connection.execute(
        update(message_template)
        .where(*_of(key), _T.valid_to.is_(None))
        .values(valid_to=now, ended_by=by)
    )
    return bool(ended.rowcount)


def _of(key: Key) -> tuple[ColumnElement[bool], ...]:
    return (
        _T.kind == key.kind,
        _T.channel == key.channel,
        _T.language == key.language,
        _T.admin_unit_id.is_not_distinct_from(key.unit_id),
    )


async def provinces(connection: AsyncConnection, scope: Scope) -> Sequence[Province]:
    """Those that are there today, by name."""
    statement = select(admin_unit.c.code, admin_unit.c.name).where(
        admin_unit.c.level == "province", admin_unit.c.valid_to.is_(None)
    )
    if not scope.is_everywhere:
        ids = literal(list(scope.admin_unit_ids), ARRAY(BIGINT))
        statement = statement.where(admin_unit.c.id == any_(ids))
    rows = await connection.execute(statement.order_by(admin_unit.c.name))
    return [Province(*row) for row in rows]


async def post_mail(connection: AsyncConnection, user_id: int, mail: dict[str, Any]) -> None:
    """Into the outbox of mails to people; alerts sends it."""
    await connection.execute(insert(person_mail).values(user_id=user_id, **mail))
