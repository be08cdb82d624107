"""Jobs and rows as they are told: to programs in English, on pages in the reader's language."""

from collections.abc import Mapping

from services.api.imports import words
from services.api.imports.columns import CellFault
from services.api.imports.handling import Handler
from services.api.imports.queries import Job, Row
from services.api.imports.schemas import ColumnOut, CountOut, JobOut, RowFaultOut, RowOut
from shared.domain.bulk import WORK, RowState, Verdict, wishes
from shared.i18n import Translator

Counts = Mapping[tuple[RowState, Verdict | None], int]


def job_out(job: Job, counts: Counts) -> JobOut:
    waiting = WORK[job.state][0] if job.state in WORK else None
    return JobOut(
        id=job.id,
        kind=job.kind,
        file_name=job.file_name,
        state=job.state,
        rows=job.total,
        left=sum(n for (state, _), n in counts.items() if state is waiting),
        counts=[
            CountOut(state=state, verdict=verdict, rows=n)
            for (state, verdict), n in sorted(counts.items(), key=lambda one: str(one[0]))
        ],
        possible=list(wishes(job.state)),
        stopped_because=job.stopped_because,
        created_at=job.created_at,
        changed_at=job.changed_at,
    )


def row_out(row: Row, handler: Handler, t: Translator) -> RowOut:
    return RowOut(
        line=row.n,
        key=row.key,
        state=row.state,
        verdict=row.verdict,
        faults=[_fault(one, handler, t) for one in row.faults],
    )


def _fault(fault: Mapping[str, str], handler: Handler, t: Translator) -> RowFaultOut:
    wrong, advice = words.FAULTS[CellFault(fault["code"])]
    hints = {column.name: column.hint for column in handler.columns}
    told = {"value": fault["value"], "detail": fault["detail"]}
    return RowFaultOut(
        column=fault["column"],
        code=fault["code"],
        value=fault["value"],
        wrong=t.gettext(
            wrong, **{name: text for name, text in told.items() if f"%({name})" in wrong}
        ),
        advice=t.gettext(advice or hints.get(fault["column"], words.FAULTS[CellFault.REFUSED][1])),
    )


def columns_out(handler: Handler, t: Translator) -> list[ColumnOut]:
    return [
        ColumnOut(
            name=column.name,
            is_required=column.is_required,
            hint=t.gettext(column.hint),
            also=list(column.also),
            example=column.example,
        )
        for column in handler.columns
    ]
