"""Asks for cameras, allows, refuses, reviews and revokes them; API and console do it here."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.find import facility_to_change
from services.api.access.transactions import changing
from services.api.camera_approvals import case as cases
from services.api.camera_approvals import queries
from services.api.camera_approvals.applying import apply
from services.api.camera_approvals.case import Where
from services.api.camera_approvals.objections import must_be_possible
from services.api.camera_approvals.schemas import (
    ApprovalOut,
    ApproveIn,
    EndIn,
    RequestIn,
    ReviewIn,
)
from services.api.devices.find import device_to_change
from services.api.devices.queries import Device
from services.api.placements import queries as placements
from services.api.problems import ConflictError
from services.api.resources import Resources
from services.api.zones.find import zone_in_service
from services.api.zones.queries import Zone
from shared.domain.access import Action
from shared.domain.camera_approval import ApprovalState, Terms
from shared.domain.deeds import Verb
from shared.runtime import logging

log = logging.get(__name__)


async def request(
    resources: Resources, caller: Caller, where: Where, given: RequestIn
) -> ApprovalOut:
    """It records nothing until somebody else allows it."""
    now = resources.now()
    async with changing(resources, caller, cases.deed(Verb.REQUEST, where)) as connection:
        facility = await facility_to_change(connection, where[0], caller, Action.MANAGE_DEVICES)
        camera = await device_to_change(connection, facility.id, where[1])
        cases.must_be_camera(camera)
        zone = await _zone_for(connection, facility.id, camera, given.zone)
        terms = Terms(given.review_on, given.valid_to, has_document=bool(given.document))
        must_be_possible(terms, zone.kind, now=now)
        await _nothing_may_be_open(connection, camera, zone, now)
        approval_id = await queries.add(
            connection, (camera.id, zone.id), given, user_id=caller.user_id, now=now
        )
        asked = await cases.one(connection, camera, approval_id, now=now)
    log.info("camera_approval_requested", facility=where[0], device=where[1])
    return asked


async def approve(
    resources: Resources, caller: Caller, where: Where, approval_id: int, given: ApproveIn
) -> ApprovalOut:
    """From now on it may record, if it stands in that zone, or once it does."""
    now = resources.now()
    async with changing(resources, caller, cases.deed(Verb.APPROVE, where)) as connection:
        case = await cases.case_to_decide(connection, caller, where, approval_id, now=now)
        await cases.must_be_open_to(connection, caller, case)
        if case.zone.retired_at is not None or case.camera.retired_at is not None:
            raise ConflictError("Camera or zone are no longer in service.", code="retired")
        review_on = given.review_on or case.asked.review_on
        valid_to = given.valid_to or case.asked.valid_to
        terms = Terms(review_on, valid_to, has_document=bool(case.asked.document))
        must_be_possible(terms, case.zone.kind, now=now)
        values = {
            "is_granted": True, "review_on": review_on, "valid_to": valid_to,
            "decided_by": caller.user_id, "decided_at": now, "decision_note": given.note,
        }  # fmt: skip
        await queries.change(connection, approval_id, values)
        await apply(connection, case.camera.id)
        decided = await cases.one(connection, case.camera, approval_id, now=now)
    log.info("camera_approved", facility=where[0], device=where[1])
    return decided


async def refuse(
    resources: Resources, caller: Caller, where: Where, approval_id: int, given: EndIn
) -> ApprovalOut:
    now = resources.now()
    async with changing(resources, caller, cases.deed(Verb.REFUSE, where)) as connection:
        case = await cases.case_to_decide(connection, caller, where, approval_id, now=now)
        await cases.must_be_open_to(connection, caller, case)
        values = {"decided_by": caller.user_id, "decided_at": now, "decision_note": given.note}
        await queries.change(connection, approval_id, values)
        decided = await cases.one(connection, case.camera, approval_id, now=now)
    log.info("camera_refused", facility=where[0], device=where[1])
    return decided


async def revoke(
    resources: Resources, caller: Caller, where: Where, approval_id: int, given: EndIn
) -> ApprovalOut:
    """It records nothing from this moment; what it recorded before stays."""
    now = resources.now()
    async with changing(resources, caller, cases.deed(Verb.REVOKE, where)) as connection:
        case = await cases.case_to_decide(connection, caller, where, approval_id, now=now)
        cases.must_be_in_force(case)
        values = {"ended_by": caller.user_id, "ended_at": now, "end_note": given.note}
        await queries.end(connection, case.camera.id, case.zone.id, values)
        await apply(connection, case.camera.id)
        ended = await cases.one(connection, case.camera, approval_id, now=now)
    log.info("camera_approval_revoked", facility=where[0], device=where[1])
    return ended


async def review(
    resources: Resources, caller: Caller, where: Where, approval_id: int, given: ReviewIn
) -> ApprovalOut:
    """Somebody has looked again. An end that was set is not put off by it: that is asked anew."""
    now = resources.now()
    async with changing(resources, caller, cases.deed(Verb.CHANGE, where)) as connection:
        case = await cases.case_to_decide(connection, caller, where, approval_id, now=now)
        cases.must_be_in_force(case)
        terms = Terms(given.review_on, case.asked.valid_to, has_document=bool(case.asked.document))
        must_be_possible(terms, case.zone.kind, now=now)
        values = {
            "review_on": given.review_on, "reviewed_by": caller.user_id, "reviewed_at": now,
            "decision_note": given.note or case.asked.decision_note,
        }  # fmt: skip
        await queries.change(connection, approval_id, values)
        reviewed = await cases.one(connection, case.camera, approval_id, now=now)
    log.info("camera_reviewed", facility=where[0], device=where[1])
    return reviewed


async def _zone_for(
    connection: AsyncConnection, facility_id: int, camera: Device, code: str | None
) -> Zone:
    """The one named, so that a camera is allowed before it is moved; else where it stands."""
    if code is None:
        stays = await placements.shown(connection, camera.id)
        code = stays[0].zone if stays else ""
    return await zone_in_service(connection, facility_id, code)


async def _nothing_may_be_open(
    connection: AsyncConnection, camera: Device, zone: Zone, now: datetime
) -> None:
    found = (await queries.of_devices(connection, [camera.id])).get(camera.id, ())
    for one in found:
        if one.zone_id == zone.id and one.state_at(now) is ApprovalState.REQUESTED:
            raise ConflictError(
                "Somebody has asked for this already; it waits for a decision.", code="asked"
            )
