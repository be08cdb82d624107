"""Invitations, and mails to people about themselves: links, and tests that they asked for.

Writer: api. What becomes of a mail is written by alerts, which sends it.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from shared.db.tables.base import instant, metadata

# To take a role; or, with `user_id`, to prove anew who one is after all proofs were lost.
invitation = Table(
    "invitation",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True, comment="of the link's 256 bit"),
    Column("email", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), comment="whose proofs it resets"),
    Column("role", Text, comment="a code of shared.domain.access.Role"),
    Column("facility_id", BigInteger, ForeignKey("facility.id")),
    Column("admin_unit_id", BigInteger, ForeignKey("admin_unit.id")),
    instant("valid_from", nullable=True),
    instant("valid_to", nullable=True),
    Column("authority_id", BigInteger, ForeignKey("authority.id")),
    Column("legal_basis", Text, nullable=False, server_default=""),
    Column("is_deputy", Boolean, nullable=False, server_default="false"),
    Column("time_share_percent", Integer),
    Column("invited_by", BigInteger, ForeignKey("user_account.id"), comment="absent: an operator"),
    instant("invited_at"),
    instant("expires_at"),
    instant("accepted_at", nullable=True),
    Column("accepted_by", BigInteger, ForeignKey("user_account.id")),
    instant("revoked_at", nullable=True),
    CheckConstraint("(role IS NULL) <> (user_id IS NULL)", name="purpose"),
    CheckConstraint("language IN ('vi', 'en')", name="language"),
    CheckConstraint("time_share_percent BETWEEN 1 AND 100", name="time_share_percent"),
    Index("ix_invitation_facility_id", "facility_id"),
    Index("ix_invitation_admin_unit_id", "admin_unit_id"),
    Index("ix_invitation_user_id", "user_id"),
)

person_mail = Table(
    "person_mail",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("invitation_id", BigInteger, ForeignKey("invitation.id")),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), comment="who has a test sent"),
    Column("address", Text, nullable=False, comment="emptied with the body"),
    Column("language", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False, comment="holds the link; emptied once it is sent or dead"),
    Column("message_id", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    instant("created_at"),
    instant("due_at"),
    instant("expires_at"),
    instant("sent_at", nullable=True),
    CheckConstraint("state IN ('pending', 'sent', 'dead')", name="state"),
    CheckConstraint("num_nonnulls(invitation_id, user_id) = 1", name="purpose"),
    Index("ix_person_mail_due_at", "due_at", postgresql_where="state = 'pending'"),
    Index("ix_person_mail_invitation_id", "invitation_id"),
)
