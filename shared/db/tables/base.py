"""The metadata every table registers with, and column shorthands."""

from datetime import datetime

from sqlalchemy import Column, DateTime, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

INSTANT = DateTime(timezone=True)


def instant(name: str, *, nullable: bool = False) -> Column[datetime]:
    """A column holding an instant, in UTC."""
    return Column(name, INSTANT, nullable=nullable)
