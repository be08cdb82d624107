"""One module per noun; importing this package registers every table."""

from shared.db.tables import alerting, coverage, people, registry, retention
from shared.db.tables.base import metadata

__all__ = ["alerting", "coverage", "metadata", "people", "registry", "retention"]
