"""Documents on record; their content is read only when it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, exists, null, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.documents.schemas import DocumentOut
from shared.db.tables.facilities import condition_check, document, facility_fact

_SHOWN = (
    document.c.id,
    document.c.title,
    document.c.fact_id.label("fact"),
    document.c.check_id.label("check"),
    document.c.media_type,
    document.c.size,
    document.c.sha256,
    document.c.uploaded_at,
    document.c.removed_at,
)


@dataclass(frozen=True, slots=True)
class Paper:
    """What belongs to a document besides its content: a title, and what it is the paper of."""

    title: str
    fact_id: int | None = None
    check_id: int | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """A file as it is kept."""

    content: bytes
    media_type: str
    sha256: bytes


async def of_facility(connection: AsyncConnection, facility_id: int) -> Sequence[DocumentOut]:
    """Those kept, the newest first."""
    rows = await connection.execute(
        select(*_SHOWN)
        .where(document.c.facility_id == facility_id, document.c.removed_at.is_(None))
        .order_by(document.c.id.desc())
    )
    return [_out(row) for row in rows.mappings()]


async def one(
    connection: AsyncConnection, facility_id: int, document_id: int
) -> DocumentOut | None:
    rows = await connection.execute(
        select(*_SHOWN).where(document.c.facility_id == facility_id, document.c.id == document_id)
    )
    row = rows.mappings().one_or_none()
    return _out(row) if row else None


async def content(connection: AsyncConnection, facility_id: int, document_id: int) -> bytes | None:
    found: bytes | None = await connection.scalar(
        select(document.c.content).where(
            document.c.facility_id == facility_id, document.c.id == document_id
        )
    )
    return found


async def same(connection: AsyncConnection, facility_id: int, sha256: bytes) -> int | None:
    """The document with this content, if it is kept already."""
    found: int | None = await connection.scalar(
        select(document.c.id).where(
            document.c.facility_id == facility_id,
            document.c.sha256 == sha256,
            document.c.removed_at.is_(None),
        )
    )
    return found


async def belongs(connection: AsyncConnection, facility_id: int, paper: Paper) -> bool:
    """Whether what it is said to be the paper of is of this facility."""
    if paper.fact_id is not None:
        fact = exists().where(
            facility_fact.c.id == paper.fact_id, facility_fact.c.facility_id == facility_id
        )
        if not await connection.scalar(select(fact)):
            return False
    if paper.check_id is None:
        return True
    check = exists().where(
        condition_check.c.id == paper.check_id, condition_check.c.facility_id == facility_id
    )
    return bool(await connection.scalar(select(check)))


async def add(
    connection: AsyncConnection, facility_id: int, paper: Paper, scan: Scan, *, by: int,
    now: datetime,
) -> int:  # fmt: skip
    added: int = (
        await connection.execute(
            insert(document)
            .values(
                facility_id=facility_id,
                title=paper.title,
                fact_id=paper.fact_id,
                check_id=paper.check_id,
                media_type=scan.media_type,
                size=len(scan.content),
                sha256=scan.sha256,
                content=scan.content,
                uploaded_at=now,
                uploaded_by=by,
            )
            .returning(document.c.id)
        )
    ).scalar_one()
    return added


async def remove(connection: AsyncConnection, document_id: int, *, by: int, now: datetime) -> None:
    await connection.execute(
        update(document)
        .where(document.c.id == document_id, document.c.removed_at.is_(None))
        .values(content=null(), removed_at=now, removed_by=by)
    )


def _out(row: RowMapping) -> DocumentOut:
    return DocumentOut(**{**row, "sha256": row["sha256"].hex()})
