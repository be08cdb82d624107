"""A world a facility: one row in every table, each text of it a canary that names its world."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    insert,
)
from sqlalchemy.dialects.postgresql import INET, JSONB, TSTZMULTIRANGE, UUID
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables import metadata
from tests.probe.exceptions import LATER, OWN_VALUES, SHARED, SKIPPED

_CHOICES = re.compile(r"(\w+) IN \(\s*'([^']*)'")


@dataclass(frozen=True, slots=True)
class World:
    """A facility and one of everything that hangs on it."""

    number: int
    facility: str
    commune_id: int
    province_id: int
    rows: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """Stands in every text of this world and nowhere else."""
        return mark(self.number)


def mark(number: int) -> str:
    return f"qz{number}kx"


async def fill(connection: AsyncConnection, world: World, now: datetime) -> None:
    """One row in each table that belongs to a facility; what refers to others comes after them."""
    left = [
        table
        for table in metadata.sorted_tables
        if table.name not in SKIPPED | SHARED | world.rows.keys()
    ]
    while left:
        waiting = []
        for table in left:
            try:
                values = _values(table, world, now)
            except KeyError:
                waiting.append(table)
                continue
            row = await connection.execute(insert(table).values(values).returning(*table.columns))
            world.rows[table.name] = dict(row.mappings().one())
        if len(waiting) == len(left):
            raise LookupError(f"these refer to what is not there: {[t.name for t in left]}")
        left = waiting


def _values(table: Table, world: World, now: datetime) -> dict[str, Any]:
    return {
        column.name: value
        for column in table.columns
        if (value := _value(table, column, world, now)) is not ...
    }


def _value(table: Table, column: Column[Any], world: World, now: datetime) -> Any:
    """An ellipsis leaves it to the database."""
    for key in ((table.name, column.name), ("*", column.name)):
        if key in OWN_VALUES:
            own = OWN_VALUES[key]
            return own(world, now) if callable(own) else own
    if column.identity is not None or column.computed is not None:
        return ...
    if (target := _target(column)) is not None:
        return _referred(column, target, world)
    if isinstance(column.type, Text):
        return _choice(table, column) or f"{world.mark}-{table.name}-{column.name}"[:60]
    is_left_out = column.nullable or column.server_default is not None
    return ... if is_left_out else _plain(column, table, world, now)


def _target(column: Column[Any]) -> tuple[str, str] | None:
    """The table and column that it refers to, by a key or by its name alone."""
    if column.foreign_keys:
        referred = next(iter(column.foreign_keys)).column
        return referred.table.name, referred.name
    named = column.name.removesuffix("_id")
    is_by_name = column.name.endswith("_id") and named in metadata.tables
    return (named, "id") if is_by_name and named != column.table.name else None


def _referred(column: Column[Any], target: tuple[str, str], world: World) -> Any:
    table, name = target
    if table == "admin_unit":
        return world.commune_id
    # Nobody has decided, revoked or ended anything yet.
    nobody = SHARED | SKIPPED | {"user_account", column.table.name}
    return ... if column.nullable and table in nobody else world.rows[table][name]


def _choice(table: Table, column: Column[Any]) -> str | None:
    """The first of the words that a check allows."""
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            found = _CHOICES.search(str(constraint.sqltext))
            if found and found[1] == column.name:
                return found[2]
    return None


def _plain(column: Column[Any], table: Table, world: World, now: datetime) -> Any:
    digest = hashlib.sha256(f"{world.mark}/{table.name}/{column.name}".encode()).digest()
    is_later = any(word in column.name for word in LATER)
    makers: Mapping[type, Callable[[], Any]] = {
        DateTime: lambda: now + timedelta(days=30) if is_later else now - timedelta(hours=1),
        Date: lambda: _day(now) + timedelta(days=30 if is_later else 0),
        BigInteger: lambda: 1000 + world.number,
        Integer: lambda: 1,
        SmallInteger: lambda: 1,
        Float: lambda: 1.0,
        Numeric: lambda: 1,
        Boolean: lambda: False,
        LargeBinary: lambda: digest,
        JSONB: lambda: {"note": f"{world.mark}-{table.name}"},
        TSTZMULTIRANGE: list,
        UUID: lambda: f"{digest[:16].hex()}",
        INET: lambda: "192.0.2.1",
    }
    for kind, make in makers.items():
        if isinstance(column.type, kind):
            return make()
    raise LookupError(f"no value for {table.name}.{column.name} of type {column.type!r}")


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()
