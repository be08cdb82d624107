"""What a kind of sheet must be able to do; the runner does the rest: transactions, order, resume.

A handler never opens a transaction: it is given one of the starter's, in which the row is locked
and settled too. So a row is on record once, whenever the process dies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.imports.columns import CellFault, Column, Fault
from services.api.imports.queries import Row, Settled
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.bulk import Kind, RowState, Verdict
from shared.domain.deeds import Deed


@dataclass(frozen=True, slots=True)
class Bench:
    """Where a row is worked on: a transaction in the name of whoever began the import."""

    resources: Resources
    caller: Caller
    connection: AsyncConnection
    now: datetime
    job_id: int = 0
    #: What holds for every row of it, such as the units of today.
    memo: dict[str, Any] = field(default_factory=dict)


class RowRefusedError(Exception):
    """A row that cannot be put on record, and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


class Handler(Protocol):
    """One kind of sheet."""

    @property
    def kind(self) -> Kind: ...

    @property
    def columns(self) -> tuple[Column, ...]: ...

    @property
    def needs(self) -> Action:
        """What somebody must be able to do somewhere to begin such an import."""
        ...

    def key(self, given: Mapping[str, str]) -> str:
        """What the row speaks of: the same thing has the same key in every sheet."""
        ...

    def deed(self, row: Row) -> Deed:
        """For the access log, of a row that is about to be put on record or undone."""
        ...

    async def check(self, bench: Bench, rows: Sequence[Row]) -> Sequence[Settled]:
        """What each row means, or what is wrong with it. Changes nothing."""
        ...

    async def apply(self, bench: Bench, row: Row) -> Settled:
        """Put a row on record. May raise `RequestError` or `RowRefusedError`."""
        ...

    async def undo(self, bench: Bench, row: Row) -> Settled:
        """Take it back, or say why it stays."""
        ...


def sound(verdict: Verdict) -> Settled:
    return Settled(RowState.SOUND, verdict)


def faulty(faults: Sequence[Fault]) -> Settled:
    return Settled(RowState.FAULTY, faults=[one.as_json() for one in faults])


def failed(fault: Fault) -> Settled:
    return Settled(RowState.FAILED, faults=[fault.as_json()])


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Settled:
    """On record: `after` is what was written, `before` at least what stood in its place."""
    if not after:
        return Settled(RowState.DONE, Verdict.UNCHANGED)
    was = {name: before[name] for name in after}
    return Settled(RowState.DONE, Verdict.CHANGE, before=was, after=after)


def gone(row: Row) -> Settled:
    """No longer in service: with that, what the row made is undone, but not what it changed."""
    return Settled(RowState.UNDONE) if row.verdict is Verdict.CREATE else kept("retired")


def kept(detail: str = "") -> Settled:
    """Not undone: somebody has touched it since."""
    return Settled(RowState.KEPT, faults=[Fault("", CellFault.TOUCHED, detail=detail).as_json()])
