"""`/facilities/{code}/adapter-rules`: what names in foreign messages mean; list, change, try."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.api.access.caller import CallerGiven
from services.api.access.find import watched_facility
from services.api.access.transactions import reading
from services.api.adapters import changing, queries, telling, trying
from services.api.adapters.schemas import (
    MeaningOut,
    MessageIn,
    RuleChange,
    RuleIn,
    RuleOut,
    UnknownsOut,
)
from services.api.inputs import FacilityCode
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import MissingError
from services.api.resources import Given
from shared.domain.access import Action

router = APIRouter(prefix="/facilities/{code}/adapter-rules", tags=["adapter rules"])

RuleId = Annotated[int, Path(alias="id", ge=1, lt=2**63)]


@router.get("", operation_id="list_adapter_rules", responses=problems(401, 403, 404, 422))
async def list_rules(
    code: FacilityCode,
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    publisher: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[RuleOut]:
    """The rules in force, newest first."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        caller.must_be_able_to(Action.MANAGE_DEVICES, facility)
        rows = await queries.page(
            connection,
            facility.id,
            publisher=publisher,
            before=paging.before_moment(),
            limit=paging.fetch,
        )
    return paging.page(rows, lambda row: row, lambda row: (row.created_at, row.id))


@router.post(
    "",
    status_code=201,
    operation_id="add_adapter_rule",
    responses=problems(401, 403, 404, 409, 422),
)
async def add(
    code: FacilityCode, given: RuleIn, caller: CallerGiven, resources: Given, response: Response
) -> RuleOut:
    """Say which device a name means. It holds for what arrives from the next second on."""
    rule = await changing.add(resources, caller, code, given)
    response.headers["Location"] = f"/api/v1/facilities/{code}/adapter-rules/{rule.id}"
    return rule


@router.post("/test", operation_id="test_adapter_rules", responses=problems(401, 403, 404, 422))
async def test(
    code: FacilityCode, given: MessageIn, caller: CallerGiven, resources: Given
) -> MeaningOut:
    """What a message would mean if it arrived now. Nothing is credited and nothing is kept."""
    async with reading(resources, caller) as connection:
        house = await trying.house(connection, caller, code)
    return telling.told(trying.tried(house, given, now=resources.now()), language=caller.language)


@router.get("/unmapped", operation_id="list_unmapped_names", responses=problems(401, 403, 404))
async def unmapped(code: FacilityCode, caller: CallerGiven, resources: Given) -> UnknownsOut:
    """Names seen within a week that no rule knows; replay their entries once one does."""
    async with reading(resources, caller) as connection:
        house = await trying.house(connection, caller, code)
        found = await trying.unknown_names(connection, house, now=resources.now())
    return telling.unknowns(found)


@router.get("/{id}", operation_id="read_adapter_rule", responses=problems(401, 403, 404, 422))
async def read(
    code: FacilityCode, rule_id: RuleId, caller: CallerGiven, resources: Given
) -> RuleOut:
    """One rule in force."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        caller.must_be_able_to(Action.MANAGE_DEVICES, facility)
        rule = await queries.one(connection, facility.id, rule_id)
    if rule is None:
        raise MissingError("rule in force")
    return rule


@router.patch(
    "/{id}", operation_id="change_adapter_rule", responses=problems(401, 403, 404, 409, 422)
)
async def change(
    code: FacilityCode, rule_id: RuleId, given: RuleChange, caller: CallerGiven, resources: Given
) -> RuleOut:
    """Put a new rule in its place: what is sent changes, the rest stays. It has a new id."""
    return await changing.change(resources, caller, code, rule_id, given)


@router.delete(
    "/{id}",
    status_code=204,
    operation_id="remove_adapter_rule",
    response_class=Response,
    responses=problems(401, 403, 404, 422),
)
async def remove(
    code: FacilityCode, rule_id: RuleId, caller: CallerGiven, resources: Given
) -> None:
    """From now on the name means nothing. What was counted by it stays."""
    await changing.remove(resources, caller, code, rule_id)
