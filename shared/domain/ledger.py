"""The bytes of the access log that are hashed, chained and signed. docs/access-log.md tells how.

line n ──▶ hash n = SHA-256(hash n-1 ‖ bytes of line n) ──▶ leaf n-1 of a Merkle tree
tree of the first `size` lines ──▶ head, which names the head before ──▶ signature
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Self

#: Where a chain begins: before line 1, and before head 1.
GENESIS: Final = bytes(32)
_LINE_VERSION: Final = b"\x01"
_HEAD_BEGINS: Final = b"giamsat access log head 1\n"
_ABSENT: Final = b"\xff\xff\xff\xff"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the access log, with all that its hash covers."""

    n: int
    at: datetime
    actor: str
    role: str
    verb: str
    subject: str
    key: str
    facility_id: int | None
    admin_unit_id: int | None
    purpose: str
    address: str
    trace_id: str
    detail: str


def line_bytes(line: Line) -> bytes:
    """The same bytes as the trigger `access_log_link` puts together."""
    fields = (
        line.actor, line.role, line.verb, line.subject, line.key, _number(line.facility_id),
        _number(line.admin_unit_id), line.purpose, line.address, line.trace_id, line.detail,
    )  # fmt: skip
    return b"".join(
        (_LINE_VERSION, _eight(line.n), _eight(_microseconds(line.at)), *map(_field, fields))
    )


def line_hash(previous: bytes, line: Line) -> bytes:
    """The link from the line before to this one."""
    return sha256(previous + line_bytes(line)).digest()


@dataclass(frozen=True, slots=True)
class Head:
    """What was signed of the log at an instant: its first `size` lines, and the head before."""

    number: int
    size: int
    at: datetime
    root: bytes
    #: The hash of the head before.
    previous: bytes
    public_key: bytes

    @property
    def content(self) -> bytes:
        """What is signed."""
        numbers = _eight(self.number) + _eight(self.size) + _eight(_microseconds(self.at))
        return _HEAD_BEGINS + numbers + self.root + self.previous + self.public_key

    @property
    def hash(self) -> bytes:
        return sha256(self.content).digest()


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head as it is handed to whoever keeps it."""

    head: Head
    signature: bytes

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.head.number,
            "size": self.head.size,
            "at": self.head.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "root": self.head.root.hex(),
            "previous": self.head.previous.hex(),
            "public_key": self.head.public_key.hex(),
            "signature": self.signature.hex(),
        }

    @classmethod
    def of_json(cls, given: Mapping[str, Any]) -> Self:
        """Raises `ValueError` for what is no head."""
        try:
            head = Head(
                number=int(given["number"]),
                size=int(given["size"]),
                at=datetime.fromisoformat(given["at"]),
                root=bytes.fromhex(given["root"]),
                previous=bytes.fromhex(given["previous"]),
                public_key=bytes.fromhex(given["public_key"]),
            )
            return cls(head, bytes.fromhex(given["signature"]))
        except (KeyError, TypeError) as exc:
            raise ValueError("this is no head of an access log") from exc


def line_of(head: SignedHead) -> str:
    """One line of a file of heads."""
    return json.dumps(head.as_json(), separators=(",", ":")) + "\n"


def heads_in(text: str) -> list[SignedHead]:
    """The heads in such a file. Raises `ValueError` that names the line which holds none."""
    heads = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            heads.append(SignedHead.of_json(json.loads(line)))
        except (ValueError, TypeError) as exc:
            raise ValueError(f"line {number} of the heads is no head: {exc}") from exc
    return heads


def fingerprint(public_key: bytes) -> str:
    """By which people tell the keys of seals apart."""
    return sha256(public_key).hexdigest()[:16]


def _field(text: str | None) -> bytes:
    if text is None:
        return _ABSENT
    content = text.encode()
    return len(content).to_bytes(4, "big") + content


def _number(number: int | None) -> str | None:
    return None if number is None else str(number)


def _eight(number: int) -> bytes:
    return number.to_bytes(8, "big", signed=True)


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND
