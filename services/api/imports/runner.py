"""Works on imports in the background, a few rows at a time, and goes on where anybody left off.

A row is put on record and settled in the same transaction, in the name of whoever began the import
and with the rights they have at that moment. The lease only keeps two processes from doing the
same work twice; that a row is done once is held by its lock and its state.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access import queries as places
from services.api.access.caller import Caller
from services.api.access.transactions import (
    changing,
    changing_as_system,
    reading,
    reading_as_system,
)
from services.api.access_log import queries as access_log
from services.api.imports import queries
from services.api.imports.columns import CellFault, Fault
from services.api.imports.handlers.known import HANDLERS
from services.api.imports.handling import (
    Bench,
    Handler,
    RowRefusedError,
    failed,
    faulty,
    kept,
)
from services.api.imports.queries import Job, Row, Settled
from services.api.imports.work import queries as workshop
from services.api.problems import RequestError
from services.api.resources import Resources
from services.api.sessions import queries as people
from shared.domain.bulk import WORK, JobState, RowState, Verdict
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.runtime import logging

log = logging.get(__name__)
EVERY_S: Final = 0.5
CHUNK: Final = 50
CHECKED_AT_ONCE: Final = 500
#: Longer than any chunk takes; then another process goes on with it.
LEASE: Final = timedelta(seconds=15)


class _KeptError(Exception):
    """A row is not undone, so nothing of it may go on record."""

    def __init__(self, became: Settled) -> None:
        super().__init__(became.state)
        self.became = became


@dataclass(frozen=True, slots=True)
class _Work:
    """A job, what it means, and in whose name it is done."""

    job: Job
    handler: Handler
    caller: Caller


class Runner:
    """One a process."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._name = secrets.token_hex(8)

    async def look(self) -> None:
        """Work on jobs until none is left."""
        while await self.step():
            pass

    async def step(self) -> bool:
        """One chunk of one job; False if there is nothing to do."""
        now = self._resources.now()
        async with changing_as_system(self._resources) as connection:
            job = await workshop.claim(connection, self._name, now=now, lease=LEASE)
        if job is None:
            return False
        caller = await self._starter(job)
        if caller is None:
            await self._stop(job, "the one who began it may no longer log in")
            return True
        work = _Work(job, HANDLERS[job.kind], caller)
        if job.state is JobState.CHECKING:
            await self._check(work)
        else:
            await self._go_on(work)
        async with changing_as_system(self._resources) as connection:
            await workshop.release(connection, job.id, self._name)
        return True

    async def _starter(self, job: Job) -> Caller | None:
        """With the roles held now: a role that ended since opens nothing."""
        now = self._resources.now()
        async with reading_as_system(self._resources) as connection:
            account = await workshop.starter(connection, job.created_by)
            if account is None:
                return None
            held = await people.held(connection, job.created_by, now=now)
            today = local_day(now, COUNTRY_TIME_ZONE)
            children_of = await places.children_of(connection, today=today)
        return Caller(
            user_id=job.created_by,
            email=account.email,
            name=account.name,
            language=account.language,
            held=held,
            children_of=children_of,
            token="",
            purpose=f"import {job.id}",
        )

    async def _stop(self, job: Job, because: str) -> None:
        """Nothing more of it is put on record; what is, stays."""
        becomes = JobState.DISCARDED if job.state is JobState.CHECKING else JobState.STOPPED
        async with changing_as_system(self._resources) as connection:
            move = (job.state, becomes)
            await queries.wish(connection, job.id, move, now=self._resources.now(), because=because)
        log.warning("import_stopped", job_id=job.id, reason=because)

    async def _rows(self, work: _Work, limit: int) -> Sequence[Row]:
        state = WORK[work.job.state][0]
        async with reading_as_system(self._resources) as connection:
            return await queries.rows(connection, work.job.id, [state], after=0, limit=limit)

    async def _check(self, work: _Work) -> None:
        rows = await self._rows(work, CHECKED_AT_ONCE)
        if not rows:
            await self._finish(work)
            return
        async with reading(self._resources, work.caller) as connection:
            checked = await work.handler.check(self._bench(work, connection), rows)
            first = await workshop.keys_before(
                connection, work.job.id, [row.key for row in rows], n=rows[-1].n
            )
        told = [_unless_twice(row, one, first) for row, one in zip(rows, checked, strict=True)]
        await self._settle(work, list(zip(rows, told, strict=True)))

    async def _go_on(self, work: _Work) -> None:
        """What means nothing is settled at once, everything else by itself."""
        rows = await self._rows(work, CHUNK)
        if not rows:
            await self._finish(work)
            return
        is_undoing = work.job.state is JobState.UNDOING
        settled = _nothing_to_undo(rows) if is_undoing else await self._rechecked(work, rows)
        await self._settle(work, [(row, settled[row.n]) for row in rows if row.n in settled])
        left = [row for row in rows if row.n not in settled]
        if left:
            await self._together(work, left)

    async def _rechecked(self, work: _Work, rows: Sequence[Row]) -> dict[int, Settled]:
        """Since it was checked, the world went on."""
        async with reading(self._resources, work.caller) as connection:
            checked = await work.handler.check(self._bench(work, connection), rows)
        settled: dict[int, Settled] = {}
        for row, now in zip(rows, checked, strict=True):
            if now.state is RowState.FAULTY:
                settled[row.n] = replace(now, state=RowState.FAILED)
            elif now.verdict is Verdict.UNCHANGED:
                settled[row.n] = Settled(RowState.DONE, Verdict.UNCHANGED)
        return settled

    async def _together(self, work: _Work, rows: Sequence[Row]) -> None:
        """In one transaction; of a row that is refused nothing stays in it but the reason."""
        deed = Deed(Verb.CHANGE, Subject.IMPORT, str(work.job.id), detail={"from_line": rows[0].n})
        away: RequestError | None = None
        async with changing(self._resources, work.caller, deed) as connection:
            bench = self._bench(work, connection)
            deeds: list[Deed] = []
            try:
                for row in rows:
                    deeds += await self._one(work, bench, row)
            except RequestError as refusal:
                if not deeds:
                    raise  # the broker is away: the same rows again, later
                away = refusal
            await access_log.add_all(connection, work.caller.trail, deeds, now=bench.now)
        if away is not None:
            raise away

    async def _one(self, work: _Work, bench: Bench, row: Row) -> Sequence[Deed]:
        """What goes on record of it."""
        try:
            async with bench.connection.begin_nested():
                return await self._done(work, bench, row)
        except _KeptError as refusal:
            became = refusal.became
        except RowRefusedError as refusal:
            became = _refused(work, refusal.fault)
        except RequestError as refusal:
            if refusal.retryable:
                raise
            fault = Fault("", CellFault.REFUSED, detail=refusal.detail)
            became = _refused(work, fault)
        await workshop.settle(bench.connection, work.job.id, row.n, became)
        return ()

    async def _done(self, work: _Work, bench: Bench, row: Row) -> Sequence[Deed]:
        """Nothing, if another was faster, or if the job was stopped."""
        work_of_now = (work.job.state, WORK[work.job.state][0])
        taken = await workshop.take(bench.connection, work.job.id, row.n, work_of_now)
        if taken is None:
            return ()
        is_undoing = work.job.state is JobState.UNDOING
        act = work.handler.undo if is_undoing else work.handler.apply
        became = await act(bench, taken)
        if became.state is RowState.KEPT:
            raise _KeptError(became)
        await workshop.settle(bench.connection, work.job.id, row.n, became)
        deed = work.handler.deed(row)
        verb = Verb.UNDO if is_undoing else deed.verb
        return (replace(deed, verb=verb, detail={**deed.detail, "import": work.job.id}),)

    async def _settle(self, work: _Work, rows: Sequence[tuple[Row, Settled]]) -> None:
        async with changing_as_system(self._resources) as connection:
            for row, became in rows:
                await workshop.settle(connection, work.job.id, row.n, became)

    async def _finish(self, work: _Work) -> None:
        becomes = WORK[work.job.state][1]
        async with changing_as_system(self._resources) as connection:
            await queries.wish(
                connection, work.job.id, (work.job.state, becomes), now=self._resources.now()
            )
        log.info("import_moved", job_id=work.job.id, state=becomes)

    def _bench(self, work: _Work, connection: AsyncConnection) -> Bench:
        return Bench(self._resources, work.caller, connection, self._resources.now(), work.job.id)


def _unless_twice(row: Row, checked: Settled, first: Mapping[str, int]) -> Settled:
    """A sheet speaks of each thing once: else its order would decide."""
    begins = first.get(row.key, row.n)
    if begins == row.n:
        return checked
    return faulty([Fault("code", CellFault.TWICE, row.key, str(begins))])


def _nothing_to_undo(rows: Sequence[Row]) -> dict[int, Settled]:
    return {row.n: Settled(RowState.UNDONE) for row in rows if row.verdict is Verdict.UNCHANGED}


def _refused(work: _Work, fault: Fault) -> Settled:
    return kept(fault.detail) if work.job.state is JobState.UNDOING else failed(fault)
