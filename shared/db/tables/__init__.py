"""One module per noun; importing this package registers every table."""

from shared.db.tables import (
    access_log,
    agencies,
    alerting,
    approvals,
    coverage,
    enrolment,
    facilities,
    imports,
    invitations,
    people,
    placement,
    proofs,
    registry,
    retention,
    units,
)
from shared.db.tables.base import metadata

__all__ = [
    "access_log",
    "agencies",
    "alerting",
    "approvals",
    "coverage",
    "enrolment",
    "facilities",
    "imports",
    "invitations",
    "metadata",
    "people",
    "placement",
    "proofs",
    "registry",
    "retention",
    "units",
]
