"""One module per noun; importing this package registers every table."""

from shared.db.tables import access_log, alerting, coverage, people, registry, retention, units
from shared.db.tables.base import metadata

__all__ = [
    "access_log",
    "alerting",
    "coverage",
    "metadata",
    "people",
    "registry",
    "retention",
    "units",
]
