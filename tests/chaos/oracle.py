"""Compares what is on record with what was claimed; each difference has a name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

import asyncpg

from tests.chaos import model
from tests.chaos.ledger import Claim, Key, Record
from tests.chaos.model import Place, Registered
from tests.chaos.spans import Span, length, minus, union

_EPOCH: Final = date(1970, 1, 1)


class Kind(StrEnum):
    """What can be wrong."""

    LOST = "lost"
    WAITING = "waiting"
    INVENTED = "invented"
    UNTOLD = "untold"
    TOO_SURE = "too_sure"
    ACCUSED = "accused"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Finding:
    """Lost: acknowledged time of one column that is not on record. Waiting: time that was claimed
    and is not on record at the end, but nobody was told that it is: its senders still keep it.
    Invented: time nobody claimed. Untold: claims not acknowledged at the end. Too sure: time that
    was missing although the watermark said that it could not. Accused: an honest device.
    Unexpected: messages that met a bug.
    """

    kind: Kind
    column: str
    device: str
    spans: tuple[Span, ...] = ()
    count: int = 1

    def __str__(self) -> str:
        if not self.spans:
            return f"{self.kind} {self.device} ({self.count})"
        return f"{self.kind} {self.device} {self.column} {self.spans[:5]}"


@dataclass(slots=True)
class Verdict:
    """The findings of all looks at one run; what was missing once is missing."""

    lost: dict[Place, list[Span]] = field(default_factory=dict)
    waiting: dict[Place, list[Span]] = field(default_factory=dict)
    invented: dict[Place, list[Span]] = field(default_factory=dict)
    too_sure: dict[Place, list[Span]] = field(default_factory=dict)
    accused: set[str] = field(default_factory=set)
    unexpected: int = 0
    untold: int = 0
    looks: int = 0

    @property
    def lost_us(self) -> int:
        return sum(map(length, self.lost.values()))

    @property
    def waiting_us(self) -> int:
        return sum(map(length, self.waiting.values()))

    @property
    def invented_us(self) -> int:
        return sum(map(length, self.invented.values()))

    @property
    def findings(self) -> list[Finding]:
        of_kinds = (
            (Kind.LOST, self.lost),
            (Kind.WAITING, self.waiting),
            (Kind.INVENTED, self.invented),
            (Kind.TOO_SURE, self.too_sure),
        )
        found = [
            Finding(kind, column, device, tuple(spans))
            for kind, table in of_kinds
            for (device, _, column), spans in sorted(table.items())
        ]
        found += [Finding(Kind.ACCUSED, "", device) for device in sorted(self.accused)]
        if self.unexpected:
            found.append(Finding(Kind.UNEXPECTED, "", "", count=self.unexpected))
        if self.untold:
            found.append(Finding(Kind.UNTOLD, "", "", count=self.untold))
        return found

    def is_clean(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class Sight:
    """What the database says at one moment: the columns of every row, how far it saw, and of whom
    it says that somebody may be pretending.
    """

    rows: Mapping[Place, list[Span]]
    seen_until_us: int
    blind: tuple[Span, ...]
    accused: frozenset[str]
    unexpected: int


# An end that belongs to the interval is a microsecond too much, a beginning that does not is one
# too little.
_SPANS = """
    (extract(epoch FROM lower(r)) * 1000000)::bigint + (NOT lower_inc(r))::int AS a,
    (extract(epoch FROM upper(r)) * 1000000)::bigint + upper_inc(r)::int AS b
"""
_ROWS = f"""
SELECT code, day, 'covered' AS column, {_SPANS}
FROM device_day JOIN device ON device.id = device_id, unnest(watched + late) AS r
UNION ALL
SELECT code, day, 'proven', {_SPANS}
FROM device_day JOIN device ON device.id = device_id, unnest(proven) AS r
UNION ALL
SELECT code, day, 'watched', {_SPANS}
FROM device_day JOIN device ON device.id = device_id, unnest(watched) AS r
UNION ALL
SELECT code, day, 'impaired', {_SPANS}
FROM device_day JOIN device ON device.id = device_id, unnest(impaired) AS r
UNION ALL
SELECT code, day, fault, {_SPANS}
FROM device_fault JOIN device ON device.id = device_id, unnest(spans) AS r
"""  # noqa: S608 - no value in it comes from outside
_SEEN = """
SELECT (extract(epoch FROM min(seen_until)) * 1000000)::bigint FROM ingest_worker
"""
_ACCUSED = """
SELECT DISTINCT code FROM security_event JOIN device ON device.id = device_id
"""
_UNEXPECTED = """
SELECT coalesce(sum(count), 0)::bigint FROM quarantine WHERE reason = 'unexpected'
"""
_BLIND = """
SELECT (extract(epoch FROM from_at) * 1000000)::bigint AS a,
       (extract(epoch FROM to_at) * 1000000)::bigint AS b FROM blind_span
"""


async def look(database_url: str) -> Sight:
    """Everything as of one moment."""
    link: asyncpg.Connection[Any] = await asyncpg.connect(database_url)
    try:
        async with link.transaction(isolation="repeatable_read", readonly=True):
            found = await link.fetch(_ROWS)
            seen_until_us = await link.fetchval(_SEEN)
            blind = await link.fetch(_BLIND)
            accused = await link.fetch(_ACCUSED)
            unexpected = await link.fetchval(_UNEXPECTED)
    finally:
        await link.close(timeout=5)
    rows: dict[Place, list[Span]] = {}
    for code, day, column, start, stop in found:
        rows.setdefault((code, (day - _EPOCH).days, column), []).append((start, stop))
    return Sight(
        {place: union(spans) for place, spans in rows.items()},
        seen_until_us or 0,
        tuple(union((row["a"], row["b"]) for row in blind)),
        frozenset(row["code"] for row in accused),
        unexpected,
    )


class Oracle:
    """Knows the registry; is asked again and again during a run, and at its end."""

    def __init__(
        self, devices: Mapping[str, Registered], *, dishonest: frozenset[str] = frozenset()
    ) -> None:
        self._devices = devices
        self._dishonest = dishonest
        self.verdict = Verdict()

    def compare(
        self, sight: Sight, *, committed: Iterable[Claim], record: Record, looked_us: int
    ) -> None:
        """`committed`: claims that must be on record by now; of the others no more than they say.

        Take `committed` before the look, `record` and `looked_us` after it.
        """
        must = model.must_be(committed, self._devices, looked_us=looked_us)
        may = model.may_be(record.claims.values(), self._devices, looked_us=looked_us)
        _note(self.verdict.lost, must, sight.rows)
        _note(self.verdict.invented, sight.rows, may)
        self.verdict.accused |= sight.accused - self._dishonest
        self.verdict.unexpected = max(self.verdict.unexpected, sight.unexpected)
        self.verdict.looks += 1

    def compare_watermark(
        self, sight: Sight, *, record: Record, taken: Mapping[Key, int], looked_us: int
    ) -> None:
        """Whatever the broker took before the watermark is on record, but for blind times.

        `taken`: when the broker's acknowledgement of a claim reached its sender.
        """
        before = [
            record.claims[key]
            for key, taken_us in taken.items()
            if taken_us < sight.seen_until_us and not _is_within(taken_us, sight.blind)
        ]
        must = model.must_be(before, self._devices, looked_us=looked_us)
        _note(self.verdict.too_sure, must, sight.rows)

    def conclude(self, sight: Sight, record: Record, *, looked_us: int) -> Verdict:
        """At the end, when nothing is under way any more: everything claimed must be there."""
        told = [record.claims[key] for key in record.told]
        self.compare(sight, committed=told, record=record, looked_us=looked_us)
        must = model.must_be(record.untold, self._devices, looked_us=looked_us)
        lost = self.verdict.lost
        there = {place: [*sight.rows.get(place, ()), *lost.get(place, ())] for place in must}
        _note(self.verdict.waiting, must, there)
        self.verdict.untold = len(record.untold)
        return self.verdict


def _note(
    table: dict[Place, list[Span]],
    these: Mapping[Place, list[Span]],
    those: Mapping[Place, list[Span]],
) -> None:
    """Add to the table what the one has and the other has not."""
    for place, spans in these.items():
        missing = minus(spans, those.get(place, ()))
        if missing:
            table[place] = union([*table.get(place, ()), *missing])


def _is_within(moment: int, spans: Iterable[Span]) -> bool:
    return any(start <= moment < stop for start, stop in spans)
