"""Adds, changes and removes rules; API and console do it here. Ingest learns it by the version."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.find import facility_to_change, locked_facility
from services.api.access.transactions import changing
from services.api.adapters import queries
from services.api.adapters.queries import Device, Term
from services.api.adapters.schemas import RuleChange, RuleIn, RuleOut
from services.api.inputs import changes_in
from services.api.problems import ConflictError, InvalidError, MissingError
from services.api.resources import Resources
from shared.contracts.adapters.rules import ANY_NAME
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

log = logging.get(__name__)


class TakenError(ConflictError):
    """The name has its meaning already, by a rule in force."""

    code = "rule_exists"

    def __init__(self, there: RuleOut) -> None:
        what = "Any other name" if there.name == ANY_NAME else f"“{there.name}”"
        where = f"below {there.prefix}" if there.prefix else "right below its own topic"
        super().__init__(
            f"{what} from {there.publisher} {where} means {there.device} already "
            f"(rule {there.id}). Change that rule, remove it first, or use another prefix."
        )
        self.there = there


async def add(resources: Resources, caller: Caller, code: str, given: RuleIn) -> RuleOut:
    deed = Deed(Verb.CREATE, Subject.ADAPTER_RULE, f"{code}/{given.publisher}", code)
    async with changing(resources, caller, deed) as connection:
        facility = await facility_to_change(connection, code, caller, Action.MANAGE_DEVICES)
        rule = await _add(connection, resources, facility.id, given)
    log.info("adapter_rule_added", facility=code, rule_id=rule.id)
    return rule


async def change(
    resources: Resources, caller: Caller, code: str, rule_id: int, given: RuleChange
) -> RuleOut:
    """A new rule in place of the old one, in one step: no message falls between them."""
    changes = changes_in(given)
    deed = Deed(Verb.CHANGE, Subject.ADAPTER_RULE, str(rule_id), code)
    async with changing(resources, caller, deed) as connection:
        facility = await facility_to_change(connection, code, caller, Action.MANAGE_DEVICES)
        before = await queries.one(connection, facility.id, rule_id)
        if before is None:
            raise MissingError("rule in force")
        wanted = RuleIn.model_validate(before.model_dump() | changes)
        if wanted == RuleIn.model_validate(before.model_dump()):
            return before
        await queries.remove(connection, rule_id, now=resources.now())
        rule = await _add(connection, resources, facility.id, wanted)
    log.info("adapter_rule_changed", facility=code, rule_id=rule.id, before_id=rule_id)
    return rule


async def remove(resources: Resources, caller: Caller, code: str, rule_id: int) -> None:
    """Once more changes nothing."""
    deed = Deed(Verb.REMOVE, Subject.ADAPTER_RULE, str(rule_id), code)
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, Action.MANAGE_DEVICES)
        if await queries.one(connection, facility.id, rule_id) is None:
            if await queries.was_removed(connection, facility.id, rule_id):
                return
            raise MissingError("rule")
        await queries.remove(connection, rule_id, now=resources.now())
    log.info("adapter_rule_removed", facility=code, rule_id=rule_id)


async def _add(
    connection: AsyncConnection, resources: Resources, facility_id: int, given: RuleIn
) -> RuleOut:
    known = {device.code: device for device in await queries.devices(connection, facility_id)}
    term = Term(
        publisher_id=in_service(known, given.publisher, "publisher").id,
        dialect=given.dialect,
        prefix=given.prefix,
        name=given.name,
        device_id=in_service(known, given.device, "device").id,
    )
    rule_id = await queries.add(connection, term, now=resources.now())
    if rule_id is None:
        raise TakenError(await queries.in_force(connection, facility_id, term))
    rule = await queries.one(connection, facility_id, rule_id)
    if rule is None:
        raise MissingError("rule")
    return rule


def in_service(known: Mapping[str, Device], code: str, field: str) -> Device:
    """Raises `InvalidError`: a rule only speaks of devices in service, all of one facility."""
    if code not in known:
        raise InvalidError(
            f"body.{field}",
            f"No device {code} is in service in this facility.",
            "Register it here first, or correct the code.",
        )
    return known[code]
