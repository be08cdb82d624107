"""Lines of the access log, heads and proofs, as JSON."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from shared.domain.deeds import Subject, Verb
from shared.domain.ledger import Line

Hex = str


class ActorOut(BaseModel):
    """Who did it: by name only for those who may see people where that one works."""

    actor: str = Field(description="`user:7`, `client:3` or `system`")
    roles: list[str] = Field(description="The roles held at that moment")
    name: str | None = Field(description="Absent where you may not see who it is")


class LineOut(BaseModel):
    """One line of the access log."""

    n: int = Field(description="1, 2, 3 …, without holes")
    at: datetime
    by: ActorOut
    verb: Verb | str
    subject: Subject | str
    key: str = Field(description="The code or number of what was read or changed")
    facility: str | None = Field(description="Which it concerns")
    facility_name: str | None
    purpose: str
    address: str | None = Field(description="From where; absent where you may not see people")
    detail: dict[str, Any]


class HeadOut(BaseModel):
    """A head: what was signed of the log at an instant. Keep it, and nobody can rewrite the past.

    How to check it: docs/access-log.md.
    """

    number: int
    size: int = Field(description="So many lines are under it")
    at: datetime
    root: Hex = Field(description="Of the Merkle tree over these lines (RFC 6962)")
    previous: Hex = Field(description="SHA-256 of the signed bytes of the head before")
    public_key: Hex = Field(description="Ed25519")
    signature: Hex


class ConsistencyOut(BaseModel):
    """That the log of one head became that of another by growing only (RFC 9162, 2.1.4)."""

    first: HeadOut
    second: HeadOut
    proof: list[Hex]


class InclusionOut(BaseModel):
    """That a line is under a head (RFC 9162, 2.1.3): the leaf is the hash of the line."""

    n: int
    previous: Hex = Field(description="The hash of the line before")
    hash: Hex = Field(description="SHA-256 of `previous` and the bytes of the line")
    line: Line | None = Field(description="Absent where you may not see people")
    head: HeadOut
    proof: list[Hex]
