"""`/approvals`: ask, list, read, decide, end, fetch."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.api.access.caller import Caller, CallerGiven
from services.api.access_log import csv_file
from services.api.approvals import asking, handing_out
from services.api.approvals.queries import Request
from services.api.approvals.schemas import ApprovalIn, ApprovalOut, DecisionIn, WhoOut
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.resources import Given, Resources
from shared.domain import approvals
from shared.domain.approvals import Kind, State

router = APIRouter(prefix="/approvals", tags=["approvals"])
ApprovalId = Annotated[int, Path(alias="id", ge=1, lt=2**63)]


@router.get("", operation_id="list_approvals", responses=problems(401, 422))
async def list_approvals(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    waiting: Annotated[bool, Query(description="Only those not decided yet")] = False,  # noqa: FBT002 - a query parameter
) -> Page[ApprovalOut]:
    """What was asked for in your place, and by you, newest first."""
    before = paging.before_moment()
    rows = await asking.page(
        resources, caller, only_open=waiting, before=before and before[1], limit=paging.fetch
    )
    return paging.page(
        rows,
        lambda row: shown(row, caller, resources),
        lambda row: (row.approval.requested_at, row.id),
    )


@router.post(
    "",
    status_code=201,
    operation_id="ask_for_approval",
    responses=problems(401, 403, 404, 409, 422),
)
async def ask(
    given: ApprovalIn, caller: CallerGiven, resources: Given, response: Response
) -> ApprovalOut:
    """Ask for a mute, maintenance, a correction or an export with names. Somebody else decides.

    A correction excuses maintenance that was not approved in time. It changes no gap, and what
    was known before its approval stays to be read: see `excused_as_known_at` of coverage.
    """
    made = await asking.ask(resources, caller, given)
    response.headers["Location"] = f"/api/v1/approvals/{made.id}"
    return shown(made, caller, resources)


@router.get("/{id}", operation_id="read_approval", responses=problems(401, 404, 422))
async def read(approval_id: ApprovalId, caller: CallerGiven, resources: Given) -> ApprovalOut:
    """One request, and what became of it."""
    return shown(await asking.one(resources, caller, approval_id), caller, resources)


@router.post(
    "/{id}/decision", operation_id="decide_approval", responses=problems(401, 403, 404, 409, 422)
)
async def decide(
    approval_id: ApprovalId, given: DecisionIn, caller: CallerGiven, resources: Given
) -> ApprovalOut:
    """Approve or refuse, as somebody else than who asked. It stays."""
    return shown(await asking.decide(resources, caller, approval_id, given), caller, resources)


@router.delete("/{id}", operation_id="end_approval", responses=problems(401, 403, 404, 409, 422))
async def end(approval_id: ApprovalId, caller: CallerGiven, resources: Given) -> ApprovalOut:
    """Withdraw your own request, or revoke one that you may decide on. It stays on record."""
    return shown(await asking.end(resources, caller, approval_id), caller, resources)


@router.get(
    "/{id}/file",
    operation_id="fetch_named_export",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **problems(401, 403, 404, 409, 422)},
)
async def fetch(approval_id: ApprovalId, caller: CallerGiven, resources: Given) -> Response:
    """The export that you asked for, within 24 hours of its approval. Each copy is on record."""
    file = await handing_out.fetch(resources, caller, approval_id)
    return csv_file.answer(file.name, file.head, file.rows)


def shown(one: Request, caller: Caller, resources: Resources) -> ApprovalOut:
    """As somebody sees it at this moment."""
    there, place, now = one.approval, one.place, resources.now()
    state = approvals.state(there, now=now)
    holds = approvals.force(there)
    is_ready = there.kind is Kind.NAMED_EXPORT and not approvals.why_not_fetched(
        there, caller.user_id, now=now
    )
    return ApprovalOut(
        id=one.id,
        kind=there.kind,
        state=state,
        facility=place.facility,
        facility_name=place.facility_name,
        unit=place.unit,
        unit_name=place.unit_name,
        subject=dict(one.subject),
        reason=one.reason,
        requested_by=WhoOut(number=there.requested_by, name=one.asked),
        requested_at=there.requested_at,
        starts_at=there.window.starts_at if there.window else None,
        ends_at=there.window.ends_at if there.window else None,
        repeats=there.window.repeats if there.window else None,
        repeats_until=there.window.repeats_until if there.window else None,
        expires_at=there.expires_at,
        holds_from=holds.starts_at if holds else None,
        decided_by=_who(there.decided_by, one.decided),
        decided_at=there.decided_at,
        decision_note=one.note,
        ended_by=_who(there.ended_by, one.ended),
        ended_at=there.ended_at,
        fetch_until=holds.ends_at if is_ready and holds else None,
        copies=one.copies,
        may_decide=state is State.REQUESTED and asking.may_decide(caller, one),
        may_end=approvals.why_not_ended(there, now=now) is None and asking.may_end(caller, one),
    )


def _who(number: int | None, name: str | None) -> WhoOut | None:
    return None if number is None else WhoOut(number=number, name=name or f"#{number}")
