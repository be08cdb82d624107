"""Authorities, what they decide, and how units and they follow one another. Writer: api."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
)

from shared.db.tables.base import instant, metadata


def sourced() -> Column[str]:
    """Where what a row says is from, so that whoever corrects it knows what it stands on."""
    return Column(
        "source",
        Text,
        nullable=False,
        server_default="",
        comment="where it was read, or that it is from memory",
    )


# Many to many: a hundred communes became forty, and some were split.
admin_unit_succession = Table(
    "admin_unit_succession",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("from_id", BigInteger, ForeignKey("admin_unit.id"), nullable=False),
    Column("to_id", BigInteger, ForeignKey("admin_unit.id"), comment="absent: abolished"),
    Column("kind", Text, nullable=False),
    Column("effective_on", Date, nullable=False, comment="the first day of the new order"),
    Column("legal_basis", Text, nullable=False),
    Column("share", Numeric(5, 4), comment="of the old unit, where it was split and it is known"),
    sourced(),
    CheckConstraint("kind IN ('merge', 'split', 'rename', 'abolish')", name="kind"),
    CheckConstraint("(to_id IS NULL) = (kind = 'abolish')", name="to_id"),
    UniqueConstraint("from_id", "to_id", "effective_on", postgresql_nulls_not_distinct=True),
    Index("ix_admin_unit_succession_from_id", "from_id"),
    Index("ix_admin_unit_succession_to_id", "to_id"),
)

authority = Table(
    "authority",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="a code of shared.domain.jurisdiction"),
    Column("admin_unit_id", BigInteger, ForeignKey("admin_unit.id"), comment="absent: the state's"),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, comment="the first day on which it is no more"),
    Column("successor_id", BigInteger, ForeignKey("authority.id")),
    Column("legal_basis", Text, nullable=False, server_default=""),
    sourced(),
    Index("ix_authority_admin_unit_id", "admin_unit_id"),
)

competence = Table(
    "competence",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("authority_id", BigInteger, ForeignKey("authority.id"), nullable=False),
    Column("subject_matter", Text, nullable=False, comment="a code, such as license_facility"),
    Column("scope", Text, nullable=False, server_default="", comment="what of it, in words"),
    Column("legal_basis", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, comment="the first day on which it is no more"),
    Column("review_on", Date, comment="when to ask whether this is still the law"),
    sourced(),
    UniqueConstraint("authority_id", "subject_matter", "valid_from"),
    Index("ix_competence_authority_id", "authority_id"),
)

# Where a facility lay at a date. `facility.admin_unit_id` is the place of today.
facility_location = Table(
    "facility_location",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), nullable=False),
    Column("admin_unit_id", BigInteger, ForeignKey("admin_unit.id"), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, comment="the first day on which it lay elsewhere"),
    Column("legal_basis", Text, nullable=False, server_default=""),
    CheckConstraint("valid_to > valid_from", name="valid_to"),
    Index("ix_facility_location_facility_id", "facility_id", "valid_from"),
)

# Where a facility of a split unit goes: none of the successors is its own by itself.
facility_assignment = Table(
    "facility_assignment",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), nullable=False),
    Column("to_unit_id", BigInteger, ForeignKey("admin_unit.id"), nullable=False),
    Column("effective_on", Date, nullable=False, comment="the day on which its unit was split"),
    Column("legal_basis", Text, nullable=False),
    Column("by", Text, nullable=False, comment="user:7, or system for an import"),
    instant("assigned_at"),
    UniqueConstraint("facility_id", "effective_on"),
)

# JurisdictionReassigned: append-only; alerts folds it into the incidents still open there.
jurisdiction_reassigned = Table(
    "jurisdiction_reassigned",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), nullable=False),
    Column("from_unit_id", BigInteger, ForeignKey("admin_unit.id"), nullable=False),
    Column("to_unit_id", BigInteger, ForeignKey("admin_unit.id"), nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("legal_basis", Text, nullable=False, server_default=""),
    Column("by", Text, nullable=False, comment="user:7, or system at a cut-over"),
    instant("happened_at"),
    Index("ix_jurisdiction_reassigned_facility_id", "facility_id", "id"),
)
