"""Reads the whole log and says what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.verify import guards, queries
from shared.domain import ledger_audit
from shared.domain.ledger import SignedHead
from shared.domain.ledger_audit import Fault, Finding, Stored
from shared.runtime import ed25519


@dataclass(frozen=True, slots=True)
class Report:
    """What was read, and what is wrong with it."""

    findings: Sequence[Finding]
    lines: int
    seals: Sequence[SignedHead]
    witnesses: Sequence[SignedHead]

    @property
    def unsealed(self) -> int:
        return self.lines - (self.seals[-1].head.size if self.seals else 0)


async def check(
    connection: AsyncConnection,
    *,
    witnesses: Sequence[SignedHead],
    trusted: frozenset[bytes],
    now: datetime,
) -> Report:
    """In one view of the database. No key to trust means: any that signed is believed."""
    seals = await queries.heads(connection)
    lines = ledger_audit.lines_for(seals, witnesses)
    async for line, stored in queries.lines(connection):
        lines.take(line, stored)
    tails = await queries.tails(connection)
    findings = ledger_audit.findings(
        lines,
        Stored(seals, tails[0] if len(tails) == 1 else (0, b""), await queries.nodes(connection)),
        witnesses,
        trusted=trusted or frozenset(one.head.public_key for one in seals),
        verify=ed25519.verify,
        now=now,
    )
    findings += [one async for one in guards.lost(connection)]
    return Report(findings, lines.count, seals, witnesses)


WORDS = {
    Fault.LINE_CHANGED: "does not follow from the line before: it was changed, or put in its place",
    Fault.LINES_MISSING: "missing",
    Fault.LINE_REPEATED: "stands there more than once, or out of order",
    Fault.TAIL_DIFFERS: "is the last line, but another was written last",
    Fault.NODE_WRONG: "have wrong nodes in the tree above them",
    Fault.UNSEALED: "have not been sealed for a long time: nobody seals",
    Fault.REWRITTEN: "are not those that were signed: they were rewritten, hashes and all",
    Fault.CUT_SHORT: "were signed and are not there: the log was cut short, or an older copy",
    Fault.SEAL_MISSING: "missing",
    Fault.SEAL_UNLINKED: "does not follow from the one before",
    Fault.SEAL_SHRINKS: "covers fewer lines than the one before",
    Fault.SEAL_UNSIGNED: "is not signed with the key that it names",
    Fault.SEAL_UNKNOWN_KEY: "is signed with a key that is not ours",
    Fault.WITNESS_UNSIGNED: "as it was kept elsewhere is not signed with a key that we know",
    Fault.WITNESS_CONTRADICTS: "is another than the one that was kept elsewhere",
}
_OF_LINES = {
    Fault.LINE_CHANGED, Fault.LINES_MISSING, Fault.LINE_REPEATED, Fault.TAIL_DIFFERS,
    Fault.NODE_WRONG, Fault.UNSEALED, Fault.REWRITTEN, Fault.CUT_SHORT,
}  # fmt: skip


def in_words(finding: Finding) -> str:
    """One line for a person."""
    if finding.fault is Fault.UNGUARDED:
        return f"Unguarded: {finding.detail}."
    what = "Line" if finding.fault in _OF_LINES else "Head"
    is_one = finding.first >= finding.last or finding.fault is Fault.TAIL_DIFFERS
    place = f"{what} {finding.first}" if is_one else f"{what}s {finding.first}–{finding.last}"
    by = f" ({finding.detail})" if finding.detail else ""
    return f"{place}: {WORDS[finding.fault]}{by}."
